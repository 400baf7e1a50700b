"""Claims for a bearer token (OpenID Connect Core, 5.3; RFC 6750)."""

import re
from typing import Final

from eid.domain.agency import Client
from eid.domain.audit import ClaimsReleased
from eid.domain.facts import TokenFacts
from eid.domain.visit import Visit
from eid.oidc.claims import CLAIMS, OPENID, account_claims, release
from eid.oidc.errors import BAD_REQUEST, FORBIDDEN, OK, UNAUTHORIZED
from eid.oidc.messages import EngineReply, EngineRequest
from eid.oidc.outcome import Outcome
from eid.oidc.parameters import repeated, within_limits
from eid.oidc.policy import OidcPolicy
from eid.oidc.server import json_reply
from eid.oidc.subjects import pairwise

# RFC 6750, 2.1: b64token; ours have 43 characters. The scheme's letters may be of any case (CF-31).
BEARER: Final = re.compile(r"bearer +([A-Za-z0-9\-._~+/]{1,256}=*)", re.IGNORECASE)
LONGEST_HEADER: Final = 1024


def read_token(request: EngineRequest) -> str | EngineReply:
    """The access token from the one place where it stands; never from the query (RS-01, CF-30)."""
    authorization = request.headers.get("Authorization")
    in_form = [value for name, value in request.form if name == "access_token"]
    in_query = any(name == "access_token" for name, _ in request.query)
    sane = within_limits(request.form) and not repeated(request.form)
    # RFC 6750, 2: clients MUST NOT use more than one method in a request.
    if in_query or not sane or (in_form and authorization is not None):
        return challenge(BAD_REQUEST, "invalid_request")
    if in_form and request.method == "POST":
        return in_form[0]
    if authorization is None:
        return challenge(UNAUTHORIZED)  # RFC 6750, 3.1: nothing offered, so no error code
    found = BEARER.fullmatch(authorization) if len(authorization) <= LONGEST_HEADER else None
    return challenge(UNAUTHORIZED, "invalid_token") if found is None else found[1]


def decide_userinfo(
    facts: TokenFacts | None, client: Client | None, policy: OidcPolicy, visit: Visit
) -> Outcome[EngineReply]:
    """What this token may know now: the account's standing is looked at again (RS-06)."""
    if facts is None or client is None or not facts.owner.is_active:
        return Outcome(challenge(UNAUTHORIZED, "invalid_token"))
    if OPENID not in facts.grant.scope:
        return Outcome(challenge(FORBIDDEN, "insufficient_scope"))
    holder = facts.owner.holder
    claims = release(CLAIMS, facts.grant.claims, holder)
    body = {
        "sub": pairwise(policy.pairwise_key, client.agency, holder.id),
        **account_claims(facts.owner.account),
        **claims,
    }
    event = ClaimsReleased(
        visit=visit, account=facts.grant.account, client=client.id, claims=tuple(claims)
    )
    return Outcome(json_reply(OK, body), events=(event,))


def challenge(status: int, error: str | None = None) -> EngineReply:
    """A refusal as RFC 6750, 3 wants it: WWW-Authenticate, with the error if there is one."""
    if error is None:
        return json_reply(status, {}, (("WWW-Authenticate", 'Bearer realm="userinfo"'),))
    value = f'Bearer realm="userinfo", error="{error}"'
    if error == "insufficient_scope":
        value += f', scope="{OPENID}"'
    return json_reply(status, {"error": error}, (("WWW-Authenticate", value),))
