"""Sessions, pending requests, grants, codes, consent: nouns to columns and back."""

from eid.domain.assurance import METHODS, AuthenticationLevel
from eid.domain.grant import (
    AuthenticationSnapshot,
    AuthorizationCode,
    Consent,
    PendingAuthorization,
    TokenGrant,
)
from eid.domain.identifiers import AccountId, ClientId, GrantId, SessionId
from eid.domain.session import AuthenticationEvent, LoginSession
from eid.store.doors.columns import (
    as_json,
    from_json,
    micros,
    moment,
    moment_or_none,
    read_word_set,
    read_words,
    word_set,
    words,
)
from eid.store.drivers import Row, Values


def session_values(session: LoginSession) -> Values:
    """The columns of table `login_session`."""
    return {
        "id": session.id,
        "handle_hash": session.handle_hash,
        "account": session.account,
        "events": as_json([[event.method.name, micros(event.at)] for event in session.events]),
        "started_at": micros(session.started_at),
        "idle_until": micros(session.idle_until),
        "ends_at": micros(session.ends_at),
    }


def read_session(row: Row) -> LoginSession:
    """A session; what a method's name means stands in the code, not in the row."""
    return LoginSession(
        id=SessionId(row["session_id"]),
        handle_hash=row["handle_hash"],
        account=AccountId(row["session_account"]),
        events=tuple(
            AuthenticationEvent(METHODS[name], moment(at))
            for name, at in from_json(row["session_events"])
        ),
        started_at=moment(row["started_at"]),
        idle_until=moment(row["idle_until"]),
        ends_at=moment(row["ends_at"]),
    )


def pending_values(pending: PendingAuthorization) -> Values:
    """The columns of table `pending_authorization`."""
    return {
        "id_hash": pending.id_hash,
        "browser_hash": pending.browser_hash,
        "client": pending.client,
        "redirect_uri": pending.redirect_uri,
        "scope": words(pending.scope),
        "claims": words(pending.claims),
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge": pending.code_challenge,
        "prompt": word_set(pending.prompt),
        "wanted": pending.wanted.value,
        "fresh_since": micros(pending.fresh_since),
        "max_age": pending.max_age,
        "subject": pending.subject,
        "ui_locales": words(pending.ui_locales),
        "created_at": micros(pending.created_at),
        "expires_at": micros(pending.expires_at),
    }


def read_pending(row: Row) -> PendingAuthorization:
    """A request that waits."""
    return PendingAuthorization(
        id_hash=row["id_hash"],
        browser_hash=row["browser_hash"],
        client=ClientId(row["client"]),
        redirect_uri=row["redirect_uri"],
        scope=read_words(row["scope"]),
        claims=read_words(row["claims"]),
        state=row["state"],
        nonce=row["nonce"],
        code_challenge=row["code_challenge"],
        prompt=read_word_set(row["prompt"]),
        wanted=AuthenticationLevel(row["wanted"]),
        fresh_since=moment_or_none(row["fresh_since"]),
        max_age=row["max_age"],
        subject=row["subject"],
        ui_locales=read_words(row["ui_locales"]),
        created_at=moment(row["created_at"]),
        expires_at=moment(row["expires_at"]),
    )


def grant_values(grant: TokenGrant) -> Values:
    """The columns of table `token_grant`."""
    return {
        "id": grant.id,
        "client": grant.client,
        "account": grant.account,
        "session": grant.session,
        "scope": words(grant.scope),
        "claims": word_set(grant.claims),
        "level": grant.authenticated.level.value,
        "amr": words(grant.authenticated.amr),
        "authenticated_at": micros(grant.authenticated.at),
        "granted_at": micros(grant.granted_at),
    }


def read_grant(row: Row) -> TokenGrant:
    """A grant, from the columns of the fragment `grant`."""
    return TokenGrant(
        id=GrantId(row["grant_id"]),
        client=ClientId(row["grant_client"]),
        account=AccountId(row["grant_account"]),
        session=SessionId(row["grant_session"]),
        scope=read_words(row["scope"]),
        claims=read_word_set(row["claims"]),
        authenticated=AuthenticationSnapshot(
            level=AuthenticationLevel(row["grant_level"]),
            amr=read_words(row["amr"]),
            at=moment(row["authenticated_at"]),
        ),
        granted_at=moment(row["granted_at"]),
    )


def code_values(code: AuthorizationCode) -> Values:
    """The columns of table `authorization_code`."""
    return {
        "hash": code.hash,
        "grant_id": code.grant,
        "client": code.client,
        "redirect_uri": code.redirect_uri,
        "code_challenge": code.code_challenge,
        "nonce": code.nonce,
        "expires_at": micros(code.expires_at),
    }


def read_code(row: Row) -> AuthorizationCode:
    """A code beside its grant, whose client it has."""
    return AuthorizationCode(
        hash=row["code_hash"],
        grant=GrantId(row["grant_id"]),
        client=ClientId(row["grant_client"]),
        redirect_uri=row["redirect_uri"],
        code_challenge=row["code_challenge"],
        nonce=row["nonce"],
        expires_at=moment(row["code_expires_at"]),
    )


def consent_values(consent: Consent) -> Values:
    """The columns of table `consent`."""
    return {
        "account": consent.account,
        "client": consent.client,
        "asked": word_set(consent.asked),
        "given": word_set(consent.given),
        "given_at": micros(consent.at),
    }


def read_consent(row: Row) -> Consent | None:
    """The consent beside a session, if there is one."""
    if row["consent_client"] is None:
        return None
    return Consent(
        account=AccountId(row["account_id"]),
        client=ClientId(row["consent_client"]),
        asked=read_word_set(row["consent_asked"]),
        given=read_word_set(row["consent_given"]),
        at=moment(row["consent_given_at"]),
    )
