"""The authorization request: read strictly, one parameter after another.

Limits first, then the client and its redirect URI, and only then what may be answered by redirect
(RFC 6749, 4.1.2.1; AZ-03).
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from eid.domain.assurance import ACR_LEVELS, AuthenticationLevel
from eid.oidc.errors import Denied
from eid.oidc.messages import EngineRequest, Pairs
from eid.oidc.strict_json import read_object

MOST_PARAMETERS: Final = 50
MOST_CHARACTERS: Final = 8 * 1024
MOST_SCOPES: Final = 100
LONGEST_STATE: Final = 1024
LONGEST_NONCE: Final = 512
LONGEST_CLAIMS: Final = 4 * 1024
DEEPEST_CLAIMS: Final = 6
LONGEST_AGE: Final = 10**8  # seconds: three years
SUBJECT: Final = re.compile(r"[!-~]{1,255}")
PROMPTS: Final = ("none", "login", "consent", "select_account")
FRESH_PROMPTS: Final = frozenset({"login", "select_account"})  # a card chooses the account

# OpenID Connect Core, 3.1.2.6: what is not supported has an error of its own. Silence would be a
# downgrade: the client believes that its signed parameters were looked at.
UNSUPPORTED: Final = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the `claims` parameter asks for (OpenID Connect Core, 5.5)."""

    userinfo: tuple[str, ...] = ()
    subject: str | None = None
    essential_acrs: frozenset[str] | None = None


def within_limits(pairs: Pairs) -> bool:
    """Whether a request is of a sane size and of text that can be stored (AZ-24)."""
    if len(pairs) > MOST_PARAMETERS:
        return False
    size = sum(len(name) + len(value) + 2 for name, value in pairs)
    if size > MOST_CHARACTERS:
        return False
    return not any(_is_unstorable(name) or _is_unstorable(value) for name, value in pairs)


def _is_unstorable(text: str) -> bool:
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


def repeated(pairs: Pairs) -> frozenset[str]:
    """Names that stand there more than once, in query, body, or one in each (AZ-07)."""
    counts = Counter(name for name, _ in pairs)
    return frozenset(name for name, times in counts.items() if times > 1)


def all_pairs(request: EngineRequest) -> Pairs:
    """A GET's query, or a POST's query and body (OpenID Connect Core, 3.1.2.1)."""
    return request.query + request.form


def present(pairs: Pairs) -> dict[str, str]:
    """Parameters with a value: one without is treated as omitted (RFC 6749, 3.1)."""
    return {name: value for name, value in pairs if value}


def require_supported(parameters: Mapping[str, str]) -> None:
    """Refuse what we do not do. Unknown parameters are ignored (RFC 6749, 3.1; CF-17)."""
    for name, error in UNSUPPORTED.items():
        if name in parameters:
            raise Denied(error, f"The parameter {name} is not supported.")
    if "response_type" not in parameters:
        raise Denied("invalid_request", "response_type is missing.")
    if parameters["response_type"] != "code":
        raise Denied("unsupported_response_type", "The only response_type is code.")
    if parameters.get("response_mode", "query") != "query":
        raise Denied("invalid_request", "The only response_mode is query.")


def require_lengths(parameters: Mapping[str, str]) -> None:
    """State and nonce come back byte for byte, up to a limit (AZ-10)."""
    if len(parameters.get("state", "")) > LONGEST_STATE:
        raise Denied("invalid_request", f"state is longer than {LONGEST_STATE} characters.")
    if len(parameters.get("nonce", "")) > LONGEST_NONCE:
        raise Denied("invalid_request", f"nonce is longer than {LONGEST_NONCE} characters.")


def read_scope(parameters: Mapping[str, str]) -> str:
    """The scope as sent; `openid` must be in it, for we are an OpenID provider alone."""
    scope = parameters.get("scope", "")
    if scope.count(" ") >= MOST_SCOPES:
        raise Denied("invalid_scope", f"More than {MOST_SCOPES} scopes.")
    if "openid" not in scope.split(" "):
        raise Denied("invalid_scope", "The scope openid is missing.")
    return scope


