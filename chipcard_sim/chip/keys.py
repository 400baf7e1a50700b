"""Key pairs that are made on the chip and stay there: they can be used, never read."""

import secrets
from enum import IntEnum
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from chipcard_sim.chip.memory import StoredKey
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.status import CardError, StatusWord

PROOF_DIGEST = 32
UNCOMPRESSED = 0x04
RSA_EXPONENT = 65537
RSA_BITS = 2048
PUBLIC_KEY = 0x7F49  # NIST SP 800-73-4 part 2, 3.3.2: the answer's template and its fields
POINT = 0x86
MODULUS = 0x81
EXPONENT = 0x82


class KeyAlgorithm(IntEnum):
    """What the chip can make (NIST SP 800-78-5, table 6-2)."""

    RSA_2048 = 0x07
    P256 = 0x11
    P384 = 0x14


CURVES: dict[int, ec.EllipticCurve] = {
    KeyAlgorithm.P256: ec.SECP256R1(),
    KeyAlgorithm.P384: ec.SECP384R1(),
}

# Nothing shorter than SHA-256: a card that signs SHA-1 hashes is asked to. NIST SP 800-78-5, 3.2
# has SHA-384 under P-384; tools certify such keys with SHA-256 all the same (FIPS 186-5, 6.4.1).
DIGESTS: dict[int, dict[int, HashAlgorithm]] = {
    KeyAlgorithm.P256: {32: SHA256()},
    KeyAlgorithm.P384: {32: SHA256(), 48: SHA384()},
}


def generate(algorithm: int) -> StoredKey:
    """Make a key pair.

    Raises:
        CardError: WRONG_DATA for an algorithm that the chip has not.
    """
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if algorithm in CURVES:
        key = ec.generate_private_key(CURVES[algorithm])
    elif algorithm == KeyAlgorithm.RSA_2048:
        key = rsa.generate_private_key(RSA_EXPONENT, RSA_BITS)
    else:
        raise CardError(StatusWord.WRONG_DATA)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return StoredKey(algorithm, private)


def public_key(stored: StoredKey) -> bytes:
    """The public half, as the card answers it: 7F49 with a point, or modulus and exponent."""
    public = _load(stored.private).public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return tlv.build(PUBLIC_KEY, tlv.build(POINT, point))
    numbers = public.public_numbers()
    modulus = tlv.build(MODULUS, numbers.n.to_bytes(RSA_BITS // 8, "big"))
    exponent = tlv.build(EXPONENT, numbers.e.to_bytes(3, "big"))
    return tlv.build(PUBLIC_KEY, modulus + exponent)


def sign(stored: StoredKey, data: bytes) -> bytes:
    """Sign as GENERAL AUTHENTICATE does (NIST SP 800-73-4 part 2, 3.2.4 and annex A.4).

    Elliptic curve: a hash that goes with the curve, answered by a DER signature. RSA: a block
    that the reader has padded, answered by its private power.

    Raises:
        CardError: WRONG_DATA for data of another length.
    """
    key = _load(stored.private)
    if isinstance(key, rsa.RSAPrivateKey):
        return _private_power(key, data)
    digest_of = DIGESTS[stored.algorithm].get(len(data))
    if digest_of is None:
        raise CardError(StatusWord.WRONG_DATA)
    return key.sign(data, ec.ECDSA(Prehashed(digest_of)))


def agree(stored: StoredKey, point: bytes) -> bytes:
    """Agree on a secret with the owner of a point, as GENERAL AUTHENTICATE does (annex A.5).

    The answer is the x coordinate alone, as long as the curve (NIST SP 800-56A, 5.7.1.2). A point
    that is not on the curve would tell something about the key: it is refused.

    Raises:
        CardError: WRONG_DATA for anything but an uncompressed point of the key's own curve.
    """
    key = _load(stored.private)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or point[:1] != bytes((UNCOMPRESSED,)):
        raise CardError(StatusWord.WRONG_DATA)
    try:
        other = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, point)
    except ValueError as error:
        raise CardError(StatusWord.WRONG_DATA) from error
    return key.exchange(ec.ECDH(), other)


def prove(stored: StoredKey, digest: bytes) -> bytes:
    """Sign a SHA-256 hash, whatever the key's size: the factory's proof of possession.

    Raises:
        CardError: WRONG_DATA for anything that is not 32 bytes.
    """
    if len(digest) != PROOF_DIGEST:
        raise CardError(StatusWord.WRONG_DATA)
    key = _load(stored.private)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(digest, padding.PKCS1v15(), Prehashed(SHA256()))
    return key.sign(digest, ec.ECDSA(Prehashed(SHA256())))


@lru_cache(maxsize=32)
def _load(private: bytes) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    """A stored key, ready for use. Checking an RSA key takes longer than using it: done once."""
    key = load_der_private_key(private, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise CardError(StatusWord.NO_PRECISE_DIAGNOSIS)
    return key


def _private_power(key: rsa.RSAPrivateKey, block: bytes) -> bytes:
    """Raw x^d mod n, blinded so that the time it takes tells nothing about d."""
    numbers = key.private_numbers()
    modulus, exponent = numbers.public_numbers.n, numbers.public_numbers.e
    base = int.from_bytes(block, "big")
    if len(block) != RSA_BITS // 8 or base >= modulus:
        raise CardError(StatusWord.WRONG_DATA)
    blind = secrets.randbelow(modulus - 2) + 2
    power = _power_by_primes(numbers, base * pow(blind, exponent, modulus) % modulus)
    return (power * pow(blind, -1, modulus) % modulus).to_bytes(RSA_BITS // 8, "big")


def _power_by_primes(numbers: rsa.RSAPrivateNumbers, base: int) -> int:
    """The power modulo each prime, then put together (RFC 8017, 5.1.2): sooner done."""
    modulo_q = pow(base, numbers.dmq1, numbers.q)
    difference = pow(base, numbers.dmp1, numbers.p) - modulo_q
    power = modulo_q + difference * numbers.iqmp % numbers.p * numbers.q
    # One prime gone wrong would betray the other to whoever sees the answer.
    public = numbers.public_numbers
    if pow(power, public.e, public.n) != base:
        raise CardError(StatusWord.NO_PRECISE_DIAGNOSIS)
    return power
