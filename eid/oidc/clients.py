"""A client at the token endpoint: how it proves itself, and its clothes for Authlib."""

from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Final
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import ClientMixin

from eid.domain.agency import Client, ClientAuthentication
from eid.domain.changes import AddReplayMark
from eid.domain.identifiers import ClientId
from eid.domain.visit import Visit
from eid.oidc.client_assertion import ASSERTION_TYPE, claimed_client, verify_assertion
from eid.oidc.errors import Denied

LONGEST_SECRET: Final = 256
LONGEST_HEADER: Final = 2048


class ClientView(ClientMixin):
    """A domain client in Authlib's clothes."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get_client_id(self) -> str:
        """The client's name."""
        return self.client.id

    def get_default_redirect_uri(self) -> None:
        """There is none: a request names its redirect URI (OpenID Connect Core, 3.1.2.1)."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """Ours to decide, in `claims.wanted_scope`: Authlib takes it as it is."""
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Exactly a registered one, character by character (RFC 9700, 2.1; AZ-01)."""
        return redirect_uri in self.client.redirect_uris

    def check_response_type(self, response_type: str) -> bool:
        """The code flow is all there is (AZ-05)."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Every client has the code grant and no other (TK-10)."""
        return grant_type == "authorization_code"


@dataclass(frozen=True, slots=True)
class Presented:
    """What a client offered as proof of itself; not believed yet."""

    client: ClientId
    method: ClientAuthentication
    evidence: str


@dataclass(frozen=True, slots=True)
class VerifiedClient:
    """A client that proved itself. `mark` is to be kept with whatever follows."""

    client: Client
    mark: AddReplayMark | None

    @property
    def marks(self) -> tuple[AddReplayMark, ...]:
        """The replay mark, if the method has one."""
        return () if self.mark is None else (self.mark,)


def read_presented(headers: Mapping[str, str], form: Mapping[str, str]) -> Presented:
    """Find the one proof that was offered. Raises `Denied`.

    RFC 6749, 2.3: a client MUST NOT use more than one method in a request (CA-04).
    """
    authorization = headers.get("Authorization")
    ways = [authorization is not None, "client_secret" in form, "client_assertion" in form]
    if sum(ways) > 1:
        raise Denied("invalid_request", "More than one client authentication method.")
    if authorization is not None:
        presented = _basic(authorization)
    elif "client_assertion" in form:
        presented = _assertion(form)
    elif form.get("client_secret") and form.get("client_id"):
        presented = Presented(
            ClientId(form["client_id"]), ClientAuthentication.SECRET_POST, form["client_secret"]
        )
    else:
        raise _refused("The client must authenticate.")
    if form.get("client_id", presented.client) != presented.client:
        raise _refused("client_id is not the client that authenticated.")
    return presented


def verify_client(
    presented: Presented, client: Client | None, issuer: str, visit: Visit
) -> VerifiedClient:
    """Prove the client. Raises `Denied` (invalid_client), the same for unknown and wrong.

    An unregistered method is refused, whatever it proves (CA-04).
    """
    if client is None or client.disabled or client.authentication is not presented.method:
        raise _refused("Client authentication failed.")
    if presented.method is ClientAuthentication.PRIVATE_KEY_JWT:
        verified = verify_assertion(presented.evidence, client, issuer, visit.at)
        return VerifiedClient(client, verified.mark)
    _require_secret(presented.evidence, client.secret_hash)
    return VerifiedClient(client, None)


def _require_secret(secret: str, expected: bytes | None) -> None:
    # Secrets are ours, of 256 random bits: a plain hash cannot be tried out, and costs nothing.
    offered = sha256(secret.encode("utf-8", "surrogatepass")).digest()
    if expected is None or len(secret) > LONGEST_SECRET or not compare_digest(offered, expected):
        raise _refused("Client authentication failed.")


def _basic(authorization: str) -> Presented:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic" or len(authorization) > LONGEST_HEADER:
        raise _refused("The Authorization header is not HTTP Basic.")
    try:
        name, colon, secret = b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (BadBase64, ValueError):
        raise _refused("The Authorization header cannot be read.") from None
    if not (colon and name and secret):
        raise _refused("The client must authenticate.")
    # RFC 6749, 2.3.1: both are form-urlencoded before they are joined (CA-05).
    return Presented(
        ClientId(unquote_plus(name)), ClientAuthentication.SECRET_BASIC, unquote_plus(secret)
    )


def _assertion(form: Mapping[str, str]) -> Presented:
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise _refused("client_assertion_type is not the one for JWT.")
    assertion = form["client_assertion"]
    name = ClientId(claimed_client(assertion))
    return Presented(name, ClientAuthentication.PRIVATE_KEY_JWT, assertion)


def _refused(why: str) -> Denied:
    return Denied("invalid_client", why)
