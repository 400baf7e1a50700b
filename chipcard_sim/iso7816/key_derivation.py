"""Keys from secrets: the key derivation function of ICAO 9303-11, 9.7.1, and its parity bits."""

import hashlib
from enum import IntEnum

from chipcard_sim.iso7816.block_ciphers import CipherName

KEY = 16  # both suites take keys of 16 bytes here: two-key 3DES, AES-128


class Purpose(IntEnum):
    """What a key is for: the counter of the derivation."""

    ENCRYPTION = 1
    AUTHENTICATION = 2
    PASSWORD = 3


def derive_key(secret: bytes, purpose: Purpose, cipher: CipherName) -> bytes:
    """The key of 16 bytes that a secret gives for a purpose."""
    counted = secret + purpose.to_bytes(4, "big")
    key = hashlib.sha1(counted).digest()[:KEY]  # noqa: S324 - ICAO 9303-11, 9.7.1.2 and 9.7.1.3
    return with_odd_parity(key) if cipher == "3DES" else key


def derive_session(secret: bytes, cipher: CipherName) -> tuple[bytes, bytes]:
    """KSenc and KSmac that a shared secret gives."""
    return (
        derive_key(secret, Purpose.ENCRYPTION, cipher),
        derive_key(secret, Purpose.AUTHENTICATION, cipher),
    )


def with_odd_parity(key: bytes) -> bytes:
    """Each byte with the lowest bit that makes its number of ones odd, as DES keys are written."""
    return bytes(byte ^ (byte.bit_count() + 1) % 2 for byte in key)
