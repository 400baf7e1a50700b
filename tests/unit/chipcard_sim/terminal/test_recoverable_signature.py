"""What a reader makes of a chip's signature by RSA (ISO/IEC 9796-2, scheme 1)."""

from functools import cache

import pytest
from chips_for_tests import recoverable
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chipcard_sim.iso7816 import tlv
from chipcard_sim.terminal.active_authentication import check_active_authentication
from chipcard_sim.terminal.errors import ChipNotGenuine

CHALLENGE = b"challeng"
TRAILERS = {"sha1": b"\xbc", "sha224": b"\x38\xcc", "sha256": b"\x34\xcc", "sha512": b"\x35\xcc"}


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def check(signature: bytes, challenge: bytes = CHALLENGE) -> None:
    info = key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    check_active_authentication(tlv.build(0x6F, info), (), challenge, signature)


def both(signature: bytes) -> tuple[bytes, bytes]:
    """A signature s, and n - s."""
    other = key().public_key().public_numbers().n - int.from_bytes(signature)
    return signature, other.to_bytes(len(signature))


@pytest.mark.parametrize("name", TRAILERS)
def test_either_value_of_a_signature_is_good__iso9796_2_b_7(name: str) -> None:
    for signature in both(recoverable(key(), CHALLENGE, name, trailer=TRAILERS[name])):
        check(signature)


def test_neither_value_is_good_for_another_challenge__CV_13() -> None:
    for signature in both(recoverable(key(), CHALLENGE)):
        with pytest.raises(ChipNotGenuine):
            check(signature, b"another.")


def test_another_header_is_refused__iso9796_2_8() -> None:
    for header in (0x4A, 0x6B):
        for signature in both(recoverable(key(), CHALLENGE, header=header)):
            with pytest.raises(ChipNotGenuine):
                check(signature)


def test_values_out_of_range_are_refused() -> None:
    n = key().public_key().public_numbers().n
    size = key().key_size // 8
    for value in (0, 1, n - 1, n, n + 1):
        with pytest.raises(ChipNotGenuine):
            check(value.to_bytes(size))
