"""One file per factor: a plain function that decides what its evidence proves.

What a factor proves is a `FactorProof`; a refusal is a value too, so that it can be kept.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from eid.domain.challenge import Challenge
from eid.domain.facts import AccountFacts, CardFacts
from eid.domain.session import AuthenticationEvent
from eid.errors import EidError

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class FactorProof:
    """The holder of this account proved this factor at this time."""

    owner: AccountFacts
    event: AuthenticationEvent


@dataclass(frozen=True, slots=True)
class CardEvidence(Generic[Answer]):
    """What came of a card, and what the store knows of it.

    `challenge` was spent by gathering it, None when there was none to spend; `answer` is what was
    read, or why it could not be; `card` is what the register knows of it, None when nothing.
    """

    challenge: Challenge | None
    answer: Answer | EidError
    card: CardFacts | None
