"""Deciding at the token endpoint: a code becomes tokens, once, for who began (RFC 6749, 4.1.3)."""

from dataclasses import dataclass
from typing import Any, Final

from authlib.oauth2 import OAuth2Error

from eid.domain.audit import AuditEvent, CodeReplayed, TokenRefused
from eid.domain.changes import Change, RevokeGrant
from eid.domain.facts import CodeFacts
from eid.domain.identifiers import ClientId, GrantId
from eid.domain.visit import Visit
from eid.oidc.clients import VerifiedClient
from eid.oidc.endpoints import TOKEN
from eid.oidc.errors import BAD_REQUEST, NOT_ALLOWED, UNAUTHORIZED, Denied, denied
from eid.oidc.grants import GRANTS
from eid.oidc.messages import EngineReply, EngineRequest
from eid.oidc.outcome import Outcome
from eid.oidc.parameters import present, repeated, within_limits
from eid.oidc.policy import Keys, OidcPolicy
from eid.oidc.server import Server, json_reply
from eid.oidc.turn import Turn, TurnRequest

FORM: Final = "application/x-www-form-urlencoded"
LONGEST_CODE: Final = 256


@dataclass(frozen=True, slots=True)
class Spent:
    """What spending a code brought home; `replayed` is the grant of one that was spent before."""

    code: CodeFacts | None = None
    replayed: GrantId | None = None


def read_form(request: EngineRequest) -> dict[str, str]:
    """The parameters, from a form body alone (TK-01, AZ-07). Raises `Denied`."""
    media = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or media != FORM:
        raise Denied("invalid_request", "A POST with a form body is wanted.")
    # RFC 6749, 2.3.1: credentials MUST NOT be in the request URI; neither has anything else to be.
    if request.query:
        raise Denied("invalid_request", "Parameters go into the body, not into the query.")
    if not within_limits(request.form) or repeated(request.form):
        raise Denied("invalid_request", "The body is too large, or says a thing twice.")
    return present(request.form)


def read_code(form: dict[str, str]) -> str:
    """The code to spend. Raises `Denied` for another grant type or no code (TK-10)."""
    if "grant_type" not in form:
        raise Denied("invalid_request", "grant_type is missing.")
    if form["grant_type"] not in GRANTS:
        raise Denied("unsupported_grant_type", "The grant_type is not supported.")
    if "code" not in form:
        raise Denied("invalid_request", "code is missing.")
    if len(form["code"]) > LONGEST_CODE:
        raise Denied("invalid_grant", "The code is not good.")
    return form["code"]


def decide_token(
    verified: VerifiedClient,
    form: dict[str, str],
    spent: Spent,
    keys: Keys,
    policy: OidcPolicy,
    *,
    visit: Visit,
) -> Outcome[EngineReply]:
    """Let Authlib decide over the facts. Whatever it says, the code is spent (rule 5)."""
    turn = Turn(verified.client, policy, visit, code=spent.code, keys=keys)
    server: Any = Server(turn)  # Authlib is untyped
    try:
        reply = server.create_token_response(TurnRequest("POST", TOKEN, form, turn))
    except OAuth2Error as error:
        return _refused(denied(error), verified.client.id, spent, visit)
    except Denied as refusal:
        return _refused(refusal, verified.client.id, spent, visit)
    return Outcome(reply, tuple(turn.changes), tuple(turn.events))


def refusal_reply(refusal: Denied) -> EngineReply:
    """RFC 6749, 5.2: 400; 401 for invalid_client alone, with the scheme that would do."""
    body = {"error": refusal.error, "error_description": refusal.description}
    if refusal.error == "invalid_client":
        return json_reply(UNAUTHORIZED, body, (("WWW-Authenticate", 'Basic realm="token"'),))
    return json_reply(BAD_REQUEST, body)


def method_reply() -> EngineReply:
    """RFC 6749, 3.2: the client MUST use POST."""
    body = {"error": "invalid_request", "error_description": "A POST is wanted."}
    return json_reply(NOT_ALLOWED, body, (("Allow", "POST"),))


def refused(refusal: Denied, client: ClientId | None, visit: Visit) -> Outcome[EngineReply]:
    """A refusal that has touched no code."""
    event = TokenRefused(visit=visit, client=client, error=refusal.error)
    return Outcome(refusal_reply(refusal), events=(event,))


def _refused(refusal: Denied, client: ClientId, spent: Spent, visit: Visit) -> Outcome[EngineReply]:
    """RFC 6749, 4.1.2: a code that comes twice ends what the first time brought (TK-02)."""
    account = spent.code.grant.account if spent.code else None
    events: tuple[AuditEvent, ...] = (
        TokenRefused(visit=visit, account=account, client=client, error=refusal.error),
    )
    changes: tuple[Change, ...] = ()
    if spent.replayed is not None:
        changes = (RevokeGrant(spent.replayed, visit.at),)
        events = (CodeReplayed(visit=visit, client=client, grant=spent.replayed), *events)
    return Outcome(refusal_reply(refusal), changes, events)
