"""Compact JWS (RFC 7515 section 7.1): signed inside the vault, and our own ones read back.

Made by hand on an open key: this is the hottest line of a sign-in, and a library would ask for the
private key.
"""

import json
import math
from base64 import urlsafe_b64decode
from binascii import Error as BadBase64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import orjson

from keys import algorithms
from keys.algorithms import PublicKey
from keys.errors import SignatureInvalid, TokenRejected
from keys.jwks.jwk import base64url
from keys.jwks.keyset import KeySet
from keys.jwks.states import SigningKey
from keys.vault import Vault

LARGEST_TOKEN: Final = 16 * 1024  # characters
LARGEST_SKEW: Final = timedelta(seconds=60)  # between workers
_DOTS: Final = 2
_HEADER_MEMBERS: Final = {"alg", "kid", "typ"}


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """The claims of a token that we signed ourselves. Built only by `verify_compact`."""

    claims: Mapping[str, Any]
    kid: str
    typ: str
    is_expired: bool


def sign_compact(
    keyset: KeySet, vault: Vault, algorithm: str, claims: Mapping[str, Any], typ: str
) -> str:
    """Sign the claims with the active key of the algorithm.

    `typ` says what the token is for (RFC 8725 section 3.11), such as `JWT` or `at+jwt`. Times among
    the claims are whole seconds since 1970. Raises NoSigningKey, and VaultClosed if the key is not
    open.
    """
    key = keyset.signing_key(algorithm)
    payload = base64url(orjson.dumps(dict(claims)))
    signing_input = f"{_header(key.algorithm, key.kid, typ)}.{payload}"
    signature = vault.sign(key.handle, key.algorithm, signing_input.encode("ascii"))
    return f"{signing_input}.{base64url(signature)}"


def verify_compact(
    keyset: KeySet,
    token: str,
    *,
    typ: str,
    issuer: str,
    now: datetime,
    accept_expired: bool = False,
) -> VerifiedToken:
    """Prove that we signed this token, for this use.

    The caller compares `aud`, `sub` and whatever else its use demands. An expired token is good
    only as a hint, and only if the caller says so. Raises TokenRejected with its reason.
    """
    # 1. Size and alphabet first: nothing below works on more than 16 kB.
    if len(token) > LARGEST_TOKEN:
        raise TokenRejected("too_large")
    if not token.isascii() or token.count(".") != _DOTS:
        raise TokenRejected("malformed")
    # 2. The key is one of ours, by its exact name; the algorithm is the key's, not the token's.
    signing_input, _, signature = token.rpartition(".")
    header, _, payload = signing_input.partition(".")
    key, public_key = _own_key(keyset, _json_object(header), typ)
    # 3. The signature, before anything of the payload is looked at.
    octets = _octets(signature)
    try:
        algorithms.verify(key.algorithm, public_key, signing_input.encode(), octets)
    except SignatureInvalid:
        raise TokenRejected("wrong_signature") from None
    # 4. What every token of ours says.
    claims = _json_object(payload)
    if claims.get("iss") != issuer:
        raise TokenRejected("wrong_issuer")
    if _seconds(claims, "iat") > now.timestamp() + LARGEST_SKEW.total_seconds():
        raise TokenRejected("not_yet_valid")
    is_expired = _seconds(claims, "exp") <= now.timestamp()
    if is_expired and not accept_expired:
        raise TokenRejected("expired")
    return VerifiedToken(MappingProxyType(claims), key.kid, typ, is_expired)


@lru_cache(maxsize=256)
def _header(alg: str, kid: str, typ: str) -> str:
    return base64url(orjson.dumps({"alg": alg, "kid": kid, "typ": typ}))


def _own_key(keyset: KeySet, header: dict[str, Any], typ: str) -> tuple[SigningKey, PublicKey]:
    # We never write another member, so another is refused: crit, b64, zip, jku, jwk, x5c.
    if header.keys() != _HEADER_MEMBERS:
        raise TokenRejected("malformed")
    # RFC 8725 section 3.11: one kind of token never passes for another
    if header["typ"] != typ:
        raise TokenRejected("wrong_type")
    found = keyset.published_key(header["kid"])
    if found is None:
        raise TokenRejected("unknown_key")
    # RFC 8725 section 3.1: the algorithm belongs to the key
    if header["alg"] != found[0].algorithm:
        raise TokenRejected("wrong_algorithm")
    return found


def _octets(part: str) -> bytes:
    """Decode strict base64url: no padding, no white space, one spelling for each value."""
    try:
        octets = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except BadBase64:
        raise TokenRejected("malformed") from None
    if base64url(octets) != part:
        raise TokenRejected("malformed")
    return octets


def _json_object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(
            _octets(part).decode(),
            object_pairs_hook=_members,
            parse_float=_finite,
            parse_constant=_finite,
        )
    except (ValueError, RecursionError):
        raise TokenRejected("malformed") from None
    if not isinstance(found, dict):
        raise TokenRejected("malformed")
    return found


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    # RFC 7515 section 4: member names are unique; a parser that takes the last hides the first
    if len(members) != len(pairs):
        raise ValueError("duplicate member name")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not a number of JSON")
    return number


def _seconds(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    # bool is an int to Python, and no time to anyone
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TokenRejected("malformed")
    return value
