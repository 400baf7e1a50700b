"""HTTP without a framework: what the engine is asked, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from eid.domain.agency import Client

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """A request. Parameters are pairs, so that a repeated one can be seen and refused.

    `headers` have canonical names: "Authorization", not "authorization". The URI is composed from
    the configured issuer; the socket's address and the Host header are never looked at (AZ-25).
    """

    method: str
    path: str
    headers: Mapping[str, str]
    query: Pairs
    form: Pairs


@dataclass(frozen=True, slots=True)
class EngineReply:
    """A complete HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class NeedsLogin:
    """Somebody has to sign in; `pending` names the request that waits."""

    pending: str


@dataclass(frozen=True, slots=True)
class NeedsConsent:
    """The holder has to agree. `asked` are claim names in the order of the list `CLAIMS`."""

    pending: str
    client: Client
    asked: tuple[str, ...]
    required: frozenset[str]
    redirect_origin: str
    holder_name: str
    ui_locales: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """An error that must not redirect: nobody trustworthy is there to be told (RFC 6749, 4.1.2.1).

    `error` is an OAuth error code or the code of one of our refusals; `description` is ASCII.
    """

    error: str
    description: str
    status: int = 400


@dataclass(frozen=True, slots=True)
class LogoutAsked:
    """The holder has to confirm. `redirect_origins` are where a confirmed logout may lead."""

    client: Client | None
    redirect_origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """The session is over and there is nowhere to go back to."""


Step = NeedsLogin | NeedsConsent | ErrorPage | EngineReply
EndSessionStep = LogoutAsked | LoggedOut | ErrorPage | EngineReply
