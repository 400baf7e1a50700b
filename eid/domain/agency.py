"""An agency (an office) and its client (the office's OpenID Connect registration)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from eid.domain.assurance import AccountLevel, AuthenticationLevel
from eid.domain.identifiers import AgencyId, ClientId


@dataclass(frozen=True, slots=True)
class Agency:
    """An office. Subjects are pairwise per `sector`; names are data, by language."""

    id: AgencyId
    names: Mapping[str, str]
    sector: str


class ClientProfile(StrEnum):
    """What a client must do: a property of the client, never a global switch."""

    WEB = "web"
    BASIC = "basic"


class ClientAuthentication(StrEnum):
    """How a client proves itself at the token endpoint (RFC 7591, token_endpoint_auth_method)."""

    SECRET_BASIC = "client_secret_basic"  # noqa: S105 - a method's name
    SECRET_POST = "client_secret_post"  # noqa: S105 - a method's name
    PRIVATE_KEY_JWT = "private_key_jwt"


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client: where it may send people back to, and what it may ask."""

    id: ClientId
    agency: Agency
    profile: ClientProfile
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    required_claims: frozenset[str]
    authentication: ClientAuthentication
    secret_hash: bytes | None
    keys: Mapping[str, object] | None
    id_token_algorithm: str
    least_account_level: AccountLevel
    least_authentication_level: AuthenticationLevel
    disabled: bool = False
