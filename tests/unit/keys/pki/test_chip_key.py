"""Active authentication: did the chip's key sign the challenge (ICAO Doc 9303-11, 6.1)?"""

from functools import cache
from typing import Any

import pytest
from chips_for_tests import HASHES, SoftChip, recoverable, sign
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keys.errors import SignatureInvalid
from keys.pki.chip_key import verify_chip_signature

CHALLENGE = bytes(range(8))
CURVES = {
    ec.SECP256R1(): "sha256",
    ec.SECP384R1(): "sha384",
    ec.SECP521R1(): "sha512",
    ec.BrainpoolP256R1(): "sha256",
    ec.BrainpoolP512R1(): "sha512",
}


def signed(key: Any, digest: str = "sha256") -> bytes:
    return SoftChip({}, b"", key, digest).sign(CHALLENGE)


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    ("curve", "digest"), CURVES.items(), ids=lambda each: getattr(each, "name", each)
)
def test_a_chip_that_does_not_say_hashes_as_its_curve_asks(
    curve: ec.EllipticCurve, digest: str
) -> None:
    key = ec.generate_private_key(curve)
    verify_chip_signature(key.public_key(), CHALLENGE, signed(key, digest))
    other = "sha256" if digest != "sha256" else "sha512"
    with pytest.raises(SignatureInvalid):
        verify_chip_signature(key.public_key(), CHALLENGE, signed(key, other))


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_a_chip_hashes_as_its_document_says(digest: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    verify_chip_signature(key.public_key(), CHALLENGE, signed(key, digest), digest)
    for other in {"sha256", "sha384", "sha512"} - {digest}:
        with pytest.raises(SignatureInvalid):
            verify_chip_signature(key.public_key(), CHALLENGE, signed(key, digest), other)


def test_ecdsa_is_refused_for_another_challenge_key_or_form__CV_13() -> None:
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    good = signed(key)
    der = key.sign(CHALLENGE, ec.ECDSA(HASHES["sha256"]))
    for bad in (b"", good[:-1], good + b"\x00", bytes(64), good[32:] + good[:32], der):
        with pytest.raises(SignatureInvalid):
            verify_chip_signature(key.public_key(), CHALLENGE, bad)
    with pytest.raises(SignatureInvalid):
        verify_chip_signature(key.public_key(), CHALLENGE + b"\x00", good)
    with pytest.raises(SignatureInvalid):
        verify_chip_signature(other.public_key(), CHALLENGE, good)


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("least", [True, False])
def test_rsa_signatures_are_recovered__iso9796_2(digest: str, *, least: bool) -> None:
    for challenge in (CHALLENGE, bytes(8), b"\xff" * 8):
        signature = recoverable(rsa_key(), challenge, digest, least=least)
        verify_chip_signature(rsa_key().public_key(), challenge, signature)


def test_rsa_is_refused_for_another_challenge_key_or_form__CV_13() -> None:
    public_key = rsa_key().public_key()
    good = recoverable(rsa_key(), CHALLENGE)
    modulus = public_key.public_numbers().n.to_bytes(256, "big")
    beyond = (int.from_bytes(good, "big") + public_key.public_numbers().n).to_bytes(257, "big")
    for bad in (
        b"",
        good[:-1],
        b"\x00" + good,
        bytes(256),
        modulus,
        beyond,
        good[:-1] + bytes([good[-1] ^ 1]),
        recoverable(rsa_key(), b"\x00" + CHALLENGE),
        recoverable(rsa_key(), CHALLENGE, header=0x4A),
        recoverable(rsa_key(), CHALLENGE, header=0x6B),
        recoverable(rsa_key(), CHALLENGE, "sha384", trailer=b"\x34\xcc"),
        recoverable(rsa_key(), CHALLENGE, "sha1", trailer=b"\x33\xcc"),
        recoverable(rsa_key(), CHALLENGE, "sha1", trailer=b"\xbc"),
    ):
        with pytest.raises(SignatureInvalid):
            verify_chip_signature(public_key, CHALLENGE, bad)
    stranger = rsa.generate_private_key(65537, 2048).public_key()
    with pytest.raises(SignatureInvalid):
        verify_chip_signature(stranger, CHALLENGE, good)


def test_a_plain_rsa_signature_is_no_recoverable_one() -> None:
    with pytest.raises(SignatureInvalid):
        verify_chip_signature(
            rsa_key().public_key(), CHALLENGE, sign(rsa_key(), CHALLENGE, "sha256")
        )
