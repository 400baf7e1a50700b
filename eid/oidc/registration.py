"""A client file: RFC 7591's names and a few of ours, read strictly (CA-10).

Nothing is guessed and nothing is passed over: a member that is not known here is an error, for it
was meant to say something.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, TypeVar

from eid.domain import handles
from eid.domain.agency import Agency, Client, ClientAuthentication, ClientProfile
from eid.domain.assurance import AccountLevel, AuthenticationLevel
from eid.domain.identifiers import AgencyId, ClientId
from eid.errors import BadDocument
from eid.oidc.claims import CLAIMS, OPENID, SCOPES
from eid.oidc.client_keys import read_keys
from eid.oidc.profiles import PROFILES, ProfileRules
from eid.oidc.redirect_uris import require_redirect_uri
from eid.oidc.strict_json import read_object

NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._\-]{0,62}[a-z0-9])?")
LOCALE: Final = re.compile(r"[a-z]{2,3}")
LONGEST_NAME: Final = 200
MOST_URIS: Final = 20
LONGEST_FILE: Final = 64 * 1024
DEEPEST_FILE: Final = 8
# Members whose only value is the one we have: they may be said, not chosen.
FIXED: Final[Mapping[str, object]] = {
    "application_type": "web",
    "grant_types": ["authorization_code"],
    "response_types": ["code"],
    "subject_type": "pairwise",
}
MEMBERS: Final = frozenset(FIXED) | {
    "client_id",
    "profile",
    "agency",
    "redirect_uris",
    "post_logout_redirect_uris",
    "scope",
    "required_claims",
    "token_endpoint_auth_method",
    "jwks",
    "id_token_signed_response_alg",
    "least_account_level",
    "least_authentication_level",
}
SECRETS: Final = (ClientAuthentication.SECRET_BASIC, ClientAuthentication.SECRET_POST)

V = TypeVar("V")


def read_client_file(text: str) -> tuple[Client, str | None]:
    """Read a client file's text: one JSON object, no member twice. Raises `BadDocument`."""
    try:
        document = read_object(text, LONGEST_FILE, DEEPEST_FILE)
    except (ValueError, RecursionError) as problem:
        raise BadDocument(f"client file: {problem}") from None
    return read_client(document)


def read_client(document: object) -> tuple[Client, str | None]:
    """Read a client file. Raises `BadDocument` that names the member.

    Hands back the client and, where its method needs one, a fresh secret of 256 bits: it is shown
    once, and only its hash is kept (CA-05).
    """
    if not isinstance(document, Mapping):
        raise BadDocument("client file: an object is wanted")
    _refuse_unknown("client file", document, MEMBERS)
    for name, value in FIXED.items():
        if document.get(name, value) != value:
            raise BadDocument(f"{name}: {value} is all there is")
    rules = PROFILES[_one_of(document, "profile", {p.value: p for p in ClientProfile}, "web")]
    method = _method(document, rules)
    secret = handles.make() if method in SECRETS else None
    scopes = _scopes(document)
    client = Client(
        id=ClientId(_name(document, "client_id")),
        agency=_agency(document),
        profile=rules.profile,
        redirect_uris=_uris(document, "redirect_uris", least=1),
        post_logout_redirect_uris=_uris(document, "post_logout_redirect_uris", least=0),
        scopes=scopes,
        required_claims=_required_claims(document, scopes),
        authentication=method,
        secret_hash=sha256(secret.encode()).digest() if secret else None,
        keys=_keys(document, method),
        id_token_algorithm=_algorithm(document, rules),
        least_account_level=_level(document, "least_account_level", AccountLevel.LEVEL_1),
        # A sign-in without a PIN is for agencies that ask for it by its number.
        least_authentication_level=_level(
            document, "least_authentication_level", AuthenticationLevel.LEVEL_2
        ),
    )
    return client, secret


def _refuse_unknown(what: str, members: Mapping[str, object], known: frozenset[str]) -> None:
    unknown = sorted(str(name) for name in members if name not in known)
    if unknown:
        raise BadDocument(f"{what}: unknown member {', '.join(unknown)}")


def _name(document: Mapping[str, object], member: str, within: str = "") -> str:
    value = document.get(member)
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise BadDocument(f"{within}{member}: 1 to 64 of a-z, 0-9, dot, dash, underscore")
    return value


