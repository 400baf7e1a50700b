"""Sign-in and authorization: challenges, sessions, requests, grants, codes, tokens, consent."""

from sqlalchemy import Index

from eid.domain.challenge import ChallengePurpose
from eid.store.tables.columns import Row, moment, octets, one_of, whole, words


class ChallengeRow(Row, table=True):
    """A challenge, spent once."""

    __tablename__ = "challenge"
    __table_args__ = (one_of("purpose", ChallengePurpose), Index(None, "expires_at"))

    nonce: str = words(key=True)
    purpose: str = words()
    origin: str = words()
    bound_to: bytes = octets()
    issued_at: int = moment()
    expires_at: int = moment()
    spent_at: int | None = moment()


class LoginSessionRow(Row, table=True):
    """A login session, found by the hash of its cookie."""

    __tablename__ = "login_session"
    __table_args__ = (Index(None, "account"),)

    id: bytes = octets(key=True)
    handle_hash: bytes = octets(unique=True)
    account: bytes = octets("account.id")
    events: str = words()
    started_at: int = moment()
    idle_until: int = moment()
    ends_at: int = moment()
    ended_at: int | None = moment()


class PendingAuthorizationRow(Row, table=True):
    """A validated request that waits for a person."""

    __tablename__ = "pending_authorization"
    __table_args__ = (Index(None, "expires_at"),)

    id_hash: bytes = octets(key=True)
    browser_hash: bytes = octets()
    client: str = words("client.id")
    redirect_uri: str = words()
    scope: str = words()
    claims: str = words()
    state: str | None = words()
    nonce: str | None = words()
    code_challenge: str | None = words()
    prompt: str = words()
    wanted: int = whole()
    fresh_since: int | None = moment()
    max_age: int | None = whole()
    subject: str | None = words()
    ui_locales: str = words()
    created_at: int = moment()
    expires_at: int = moment()
    finished_at: int | None = moment()


class TokenGrantRow(Row, table=True):
    """What one authorization gave to one client, with a snapshot of how the person signed in."""

    __tablename__ = "token_grant"

    id: bytes = octets(key=True)
    client: str = words("client.id")
    account: bytes = octets("account.id")
    session: bytes = octets("login_session.id")
    scope: str = words()
    claims: str = words()
    level: int = whole()
    amr: str = words()
    authenticated_at: int = moment()
    granted_at: int = moment()
    revoked_at: int | None = moment()


class AuthorizationCodeRow(Row, table=True):
    """A code, known as its hash, spent once."""

    __tablename__ = "authorization_code"
    __table_args__ = (Index(None, "expires_at"),)

    hash: bytes = octets(key=True)
    grant_id: bytes = octets("token_grant.id")
    client: str = words("client.id")
    redirect_uri: str = words()
    code_challenge: str | None = words()
    nonce: str | None = words()
    expires_at: int = moment()
    spent_at: int | None = moment()


class AccessTokenRow(Row, table=True):
    """An access token, known as its hash; it lives no longer than its grant and session."""

    __tablename__ = "access_token"
    __table_args__ = (Index(None, "expires_at"), Index(None, "grant_id"))

    hash: bytes = octets(key=True)
    grant_id: bytes = octets("token_grant.id")
    expires_at: int = moment()


class ConsentRow(Row, table=True):
    """What a person agreed to give a client: the newest answer."""

    __tablename__ = "consent"

    account: bytes = octets("account.id", key=True)
    client: str = words("client.id", key=True)
    asked: str = words()
    given: str = words()
    given_at: int = moment()


class ReplayMarkRow(Row, table=True):
    """Signed evidence that was seen before."""

    __tablename__ = "replay_mark"
    __table_args__ = (Index(None, "expires_at"),)

    key: bytes = octets(key=True)
    expires_at: int = moment()
