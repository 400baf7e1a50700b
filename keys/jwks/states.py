"""What a signing key is, the states of its life, and the register that remembers them.

STAGED (published, not signing) -> ACTIVE -> RETIRING (published, not signing) -> REMOVED
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from keys.algorithms import algorithm
from keys.errors import KeysError
from keys.vault import KeyHandle


class KeyState(StrEnum):
    """Where in its life a signing key stands."""

    STAGED = "STAGED"
    ACTIVE = "ACTIVE"
    RETIRING = "RETIRING"
    REMOVED = "REMOVED"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One signing key of the provider; the key itself is in the vault.

    Each time is the moment a state began, or, while that is still ahead, the earliest moment it may
    begin; None where the step before has not been taken.
    """

    kid: str
    algorithm: str
    state: KeyState
    handle: KeyHandle
    staged_at: datetime
    activates_at: datetime
    retires_at: datetime | None = None
    removed_at: datetime | None = None

    def __post_init__(self) -> None:
        moments = (self.staged_at, self.activates_at, self.retires_at, self.removed_at)
        if any(moment is not None and moment.utcoffset() is None for moment in moments):
            raise KeysError("times are aware")
        if self.state is not KeyState.STAGED and self.retires_at is None:
            raise KeysError("a key that signed has an end to its signing")
        if self.state in {KeyState.RETIRING, KeyState.REMOVED} and self.removed_at is None:
            raise KeysError("a key that stopped signing has an end to its publication")

    @property
    def is_published(self) -> bool:
        """Whether the public half stands in the JWK Set."""
        return self.state is not KeyState.REMOVED


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """How long a key is in each state, and which algorithms have a key.

    `stage_for` is at least as long as anyone keeps a copy of the JWK Set; `retire_for` at least the
    longest life of a token plus the time in which every worker hears of a rotation.
    """

    stage_for: timedelta
    active_for: timedelta
    retire_for: timedelta
    algorithms: tuple[str, ...]

    def __post_init__(self) -> None:
        nothing = timedelta(0)
        if not (nothing < self.stage_for < self.active_for and nothing < self.retire_for):
            raise KeysError("stage_for < active_for, and each of the three above zero")
        if not self.algorithms or len(set(self.algorithms)) != len(self.algorithms):
            raise KeysError("name at least one algorithm, each once")
        for name in self.algorithms:
            algorithm(name)


class KeyRegister(Protocol):
    """Remembers every signing key, removed ones too: a kid is never used for another key."""

    async def load(self) -> tuple[int, tuple[SigningKey, ...]]:
        """Get the version of the register and all its keys; version 0 and none at the beginning."""
        ...

    async def save(self, version: int, keys: tuple[SigningKey, ...]) -> None:
        """Replace the keys if the register still has that version, which then rises by one.

        Raises RotationConflict, and changes nothing, if somebody else saved meanwhile.
        """
        ...
