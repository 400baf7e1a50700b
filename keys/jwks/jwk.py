"""One public key as a JSON Web Key, and its thumbprint."""

from base64 import urlsafe_b64encode
from hashlib import sha256

import orjson
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keys.algorithms import Kind, PublicKey
from keys.errors import AlgorithmRefused

_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384"}  # RFC 7518 section 6.2.1.1


def public_members(public_key: PublicKey) -> dict[str, str]:
    """Give the members that make up the public key, and none else."""
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return _ec_members(public_key)
    if isinstance(public_key, rsa.RSAPublicKey):
        # RFC 7518 section 6.3.1: Base64urlUInt, the fewest octets
        numbers = public_key.public_numbers()
        return {"kty": Kind.RSA.value, "e": _unsigned(numbers.e), "n": _unsigned(numbers.n)}
    # RFC 8037 section 2
    x = public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": Kind.OKP.value, "crv": "Ed25519", "x": base64url(x)}


def thumbprint(public_key: PublicKey) -> str:
    """Give the SHA-256 thumbprint of the key (RFC 7638): the same key always has the same name."""
    # RFC 7638 section 3.3: required members only, in lexicographic order, no white space
    canonical = orjson.dumps(public_members(public_key), option=orjson.OPT_SORT_KEYS)
    return base64url(sha256(canonical).digest())


def base64url(octets: bytes) -> str:
    """Encode as base64url without padding (RFC 7515 section 2)."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def _ec_members(public_key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    curve = _CURVES.get(public_key.curve.name)
    if curve is None:
        raise AlgorithmRefused("not a permitted curve")
    # RFC 7518 section 6.2.1.2: full length, leading zeros kept
    point = public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
    half = len(point) // 2
    return {
        "kty": Kind.EC.value,
        "crv": curve,
        "x": base64url(point[:half]),
        "y": base64url(point[half:]),
    }


def _unsigned(number: int) -> str:
    return base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
