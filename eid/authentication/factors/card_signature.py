"""The factor card_signature: the chip card's authentication key, opened by its PIN."""

from eid.authentication.factors import CardEvidence, FactorProof
from eid.authentication.factors.standing import usable_owner
from eid.domain.assurance import CARD_SIGNATURE
from eid.domain.challenge import ChallengePurpose
from eid.domain.facts import AccountFacts
from eid.domain.session import AuthenticationEvent
from eid.domain.visit import Visit
from eid.errors import EidError
from eid.proofs.card_signature import CardAnswer, verify_card_signature
from eid.proofs.challenges import check_challenge
from keys.pki.anchors import TrustAnchors


def decide(
    evidence: CardEvidence[CardAnswer], anchors: TrustAnchors, visit: Visit
) -> FactorProof | EidError:
    """Say whose card this is, or why it proves nothing."""
    try:
        owner = _proved_owner(evidence, anchors, visit)
    except EidError as refusal:
        return refusal
    return FactorProof(owner, AuthenticationEvent(CARD_SIGNATURE, visit.at))


def _proved_owner(
    evidence: CardEvidence[CardAnswer], anchors: TrustAnchors, visit: Visit
) -> AccountFacts:
    challenge = check_challenge(evidence.challenge, ChallengePurpose.LOGIN, visit.at)
    if isinstance(evidence.answer, EidError):
        raise evidence.answer
    card = evidence.card
    # A certificate that the register does not know goes the whole way too: it is told what is
    # wrong with it, and never that it is merely unknown (CV-30).
    good = card is not None and card.certificate_good
    verified = verify_card_signature(evidence.answer, challenge, good, anchors, visit.at)
    return usable_owner(card, verified.personal_number, visit)
