"""This room's policy, and what it hands back."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Step = Literal["code", "proof", "done", "assisted", "locked"]


@dataclass(frozen=True, slots=True)
class ActivationPolicy:
    """How accounts are activated here. The seven days are law, not policy.

    Attributes:
        origin: scheme, host and port of our pages, exactly as browsers write it (CV-04).
        challenge_lifetime: how long a challenge may be answered; at most five minutes (CV-01).
        code_key: 32 bytes that hash codes and nothing else (AC-02).
    """

    origin: str
    challenge_lifetime: timedelta
    code_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CaseView:
    """Where a case stands, as this browser may see it.

    Attributes:
        step: what comes next; `assisted` and `locked` are for somebody else to move on.
        attempts_left: codes that may still be typed.
        until: when self-service ends.
        has_card: whether there is a chip card to prove oneself with.
    """

    step: Step
    attempts_left: int
    until: datetime
    has_card: bool


@dataclass(frozen=True, slots=True)
class ProofAsked:
    """A challenge for the holder's card: by which method, and by which others it may be."""

    method: str
    others: tuple[str, ...]
    nonce: str
    origin: str
