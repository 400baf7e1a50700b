"""What the wiring tells this room: names, lifetimes, and where the signing keys are."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from keys.jwks.keyset import KeySet

Keys = tuple[KeySet, Any]  # the second is the vault; only `keys` may name its type


class Keyring(Protocol):
    """The provider's keys, never older than two seconds."""

    async def current(self) -> Keys:
        """The key set and the vault that signs with it."""
        ...


@dataclass(frozen=True, slots=True)
class OidcPolicy:
    """How this provider is called, and how long things live.

    `pairwise_key` has 32 bytes and never changes: every subject rests on it. `session_idle` is how
    far a session's idle limit moves when it is used. `signing_algorithms` are those that always
    have an active key; RS256 must be among them (OpenID Connect Core, 15.1).
    """

    issuer: str
    pairwise_key: bytes
    code_lifetime: timedelta = timedelta(seconds=60)
    access_token_lifetime: timedelta = timedelta(seconds=300)
    id_token_lifetime: timedelta = timedelta(seconds=300)
    pending_lifetime: timedelta = timedelta(minutes=30)
    session_idle: timedelta = timedelta(minutes=30)
    signing_algorithms: tuple[str, ...] = ("ES256", "RS256")
    locales: tuple[str, ...] = ("vi", "en")
