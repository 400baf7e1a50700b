"""The factor card_certificate: the same key and PIN as card_signature, proved in TLS."""

from eid.authentication.factors import CardEvidence, FactorProof
from eid.authentication.factors.standing import usable_owner
from eid.domain.assurance import CARD_CERTIFICATE
from eid.domain.challenge import ChallengePurpose
from eid.domain.facts import AccountFacts
from eid.domain.session import AuthenticationEvent
from eid.domain.visit import Visit
from eid.errors import EidError
from eid.proofs.challenges import check_challenge
from eid.proofs.client_certificate import Handover, verify_client_certificate
from keys.pki.anchors import TrustAnchors


def decide(
    evidence: CardEvidence[Handover], anchors: TrustAnchors, visit: Visit
) -> FactorProof | EidError:
    """Say whose certificate this is, or why it proves nothing."""
    try:
        owner = _proved_owner(evidence, anchors, visit)
    except EidError as refusal:
        return refusal
    return FactorProof(owner, AuthenticationEvent(CARD_CERTIFICATE, visit.at))


def _proved_owner(
    evidence: CardEvidence[Handover], anchors: TrustAnchors, visit: Visit
) -> AccountFacts:
    challenge = check_challenge(evidence.challenge, ChallengePurpose.LOGIN, visit.at)
    if isinstance(evidence.answer, EidError):
        raise evidence.answer
    card = evidence.card
    good = card is not None and card.certificate_good
    verified = verify_client_certificate(evidence.answer, challenge, good, anchors, visit.at)
    return usable_owner(card, verified.personal_number, visit)
