"""The factor card_certificate: the same key and PIN as card_signature, proved in TLS."""

from eid.authentication.factors import CardEvidence, FactorProof
from eid.authentication.factors.standing import decide_card
from eid.domain.assurance import CARD_CERTIFICATE
from eid.domain.challenge import Challenge
from eid.domain.visit import Visit
from eid.errors import EidError
from eid.proofs.client_certificate import Handover, verify_client_certificate
from keys.pki.anchors import TrustAnchors


def decide(
    evidence: CardEvidence[Handover], anchors: TrustAnchors, visit: Visit
) -> FactorProof | EidError:
    """Say whose certificate this is, or why it proves nothing."""

    def prove(answer: Handover, challenge: Challenge, good: bool) -> str:  # noqa: FBT001 - as told
        return verify_client_certificate(answer, challenge, good, anchors, visit.at).personal_number

    return decide_card(CARD_CERTIFICATE, evidence, prove, visit)
