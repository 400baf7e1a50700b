"""The one table of permitted signature algorithms, and how each row makes, signs and verifies.

Names are JOSE's (RFC 7518 section 3.1, RFC 8037 section 3.1). Signatures are in JOSE form: for
ECDSA the fixed-length r || s, never DER (RFC 7518 section 3.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from keys.errors import AlgorithmRefused, SignatureInvalid

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | Ed25519PrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | Ed25519PublicKey

RSA_BITS: Final = 3072  # our own keys: as strong as P-256
LEAST_RSA_BITS: Final = 2048  # RFC 7518 sections 3.3 and 3.5: MUST
LARGEST_KEY: Final = 2048  # octets of DER: more than an RSA key of 8192 bits has
LEAST_RSA_EXPONENT: Final = 65537  # small exponents have a history of forgeries


class Kind(StrEnum):
    """The mathematics behind an algorithm; the value is the JWK `kty`."""

    EC = "EC"
    RSA = "RSA"
    OKP = "OKP"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One permitted way to sign. `hash` is None where the scheme fixes its own."""

    name: str
    kind: Kind
    curve: ec.EllipticCurve | None = None
    hash: SHA256 | SHA384 | None = None
    rsa_padding: padding.PSS | padding.PKCS1v15 | None = None


ES256: Final = Algorithm("ES256", Kind.EC, ec.SECP256R1(), SHA256())
ES384: Final = Algorithm("ES384", Kind.EC, ec.SECP384R1(), SHA384())
RS256: Final = Algorithm("RS256", Kind.RSA, hash=SHA256(), rsa_padding=padding.PKCS1v15())
# RFC 7518 section 3.5: MGF1 with the same hash, a salt as long as the hash
PS256: Final = Algorithm(
    "PS256",
    Kind.RSA,
    hash=SHA256(),
    rsa_padding=padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=SHA256.digest_size),
)
EDDSA: Final = Algorithm("EdDSA", Kind.OKP)

ALGORITHMS: Final[Mapping[str, Algorithm]] = MappingProxyType(
    {row.name: row for row in (ES256, ES384, RS256, PS256, EDDSA)}
)


def algorithm(name: str) -> Algorithm:
    """Get the row of that exact name; raises AlgorithmRefused: `none` and HS256 are no rows."""
    row = ALGORITHMS.get(name)
    if row is None:
        raise AlgorithmRefused("not a permitted algorithm")
    return row


def algorithm_of(public_key: object) -> str:
    """Say which algorithm this key signs with, by the key alone.

    Raises AlgorithmRefused for other curves, and for RSA: an RSA key does not say its padding.
    """
    if isinstance(public_key, Ed25519PublicKey):
        return EDDSA.name
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        for row in (ES256, ES384):
            if _is_on(public_key.curve, row):
                return row.name
    raise AlgorithmRefused("the key does not determine a permitted algorithm")


def read_public_key(der: bytes) -> PublicKey:
    """Read a SubjectPublicKeyInfo; raises AlgorithmRefused unless its key is in the table.

    One spelling only: a named curve and an uncompressed point (RFC 5480 sections 2.1.1 and 2.2).
    """
    if len(der) > LARGEST_KEY:
        raise AlgorithmRefused("too large for a key")
    try:
        key = load_der_public_key(der)
        plain = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        raise AlgorithmRefused("not a public key of ours") from None
    if plain != der:
        raise AlgorithmRefused("an unusual encoding of a key")
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey | Ed25519PublicKey):
        raise AlgorithmRefused("not a public key of ours")
    require_fit(PS256.name if isinstance(key, rsa.RSAPublicKey) else algorithm_of(key), key)
    return key


def generate(alg: str) -> PrivateKey:
    """Make a new private key for the algorithm."""
    row = algorithm(alg)
    if row.curve is not None:
        return ec.generate_private_key(row.curve)
    if row.kind is Kind.RSA:
        return rsa.generate_private_key(LEAST_RSA_EXPONENT, RSA_BITS)
    return Ed25519PrivateKey.generate()


