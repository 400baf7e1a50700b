"""Secret keys that the card shares with its administrator: one block in, one block out."""

from enum import IntEnum

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from chipcard_sim.chip.memory import StoredKey
from chipcard_sim.iso7816.status import CardError, StatusWord

BITS_A_BYTE = 8


class CipherAlgorithm(IntEnum):
    """What such a key can be (NIST SP 800-78-5, table 6-2)."""

    # No longer for new cards since SP 800-78-5; the tools still take it for granted.
    TRIPLE_DES = 0x03
    AES_128 = 0x08
    AES_192 = 0x0A
    AES_256 = 0x0C


def block_size(stored: StoredKey) -> int:
    """How many bytes a block of this key's cipher has."""
    return _algorithm(stored).block_size // BITS_A_BYTE


def encrypt(stored: StoredKey, block: bytes) -> bytes:
    """Encrypt one block.

    Raises:
        CardError: WRONG_DATA for anything that is not one block.
    """
    algorithm = _algorithm(stored)
    if len(block) * BITS_A_BYTE != algorithm.block_size:
        raise CardError(StatusWord.WRONG_DATA)
    # A single random block: what makes ECB unfit for texts does not arise.
    encryptor = Cipher(algorithm, ECB()).encryptor()  # noqa: S305 - as above
    return encryptor.update(block) + encryptor.finalize()


def _algorithm(stored: StoredKey) -> BlockCipherAlgorithm:
    return (
        TripleDES(stored.private)
        if stored.algorithm == CipherAlgorithm.TRIPLE_DES
        else AES(stored.private)
    )
