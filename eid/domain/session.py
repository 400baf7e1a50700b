"""A login session: who is at this browser, proved how and when."""

from dataclasses import dataclass
from datetime import datetime

from eid.domain.assurance import AuthenticationLevel, AuthenticationMethod, authentication_level
from eid.domain.identifiers import AccountId, SessionId


@dataclass(frozen=True, slots=True)
class AuthenticationEvent:
    """One factor, proved at one time."""

    method: AuthenticationMethod
    at: datetime


@dataclass(frozen=True, slots=True)
class LoginSession:
    """`id` is the public session id (`sid`); the cookie's value is known only as `handle_hash`.

    The limits are the server's (SS-05): `idle_until` moves with use, `ends_at` does not.
    """

    id: SessionId
    handle_hash: bytes
    account: AccountId
    events: tuple[AuthenticationEvent, ...]
    started_at: datetime
    idle_until: datetime
    ends_at: datetime

    def level(self) -> AuthenticationLevel | None:
        """The level that the proved factors amount to."""
        return authentication_level(event.method for event in self.events)

    def auth_time(self) -> datetime:
        """When the oldest factor that the level rests on was proved (AS-05)."""
        return min(event.at for event in self.events)

    def amr(self) -> tuple[str, ...]:
        """The RFC 8176 references of all proved factors, each once, in order."""
        return tuple(dict.fromkeys(ref for event in self.events for ref in event.method.amr))
