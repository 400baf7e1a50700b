"""Authlib's AuthorizationServer over one turn's facts. Built anew for each; no global.

Call order, as observed:

* authorize: get_consent_grant: create_oauth2_request, query_client, CodeGrant's checks, Pkce
* issue: CodeGrant.create_authorization_response: generate_authorization_code,
  save_authorization_code
* token: create_token_response: authenticate_client, query_authorization_code, Pkce,
  authenticate_user, generate_token, save_token, IdToken, handle_response
"""

from typing import Any, NoReturn

import orjson
from authlib.oauth2 import AuthorizationServer, OAuth2Error

from eid.domain import handles
from eid.domain.audit import TokensIssued
from eid.domain.changes import IssueAccessToken
from eid.domain.facts import CodeFacts
from eid.oidc.clients import ClientView
from eid.oidc.errors import denied
from eid.oidc.grants import GRANTS
from eid.oidc.messages import EngineReply
from eid.oidc.turn import Turn, TurnRequest

JSON_HEADERS = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),  # RFC 6749, 5.1; CF-19
    ("Pragma", "no-cache"),
)


class Server(AuthorizationServer):
    """Reads the turn, appends to it, waits for nothing."""

    def __init__(self, turn: Turn) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.turn = turn
        for grant, extensions in GRANTS.values():
            self.register_grant(grant, extensions)  # type: ignore[no-untyped-call]

    def query_client(self, client_id: str) -> ClientView | None:
        """The one client of this turn."""
        return ClientView(self.turn.client) if client_id == self.turn.client.id else None

    def authenticate_client(self, *_: Any, **__: Any) -> ClientView:
        """It proved itself while gathering, before its code was spent (`clients.verify_client`)."""
        return ClientView(self.turn.client)

    def generate_token(self, *_: Any, scope: str | None = None, **__: Any) -> dict[str, Any]:
        """An opaque handle for five minutes; Authlib's own life of a token is ten days."""
        return {
            "access_token": handles.make(),
            "token_type": "Bearer",
            "expires_in": int(self.turn.policy.access_token_lifetime.total_seconds()),
            "scope": scope or "",
        }

    def save_token(self, token: dict[str, Any], request: TurnRequest) -> None:
        """Append the token's hash, resting on the account as it was seen."""
        if request.turn.code is not None:
            save_token(token["access_token"], request.turn, request.turn.code)

    def create_oauth2_request(self, request: TurnRequest) -> TurnRequest:
        """It was made by us."""
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> EngineReply:  # noqa: ARG002 - ours
        """JSON, never stored."""
        return json_reply(status, body)

    def handle_error_response(self, request: Any, error: OAuth2Error) -> NoReturn:  # noqa: ARG002 - Authlib's
        """One way out for every refusal."""
        raise denied(error) from error

    def send_signal(self, *_: Any, **__: Any) -> None:
        """Nobody listens: what happened is an audit event."""


def save_token(access_token: str, turn: Turn, facts: CodeFacts) -> None:
    """What a code comes to, once."""
    owner, grant = facts.owner, facts.grant
    expires_at = turn.visit.at + turn.policy.access_token_lifetime
    token_hash = handles.digest(access_token)
    turn.changes.append(IssueAccessToken(owner.standing, token_hash, grant.id, expires_at))
    turn.events.append(
        TokensIssued(visit=turn.visit, account=grant.account, client=turn.client.id, grant=grant.id)
    )


def json_reply(status: int, body: Any, headers: tuple[tuple[str, str], ...] = ()) -> EngineReply:
    """A JSON answer that no store keeps."""
    return EngineReply(status, (*JSON_HEADERS, *headers), orjson.dumps(body))
