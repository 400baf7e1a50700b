"""Verify the ID token (OpenID Connect Core 1.0, section 3.1.3.7).

PyJWT checks the signature. The claims are checked here, one line each, against the agency's own
clock: in the demo world that clock may run ahead of the machine's, which PyJWT could not know.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, NoReturn

import jwt

from .errors import TokenRejected
from .strict_json import read_object

# Asymmetric only: an HMAC here would take the published key for a shared secret (RFC 8725, 2.1).
# The hash is the one of at_hash (Core 3.1.3.6); Ed25519 hashes with SHA-512 itself.
ALGORITHMS: Mapping[str, Callable[[bytes], Any]] = {
    "ES256": hashlib.sha256,
    "RS256": hashlib.sha256,
    "PS256": hashlib.sha256,
    "EdDSA": hashlib.sha512,
}
LONGEST_TOKEN = 16 * 1024  # characters
LONGEST_SUBJECT = 255  # characters; Core, section 2
SKEW = timedelta(seconds=60)  # by how much two honest clocks may differ

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_ACR = re.compile(r"urn:vn:eid:authn:([1-4])")


@dataclass(frozen=True, slots=True)
class Expected:
    """What the ID token of one sign-in must say."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str
    least_acr: str
    authenticated_since: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True)
class VerifiedIdToken:
    """An ID token that holds: its text, its header and its claims."""

    raw: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]


def key_name(token: str) -> str:
    """The kid in a token's header: a name to look up among published keys, not yet believed.

    Raises:
        TokenRejected: not a compact JWS, or its header names no key.
    """
    kid = _header(token).get("kid")
    if not isinstance(kid, str):
        _reject("key_unknown", "the header names no key")
    return kid


def verify_id_token(token: str, key: jwt.PyJWK, expected: Expected) -> VerifiedIdToken:
    """Check signature and claims of an ID token.

    Args:
        token: The compact JWS from the token endpoint.
        key: The published key that its header names.
        expected: What was asked for.

    Raises:
        TokenRejected: with a code that names the first check that failed.
    """
    header = _header(token)
    claims = _signed_claims(token, header, key)
    _check_parties(claims, expected)
    _check_times(claims, expected)
    _check_sign_in(claims, expected)
    _check_access_token(claims, expected, str(header["alg"]))
    return VerifiedIdToken(token, header, claims)


def authentication_level(acr: object) -> int:
    """The authentication level, 1 to 4, that an acr value names; 0 for any other value."""
    match = _ACR.fullmatch(acr) if isinstance(acr, str) else None
    return int(match[1]) if match else 0


def _header(token: str) -> dict[str, Any]:
    if len(token) > LONGEST_TOKEN or not _COMPACT.fullmatch(token):
        _reject("token_unreadable", "not a compact JWS of a sane length")
    header = _read(token.partition(".")[0])
    # RFC 7515, section 4.1.11: an extension that is not understood makes the token invalid.
    if "crit" in header or "b64" in header or "zip" in header:
        _reject("token_unreadable", "the header asks for an extension")
    # RFC 8725, section 3.11: a logout token or access token of the same signer is no ID token.
    if header.get("typ", "JWT") != "JWT":
        _reject("token_kind_wrong", "the header names another kind of token")
    return header


def _signed_claims(token: str, header: Mapping[str, Any], key: jwt.PyJWK) -> dict[str, Any]:
    # RFC 8725, section 3.1: the algorithm is the published key's own, never the token's choice.
    algorithm = key.algorithm_name
    if algorithm not in ALGORITHMS or header.get("alg") != algorithm:
        _reject("algorithm_wrong", "the token is not signed as its key is meant to sign")
    verifier = jwt.PyJWS(algorithms=[algorithm], options={"enforce_minimum_key_length": True})
    try:
        verifier.decode(token, key, algorithms=[algorithm])
    except jwt.PyJWTError as error:
        raise TokenRejected("signature_wrong", type(error).__name__) from error
    return _read(token.split(".")[1])


def _check_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:  # step 2
        _reject("issuer_wrong", "iss is not the provider's")
    # Step 3: among the audience, and no audience that this agency does not know.
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        _reject("audience_wrong", "aud is not this agency alone")
    if claims.get("azp", expected.client_id) != expected.client_id:  # steps 4 and 5
        _reject("audience_wrong", "azp is another client")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:  # section 2
        _reject("subject_missing", "sub is missing or malformed")


def _check_times(claims: Mapping[str, Any], expected: Expected) -> None:
    now, skew = expected.now.timestamp(), SKEW.total_seconds()
    if _instant(claims, "exp") <= now - skew:  # step 9
        _reject("token_expired", "exp has passed")
    if _instant(claims, "iat") > now + skew:  # step 10
        _reject("token_from_future", "iat has not come")
    if "nbf" in claims and _instant(claims, "nbf") > now + skew:  # RFC 7519, section 4.1.5
        _reject("token_from_future", "nbf has not come")


def _check_sign_in(claims: Mapping[str, Any], expected: Expected) -> None:
    nonce = claims.get("nonce")
    # Step 11. Bytes, because compare_digest takes no text beyond ASCII.
    if not isinstance(nonce, str) or not compare_digest(nonce.encode(), expected.nonce.encode()):
        _reject("nonce_wrong", "nonce is not this sign-in's")
    if authentication_level(claims.get("acr")) < authentication_level(expected.least_acr):
        _reject("acr_too_low", "acr is below what was asked")  # step 12
    if expected.authenticated_since is not None:  # step 13
        since = (expected.authenticated_since - SKEW).timestamp()
        if _instant(claims, "auth_time") < since:
            _reject("sign_in_too_old", "auth_time is before what was asked")


def _check_access_token(claims: Mapping[str, Any], expected: Expected, algorithm: str) -> None:
    if "at_hash" not in claims:
        return
    digest = ALGORITHMS[algorithm](expected.access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if claims["at_hash"] != half:  # section 3.1.3.8
        _reject("access_token_wrong", "at_hash is another token's")


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        _reject("time_missing", f"{name} is missing or no number")
    return value


def _read(segment: str) -> dict[str, Any]:
    try:
        return read_object(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except ValueError as error:
        raise TokenRejected("token_unreadable", str(error)) from error


def _reject(code: str, detail: str) -> NoReturn:
    raise TokenRejected(code, detail)