def sign(alg: str, private_key: PrivateKey, data: bytes) -> bytes:
    """Sign the data, in JOSE form; raises AlgorithmRefused if the key is of another kind."""
    row = algorithm(alg)
    require_fit(alg, private_key.public_key())
    if isinstance(private_key, ec.EllipticCurvePrivateKey) and row.hash is not None:
        # RFC 6979: no nonce that could repeat, and the same certificate when it is asked for again.
        scheme = ec.ECDSA(row.hash, deterministic_signing=True)
        return jose_signature(alg, private_key.sign(data, scheme))
    if isinstance(private_key, rsa.RSAPrivateKey) and row.rsa_padding and row.hash is not None:
        return private_key.sign(data, row.rsa_padding, row.hash)
    if isinstance(private_key, Ed25519PrivateKey):
        return private_key.sign(data)
    raise AlgorithmRefused("the key is not one for this algorithm")


def verify(alg: str, public_key: PublicKey, data: bytes, signature: bytes) -> None:
    """Return if `signature` is that key's over `data`.

    Raises SignatureInvalid if it is not, AlgorithmRefused if the key is not one for this algorithm.
    """
    row = algorithm(alg)
    require_fit(alg, public_key)
    try:
        if isinstance(public_key, ec.EllipticCurvePublicKey) and row.hash is not None:
            public_key.verify(der_signature(alg, signature), data, ec.ECDSA(row.hash))
        elif isinstance(public_key, rsa.RSAPublicKey) and row.rsa_padding and row.hash is not None:
            public_key.verify(signature, data, row.rsa_padding, row.hash)
        elif isinstance(public_key, Ed25519PublicKey):
            public_key.verify(signature, data)
        else:
            raise AlgorithmRefused("the key is not one for this algorithm")
    except InvalidSignature:
        raise SignatureInvalid("wrong signature") from None


def require_fit(alg: str, public_key: object) -> None:
    """Return if the key is of the algorithm's kind, curve and strength; raises AlgorithmRefused."""
    row = algorithm(alg)
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        fits = _is_on(public_key.curve, row)
    elif isinstance(public_key, rsa.RSAPublicKey):
        fits = (
            row.kind is Kind.RSA
            and public_key.key_size >= LEAST_RSA_BITS
            and public_key.public_numbers().e >= LEAST_RSA_EXPONENT
        )
    else:
        fits = row.kind is Kind.OKP and isinstance(public_key, Ed25519PublicKey)
    if not fits:
        raise AlgorithmRefused("the key is not one for this algorithm")


def der_signature(alg: str, signature: bytes) -> bytes:
    """Turn a JOSE ECDSA signature into DER; raises SignatureInvalid unless strictly r || s."""
    curve = _curve(alg)
    size = coordinate_size(alg)
    # RFC 7518 section 3.4: an octet sequence of exactly twice the coordinate's length
    if len(signature) != 2 * size:
        raise SignatureInvalid("wrong length")
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    # FIPS 186-5 section 6.4.2 step 1: r and s in [1, n-1]
    if not (0 < r < curve.group_order and 0 < s < curve.group_order):
        raise SignatureInvalid("r or s out of range")
    return encode_dss_signature(r, s)


def jose_signature(alg: str, signature: bytes) -> bytes:
    """Turn a DER ECDSA signature into JOSE's r || s."""
    size = coordinate_size(alg)
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    except (ValueError, OverflowError):
        raise SignatureInvalid("not a DER signature of this curve") from None


def coordinate_size(alg: str) -> int:
    """Octets of one coordinate of the algorithm's curve."""
    return (_curve(alg).key_size + 7) // 8


def _curve(alg: str) -> ec.EllipticCurve:
    curve = algorithm(alg).curve
    if curve is None:
        raise AlgorithmRefused("not an elliptic curve algorithm")
    return curve


def _is_on(curve: ec.EllipticCurve, row: Algorithm) -> bool:
    return row.curve is not None and curve.name == row.curve.name
