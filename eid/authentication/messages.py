"""This room's policies, what it is told, and what it hands back."""

from dataclasses import dataclass, field
from datetime import timedelta

from eid.domain.agency import Client
from eid.domain.session import LoginSession


@dataclass(frozen=True, slots=True)
class HandoverPolicy:
    """How what TLS proved gets from the instance that certificates come to, to our pages.

    Attributes:
        origin: scheme, host and port of our pages, exactly as browsers write it (CV-04).
        key: 32 bytes that seal handovers and nothing else (KY-05).
    """

    origin: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoginPolicy:
    """How people sign in here.

    Attributes:
        origin: scheme, host and port of our pages, exactly as browsers write it (CV-04).
        challenge_lifetime: how long a challenge may be answered; at most five minutes (CV-01).
        idle: a session ends when it was not used for so long (SS-05).
        session: a session ends after so long, however used (SS-05).
        handover: how certificates are handed over; None where nobody is asked for one.
    """

    origin: str
    challenge_lifetime: timedelta
    idle: timedelta
    session: timedelta
    handover: HandoverPolicy | None = None


@dataclass(frozen=True, slots=True)
class FactorAsked:
    """What the page asks for, on whose behalf, and where the person will be sent afterwards.

    `others` are the methods that would do as well; the page offers them beside.
    """

    method: str
    others: tuple[str, ...]
    nonce: str
    origin: str
    client: Client
    redirect_origin: str
    ui_locales: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session and the secret that opens it; only the browser ever holds `handle`."""

    handle: str
    session: LoginSession
