"""An authorization on its way: pending request, code, grant, token, consent."""

from dataclasses import dataclass
from datetime import datetime

from eid.domain.assurance import AuthenticationLevel
from eid.domain.identifiers import AccountId, ClientId, GrantId, SessionId


@dataclass(frozen=True, slots=True)
class PendingAuthorization:
    """A validated request that waits for a person. Only hashes of its name and browser are kept.

    `fresh_since`: a session proved before this moment does not count (prompt=login, max_age).
    `claims`: all that is asked for, by scopes and one by one; `subject`: whom the client means, if
    it says so, by the subject it knows: a pairwise subject cannot be turned into an account.
    `wanted`: the level asked by acr_values, or the client's floor, whichever is higher.
    """

    id_hash: bytes
    browser_hash: bytes
    client: ClientId
    redirect_uri: str
    scope: tuple[str, ...]
    claims: tuple[str, ...]
    state: str | None
    nonce: str | None
    code_challenge: str | None
    prompt: frozenset[str]
    wanted: AuthenticationLevel
    fresh_since: datetime | None
    max_age: int | None
    subject: str | None
    ui_locales: tuple[str, ...]
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AuthenticationSnapshot:
    """Copied into the grant: a later login does not rewrite it."""

    level: AuthenticationLevel
    amr: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """What one authorization gave to one client; its tokens die with it."""

    id: GrantId
    client: ClientId
    account: AccountId
    session: SessionId
    scope: tuple[str, ...]
    claims: frozenset[str]
    authenticated: AuthenticationSnapshot
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """A code, known as its hash; spent once in the store."""

    hash: bytes
    grant: GrantId
    client: ClientId
    redirect_uri: str
    code_challenge: str | None
    nonce: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person agreed to give a client. `asked` and `given` differ by what was declined."""

    account: AccountId
    client: ClientId
    asked: frozenset[str]
    given: frozenset[str]
    at: datetime
