"""Active authentication: the chip signs with a key it never tells (ICAO 9303-11, 6.1)."""

import hashlib
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from chipcard_sim.chip import keys
from chipcard_sim.chip.keys import RSA_BITS, KeyAlgorithm
from chipcard_sim.chip.memory import StoredKey
from chipcard_sim.iso7816.status import CardError, StatusWord

SLOT = 0xAA
HEADER = b"\x6a"  # ISO/IEC 9796-2, 8.1: partial recovery, no padding
HASHES = {KeyAlgorithm.P256: "sha256", KeyAlgorithm.P384: "sha384"}


@dataclass(frozen=True, slots=True)
class Scheme:
    """A hash of ISO/IEC 9796-2, digital signature scheme 1, and the trailer that names it."""

    hash_name: str
    trailer: bytes

    def room(self, modulus_size: int) -> int:
        """Bytes of M1, the part of the message that the signature carries itself."""
        digest = hashlib.new(self.hash_name).digest_size
        return modulus_size - len(HEADER) - digest - len(self.trailer)

    def representative(self, recoverable: bytes, challenge: bytes) -> bytes:
        """F, the block that the key is used on: header, M1, the hash of M1 and M2, trailer."""
        digest = hashlib.new(self.hash_name, recoverable + challenge).digest()
        return HEADER + recoverable + digest + self.trailer


# ISO/IEC 9796-2, 8.1.2, with the numbers of ISO/IEC 10118-3.
SHA1 = Scheme("sha1", b"\xbc")
SHA256 = Scheme("sha256", b"\x34\xcc")


def sign(stored: StoredKey | None, challenge: bytes) -> bytes:
    """The answer to RND.IFD: plain r || s, or a signature of ISO/IEC 9796-2 that carries M1.

    Raises:
        CardError: REFERENCE_NOT_FOUND on a chip without the key.
    """
    if stored is None:
        raise CardError(StatusWord.REFERENCE_NOT_FOUND)
    if stored.algorithm == KeyAlgorithm.RSA_2048:
        recoverable = secrets.token_bytes(SHA256.room(RSA_BITS // 8))
        return keys.sign(stored, SHA256.representative(recoverable, challenge))
    digest = hashlib.new(HASHES[KeyAlgorithm(stored.algorithm)], challenge).digest()
    r, s = decode_dss_signature(keys.sign(stored, digest))
    # BSI TR-03111, 5.2.1: both as long as the group's order, leading zeros and all.
    return r.to_bytes(len(digest), "big") + s.to_bytes(len(digest), "big")
