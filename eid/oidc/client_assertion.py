"""private_key_jwt: a client proves itself with a signed assertion (RFC 7523; FAPI 2.0, 5.3.2.1).

The key is a registered one and its algorithm is the key's own: the header's jwk, jku, x5u and x5c
are never looked at (CA-03, TJ-01, TJ-02).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from eid.domain.agency import Client
from eid.domain.changes import AddReplayMark
from eid.oidc.client_keys import ClientKey, read_keys
from eid.oidc.errors import Denied
from eid.oidc.strict_json import read_object
from keys.algorithms import verify
from keys.errors import KeysError

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST: Final = 8 * 1024
DEEPEST: Final = 5
LONGEST_JTI: Final = 256
NEAR: Final = timedelta(minutes=5)  # an assertion lives no longer, so marks stay few (CA-02)
SKEW: Final = timedelta(seconds=60)
# RFC 8725, 3.11: an access token, a DPoP proof or a logout token is no client assertion.
TYPES: Final = (None, "JWT", "client-authentication+jwt")
PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class VerifiedAssertion:
    """An assertion of that client for us. `mark` is kept once: a second use is a `Conflict`."""

    mark: AddReplayMark


def claimed_client(assertion: str) -> str:
    """Whom the assertion says it is from; believed only once its signature is verified."""
    claims = _object(assertion.split(".")[1] if assertion.count(".") else "")
    return str(claims.get("sub", ""))


def verify_assertion(
    assertion: str, client: Client, issuer: str, now: datetime
) -> VerifiedAssertion:
    """Prove that the client signed this for us, just now. Raises `Denied` (invalid_client)."""
    parts = assertion.split(".")
    if len(assertion) > LONGEST or len(parts) != PARTS:
        raise _denied("not a compact JWS of a sane size")
    header = _object(parts[0])
    # RFC 7515, 4.1.11: an extension that is not understood makes it invalid.
    if {"crit", "b64", "zip"} & header.keys() or header.get("typ") not in TYPES:
        raise _denied("header asks for what is not accepted")
    key = _registered_key(client, header)
    try:
        signed = f"{parts[0]}.{parts[1]}".encode()
        verify(key.algorithm, key.public_key, signed, _octets(parts[2]))
    except (KeysError, UnicodeEncodeError):
        raise _denied("wrong signature") from None
    return _judge(_object(parts[1]), client, issuer, now)


def _registered_key(client: Client, header: dict[str, Any]) -> ClientKey:
    keys = read_keys(client.keys or {})
    kid = header.get("kid")
    named = [key for key in keys if key.kid == kid] if "kid" in header else list(keys)
    if len(named) != 1 or header.get("alg") != named[0].algorithm:
        raise _denied("no registered key of that name and algorithm")
    return named[0]


def _judge(claims: dict[str, Any], client: Client, issuer: str, now: datetime) -> VerifiedAssertion:
    # RFC 7523, 3: iss and sub are both the client.
    if claims.get("iss") != client.id or claims.get("sub") != client.id:
        raise _denied("iss and sub must be the client_id")
    # CF-24: the issuer as one string; a list, the token URL or another name is refused.
    if claims.get("aud") != issuer:
        raise _denied("aud must be the issuer, as one string")
    expires = _time(claims, "exp")
    if not now < expires <= now + NEAR + SKEW:
        raise _denied("exp must lie ahead, at most five minutes")
    for name in ("nbf", "iat"):  # CF-25
        if name in claims and _time(claims, name) > now + SKEW:
            raise _denied(f"{name} lies ahead")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise _denied("jti is missing or too long")
    key = sha256(f"{client.id}\0{jti}".encode("utf-8", "surrogatepass")).digest()
    return VerifiedAssertion(AddReplayMark(key, expires + SKEW))


def _time(claims: dict[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _denied(f"{name} is missing or no number")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise _denied(f"{name} is no time") from None


def _object(part: str) -> dict[str, Any]:
    try:
        return read_object(_octets(part).decode(), LONGEST, DEEPEST)
    except ValueError:
        raise _denied("not a JWT") from None


def _octets(part: str) -> bytes:
    """Strict base64url: no padding, no white space, one spelling for each value."""
    try:
        octets = urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))
    except (BadBase64, ValueError):
        raise _denied("not base64url") from None
    if urlsafe_b64encode(octets).rstrip(b"=").decode() != part:
        raise _denied("not base64url")
    return octets


def _denied(why: str) -> Denied:
    return Denied("invalid_client", f"The client assertion was refused: {why}.")
