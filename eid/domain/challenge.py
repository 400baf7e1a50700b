"""A challenge: ours, fresh, for one purpose and one transaction, used once."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChallengePurpose(StrEnum):
    """What the answer will prove."""

    LOGIN = "login"
    ACTIVATION = "activation"


@dataclass(frozen=True, slots=True)
class Challenge:
    """The nonce is base64 text of 32 random bytes and is hashed as text (Web eID).

    `bound_to` is the transaction it belongs to: the hash of a pending authorization and its
    browser, or of an activation case and its browser (CV-01).
    """

    nonce: str
    purpose: ChallengePurpose
    origin: str
    bound_to: bytes
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ChallengeAnswer:
    """What a browser brought: by which method, to which nonce, and the answer itself, unread."""

    method: str
    nonce: str
    content: bytes