def read_prompt(parameters: Mapping[str, str]) -> frozenset[str]:
    """The prompts. OpenID Connect Core, 3.1.2.1: none goes with no other (AZ-11)."""
    prompts = frozenset(parameters.get("prompt", "").split())
    if not prompts <= frozenset(PROMPTS):
        raise Denied("invalid_request", "prompt has an unknown value.")
    if "none" in prompts and len(prompts) > 1:
        raise Denied("invalid_request", "prompt=none goes with no other value.")
    return prompts


def read_max_age(parameters: Mapping[str, str]) -> int | None:
    """Seconds since the authentication, at most; 0 means now (AZ-12)."""
    text = parameters.get("max_age")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LONGEST_AGE))):
        raise Denied("invalid_request", "max_age is not a number of seconds.")
    return int(text)


def fresh_since(prompt: frozenset[str], max_age: int | None, now: datetime) -> datetime | None:
    """A session proved before this moment does not count; None: any will do."""
    if prompt & FRESH_PROMPTS:
        return now
    return None if max_age is None else now - timedelta(seconds=max_age)


def read_claims(parameters: Mapping[str, str]) -> Wishes:
    """The `claims` parameter. Bad JSON is invalid_request; unknown claims are ignored (AZ-19)."""
    text = parameters.get("claims")
    if text is None:
        return Wishes()
    try:
        document = read_object(text, LONGEST_CLAIMS, DEEPEST_CLAIMS)
    except ValueError:
        raise Denied("invalid_request", "claims is not a sane JSON object.") from None
    userinfo, id_token = _member(document, "userinfo"), _member(document, "id_token")
    subjects = {_subject(userinfo.get("sub")), _subject(id_token.get("sub"))} - {None}
    if len(subjects) > 1:
        raise Denied("invalid_request", "claims asks for two subjects.")
    return Wishes(tuple(userinfo), next(iter(subjects), None), _essential_acrs(id_token.get("acr")))


def wanted_level(
    parameters: Mapping[str, str],
    essential: frozenset[str] | None,
    floor: AuthenticationLevel,
    attainable: frozenset[AuthenticationLevel],
) -> AuthenticationLevel:
    """Which level the sign-in shall reach: never below the client's floor, whatever is sent.

    acr_values is voluntary: the first that can be had, else the floor (OpenID Connect Core,
    3.1.2.1). An essential acr must be met exactly, or the request fails (the same, 5.5.1.1).
    """
    reachable = [level for level in attainable if level >= floor]
    if not reachable:
        raise _unmet("No sign-in of ours reaches the level that this client needs.")
    if essential is not None:
        met = [level for level in reachable if level.acr in essential]
        if not met:
            raise _unmet("No sign-in of ours has the acr that is asked for.")
        return max(met)
    asked = (ACR_LEVELS.get(acr) for acr in parameters.get("acr_values", "").split())
    return next((level for level in asked if level in reachable), floor)


def _unmet(why: str) -> Denied:
    # OpenID Connect Core Error Code unmet_authentication_requirements 1.0
    return Denied("unmet_authentication_requirements", why)


def _member(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    member = document.get(name)
    if member is None:
        return {}
    if not isinstance(member, dict):
        raise Denied("invalid_request", "claims has a member that is no object.")
    return member


def _subject(request: object) -> str | None:
    value = request.get("value") if isinstance(request, dict) else None
    if value is None:
        return None
    # OpenID Connect Core, 2: sub has at most 255 ASCII characters.
    if not isinstance(value, str) or not SUBJECT.fullmatch(value):
        raise Denied("invalid_request", "claims asks for a sub that is none.")
    return value


def _essential_acrs(request: object) -> frozenset[str] | None:
    """The acr values of which one is a must; None where any will do."""
    if not isinstance(request, dict) or request.get("essential") is not True:
        return None
    values = request.get("values", [request["value"]] if "value" in request else None)
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Denied("invalid_request", "claims asks for acr values that are no text.")
    return frozenset(values)
