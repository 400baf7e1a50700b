"""The factor card_chip: the chip itself, read as a passport is. Held, and nothing known.

What opens the chip is printed on the card, so whoever holds the card can read it: level 1 alone.
"""

from eid.authentication.factors import CardEvidence, FactorProof
from eid.authentication.factors.standing import usable_owner
from eid.domain.assurance import CARD_CHIP
from eid.domain.challenge import ChallengePurpose
from eid.domain.facts import AccountFacts
from eid.domain.session import AuthenticationEvent
from eid.domain.visit import Visit
from eid.errors import EidError
from eid.proofs.challenges import check_challenge
from eid.proofs.chip_answer import ChipAnswer, authenticate_chip
from keys.pki.anchors import DocumentAnchors


def decide(
    evidence: CardEvidence[ChipAnswer], anchors: DocumentAnchors, visit: Visit
) -> FactorProof | EidError:
    """Say whose chip this is, or why it proves nothing."""
    try:
        owner = _proved_owner(evidence, anchors, visit)
    except EidError as refusal:
        return refusal
    return FactorProof(owner, AuthenticationEvent(CARD_CHIP, visit.at))


def _proved_owner(
    evidence: CardEvidence[ChipAnswer], anchors: DocumentAnchors, visit: Visit
) -> AccountFacts:
    challenge = check_challenge(evidence.challenge, ChallengePurpose.LOGIN, visit.at)
    if isinstance(evidence.answer, EidError):
        raise evidence.answer
    card = evidence.card
    good = card is not None and card.certificate_good
    document = authenticate_chip(evidence.answer, challenge, good, anchors, visit.at)
    # Another state's document has no number of ours, and so no account.
    return usable_owner(card, document.number or "", visit)
