"""The authorization code: issued once, spent once, bound to who began (RFC 6749, 4.1)."""

from typing import Any, Final

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant

from eid.domain import handles
from eid.domain.agency import ClientAuthentication
from eid.domain.audit import CodeIssued
from eid.domain.changes import Change, IssueCode, TouchSession
from eid.domain.facts import CodeFacts
from eid.domain.grant import AuthenticationSnapshot, AuthorizationCode, TokenGrant
from eid.domain.holder import Holder
from eid.domain.identifiers import GrantId, new_id
from eid.oidc.turn import Agreed, Turn


class CodeView(AuthorizationCodeMixin):
    """A spent code in Authlib's clothes."""

    def __init__(self, facts: CodeFacts) -> None:
        self.facts = facts
        self.code_challenge = facts.code.code_challenge

    def get_redirect_uri(self) -> str:
        """The redirect URI that the token request must repeat (RFC 6749, 4.1.3)."""
        return self.facts.code.redirect_uri

    def get_scope(self) -> str:
        """What was granted."""
        return " ".join(self.facts.grant.scope)


class CodeGrant(AuthorizationCodeGrant):
    """Authlib's code grant over the facts of a turn."""

    TOKEN_ENDPOINT_AUTH_METHODS: Final = [way.value for way in ClientAuthentication]  # type: ignore[misc]

    def generate_authorization_code(self) -> str:
        """A fresh handle of 256 bits."""
        return handles.make()

    def save_authorization_code(self, code: str, request: Any) -> None:
        """Append what a code comes to."""
        turn: Turn = request.turn
        if turn.agreed is None:
            raise TypeError("a code is issued for somebody")
        issued = issue_code(code, turn, turn.agreed)
        turn.changes.extend((issued, touch_session(turn, turn.agreed)))
        turn.events.append(_issued(turn, issued))

    def query_authorization_code(self, code: str, client: Any) -> CodeView | None:  # noqa: ARG002 - Authlib's
        """The code that gathering spent, for this client and no other (CF-21)."""
        request: Any = self.request
        facts: CodeFacts | None = request.turn.code
        return None if facts is None else CodeView(facts)

    def delete_authorization_code(self, authorization_code: CodeView) -> None:
        """Nothing is left to do: it was spent before it was looked at (rule 5)."""

    def authenticate_user(self, authorization_code: CodeView) -> Holder | None:
        """The holder, while account, session and grant still stand (TK-09, LO-04)."""
        facts = authorization_code.facts
        dead = facts.grant_revoked or facts.session_ended or not facts.owner.is_active
        return None if dead else facts.owner.holder


def issue_code(code: str, turn: Turn, agreed: Agreed) -> IssueCode:
    """A grant and its code, resting on the account as it was seen.

    How the holder signed in is copied: a later login does not rewrite it (TK-20).
    """
    pending, session = agreed.pending, agreed.facts.session
    level = session.level()
    if level is None:
        raise TypeError("nothing was proved in this session")
    grant = TokenGrant(
        id=GrantId(new_id()),
        client=turn.client.id,
        account=agreed.facts.owner.account.id,
        session=session.id,
        scope=pending.scope,
        claims=agreed.claims,
        authenticated=AuthenticationSnapshot(level, session.amr(), session.auth_time()),
        granted_at=turn.visit.at,
    )
    issued = AuthorizationCode(
        hash=handles.digest(code),
        grant=grant.id,
        client=turn.client.id,
        redirect_uri=pending.redirect_uri,
        code_challenge=pending.code_challenge,
        nonce=pending.nonce,
        expires_at=turn.visit.at + turn.policy.code_lifetime,
    )
    return IssueCode(agreed.facts.owner.standing, grant, issued)


def touch_session(turn: Turn, agreed: Agreed) -> Change:
    """The session was used. If it ended meanwhile this touches no row, and no code is issued."""
    session = agreed.facts.session
    idle_until = min(turn.visit.at + turn.policy.session_idle, session.ends_at)
    return TouchSession(session.id, idle_until)


def _issued(turn: Turn, issued: IssueCode) -> CodeIssued:
    account = issued.grant.account
    return CodeIssued(
        visit=turn.visit, account=account, client=turn.client.id, grant=issued.grant.id
    )
