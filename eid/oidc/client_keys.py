"""A client's public keys, from the JWK Set in its registration. Nothing is ever fetched (CA-09)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from eid.errors import BadDocument
from keys.algorithms import ALGORITHMS, PublicKey, require_fit
from keys.errors import AlgorithmRefused

MAX_KEYS = 10
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
CURVES: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}


@dataclass(frozen=True, slots=True)
class ClientKey:
    """One key: its name if it has one, and the one algorithm it signs with (RFC 8725, 3.1)."""

    kid: str | None
    algorithm: str
    public_key: PublicKey


def read_keys(jwk_set: Mapping[str, object]) -> tuple[ClientKey, ...]:
    """Read a JWK Set. Raises `BadDocument` for a private, weak, unknown or doubly named key."""
    members = jwk_set.get("keys")
    if not isinstance(members, list) or not 0 < len(members) <= MAX_KEYS:
        raise BadDocument(f"jwks: a list of 1 to {MAX_KEYS} keys is wanted")
    keys = tuple(_read_key(member) for member in members)
    names = [key.kid for key in keys]
    if len(keys) > 1 and (None in names or len(set(names)) < len(names)):
        raise BadDocument("jwks: several keys need a kid each, all distinct")
    return keys


def _read_key(member: object) -> ClientKey:
    if not isinstance(member, dict) or PRIVATE_MEMBERS & member.keys():
        raise BadDocument("jwks: only public keys")
    kid = member.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise BadDocument("jwks: kid is text")
    if member.get("use", "sig") != "sig":
        raise BadDocument("jwks: only signature keys")
    try:
        algorithm = _algorithm(member)
        public_key = _public_key(member)
        require_fit(algorithm, public_key)  # strength and curve: CF-08
    except (AlgorithmRefused, ValueError, KeyError, TypeError, BadBase64):
        raise BadDocument("jwks: not a key for a permitted algorithm") from None
    return ClientKey(kid, algorithm, public_key)


def _algorithm(member: Mapping[str, object]) -> str:
    named = member.get("alg")
    if named is not None:
        return str(named)
    curve = CURVES.get(str(member.get("crv")))
    for row in ALGORITHMS.values():
        same_curve = row.curve is None or (curve is not None and row.curve.name == curve.name)
        if row.kind.value == member.get("kty") and same_curve and row.name != "RS256":
            return row.name  # an RSA key that names no algorithm signs with PS256
    raise AlgorithmRefused("no permitted algorithm")


def _public_key(member: Mapping[str, object]) -> PublicKey:
    match member["kty"]:
        case "EC":
            x, y = _octets(member["x"]), _octets(member["y"])
            curve = CURVES[str(member["crv"])]
            return ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + x + y)
        case "RSA":
            e, n = (int.from_bytes(_octets(member[name]), "big") for name in ("e", "n"))
            return rsa.RSAPublicNumbers(e, n).public_key()
        case "OKP" if member["crv"] == "Ed25519":
            return Ed25519PublicKey.from_public_bytes(_octets(member["x"]))
    raise AlgorithmRefused("not a permitted kind of key")


def _octets(value: object) -> bytes:
    """Strict base64url: no padding, one spelling for each value."""
    text = str(value)
    octets = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if urlsafe_b64encode(octets).rstrip(b"=").decode() != text:
        raise ValueError("not base64url")
    return octets
