"""The factor card_chip: the chip itself, read as a passport is. Held, and nothing known.

What opens the chip is printed on the card, so whoever holds the card can read it: level 1 alone.
"""

from eid.authentication.factors import CardEvidence, FactorProof
from eid.authentication.factors.standing import decide_card
from eid.domain.assurance import CARD_CHIP
from eid.domain.challenge import Challenge
from eid.domain.visit import Visit
from eid.errors import EidError
from eid.proofs.chip_answer import ChipAnswer, authenticate_chip
from keys.pki.anchors import DocumentAnchors


def decide(
    evidence: CardEvidence[ChipAnswer], anchors: DocumentAnchors, visit: Visit
) -> FactorProof | EidError:
    """Say whose chip this is, or why it proves nothing."""

    def prove(answer: ChipAnswer, challenge: Challenge, good: bool) -> str:  # noqa: FBT001 - as told
        # Another state's document has no number of ours, and so no account.
        return authenticate_chip(answer, challenge, good, anchors, visit.at).number or ""

    return decide_card(CARD_CHIP, evidence, prove, visit)