def _one_of(
    document: Mapping[str, object], member: str, values: Mapping[str, V], default: str
) -> V:
    value = document.get(member, default)
    if not isinstance(value, str) or value not in values:
        raise BadDocument(f"{member}: one of {', '.join(values)}")
    return values[value]


def _method(document: Mapping[str, object], rules: ProfileRules) -> ClientAuthentication:
    values = {method.value: method for method in rules.authentication}
    return _one_of(document, "token_endpoint_auth_method", values, "client_secret_basic")


def _algorithm(document: Mapping[str, object], rules: ProfileRules) -> str:
    values = {name: name for name in rules.id_token_algorithms}
    default = rules.id_token_algorithms[0]
    return _one_of(document, "id_token_signed_response_alg", values, default)


def _agency(document: Mapping[str, object]) -> Agency:
    agency = document.get("agency")
    if not isinstance(agency, Mapping):
        raise BadDocument("agency: an object is wanted")
    _refuse_unknown("agency", agency, frozenset({"id", "names", "sector"}))
    names = agency.get("names")
    if not isinstance(names, Mapping) or not names:
        raise BadDocument("agency.names: names by language are wanted")
    for locale, text in names.items():
        if not isinstance(locale, str) or not LOCALE.fullmatch(locale):
            raise BadDocument("agency.names: languages like vi and en")
        if not isinstance(text, str) or not _is_plain(text):
            raise BadDocument("agency.names: text without control or direction marks")
    name, sector = (_name(agency, member, "agency.") for member in ("id", "sector"))
    return Agency(AgencyId(name), dict(names), sector)


def _is_plain(text: str) -> bool:
    """A name that cannot disguise the page around it (AZ-27)."""
    return 0 < len(text) <= LONGEST_NAME and text.strip() == text and text.isprintable()


def _uris(document: Mapping[str, object], member: str, least: int) -> tuple[str, ...]:
    uris = _texts(document, member)
    if not least <= len(uris) <= MOST_URIS:
        raise BadDocument(f"{member}: {least} to {MOST_URIS} are wanted")
    for uri in uris:
        require_redirect_uri(uri)
    return uris


def _texts(document: Mapping[str, object], member: str) -> tuple[str, ...]:
    values: Any = document.get(member, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadDocument(f"{member}: a list of text is wanted")
    if len(set(values)) < len(values):
        raise BadDocument(f"{member}: one stands there twice")
    return tuple(values)


def _scopes(document: Mapping[str, object]) -> frozenset[str]:
    value = document.get("scope")
    if not isinstance(value, str):
        raise BadDocument("scope: scopes with spaces between are wanted")
    scopes = value.split(" ")
    if OPENID not in scopes or not frozenset(scopes) <= frozenset(SCOPES):
        raise BadDocument(f"scope: openid, and others of {', '.join(SCOPES)}")
    return frozenset(scopes)


def _required_claims(document: Mapping[str, object], scopes: frozenset[str]) -> frozenset[str]:
    claims = _texts(document, "required_claims")
    if any(name not in CLAIMS or CLAIMS[name].scope not in scopes for name in claims):
        raise BadDocument("required_claims: only claims of the client's scopes")
    return frozenset(claims)


def _keys(
    document: Mapping[str, object], method: ClientAuthentication
) -> Mapping[str, object] | None:
    keys = document.get("jwks")
    if method is not ClientAuthentication.PRIVATE_KEY_JWT:
        if keys is not None:
            raise BadDocument("jwks: only with private_key_jwt")
        return None
    if not isinstance(keys, Mapping):
        raise BadDocument("jwks: private_key_jwt needs the client's public keys")
    _refuse_unknown("jwks", keys, frozenset({"keys"}))
    read_keys(keys)
    return dict(keys)


Level = TypeVar("Level", AccountLevel, AuthenticationLevel)


def _level(document: Mapping[str, object], member: str, unsaid: Level) -> Level:
    """The least level."""
    levels = type(unsaid)
    value = document.get(member, int(unsaid))
    if isinstance(value, bool) or not isinstance(value, int) or value not in set(levels):
        raise BadDocument(f"{member}: a number of {', '.join(str(int(row)) for row in levels)}")
    return levels(value)
