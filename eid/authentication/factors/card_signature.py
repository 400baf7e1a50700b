"""The factor card_signature: the chip card's authentication key, opened by its PIN."""

from eid.authentication.factors import CardEvidence, FactorProof
from eid.authentication.factors.standing import decide_card
from eid.domain.assurance import CARD_SIGNATURE
from eid.domain.challenge import Challenge
from eid.domain.visit import Visit
from eid.errors import EidError
from eid.proofs.card_signature import CardAnswer, verify_card_signature
from keys.pki.anchors import TrustAnchors


def decide(
    evidence: CardEvidence[CardAnswer], anchors: TrustAnchors, visit: Visit
) -> FactorProof | EidError:
    """Say whose card this is, or why it proves nothing."""

    def prove(answer: CardAnswer, challenge: Challenge, good: bool) -> str:  # noqa: FBT001 - as told
        return verify_card_signature(answer, challenge, good, anchors, visit.at).personal_number

    return decide_card(CARD_SIGNATURE, evidence, prove, visit)
