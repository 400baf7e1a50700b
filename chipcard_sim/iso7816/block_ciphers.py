"""The two suites of secure messaging: 3DES with a retail MAC, AES with CMAC (ICAO 9303-11, 9.8).

Each encrypts whole blocks and makes checksums of eight bytes. Both ends of the line share them.
"""

from typing import Literal, Protocol

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC

CHECKSUM = 8
DES_BLOCK = 8
AES_BLOCK = 16
PAD = b"\x80"

CipherName = Literal["3DES", "AES"]


class BadPadding(ValueError):
    """Bytes that do not end as ISO/IEC 9797-1, padding method 2, says."""


class BlockCipher(Protocol):
    """A suite with its two keys."""

    @property
    def block(self) -> int:
        """Bytes in a block; the send sequence counter is as long."""
        ...

    def encrypt(self, data: bytes, counter: bytes) -> bytes:
        """Encrypt whole blocks."""
        ...

    def decrypt(self, data: bytes, counter: bytes) -> bytes:
        """Decrypt whole blocks."""
        ...

    def checksum(self, data: bytes) -> bytes:
        """Eight bytes over the data, which are padded here."""
        ...


class TripleDes:
    """3DES with two keys of 16 bytes. The counter does not touch what is encrypted."""

    block = DES_BLOCK

    def __init__(self, key_enc: bytes, key_mac: bytes) -> None:
        # ICAO 9303-11, 9.8.6.1: two-key 3DES, CBC, an IV of zeros.
        self._cipher = Cipher(TripleDES(key_enc + key_enc[:8]), CBC(bytes(DES_BLOCK)))
        # ISO/IEC 9797-1, MAC algorithm 3: single DES to the last block, 3DES on that.
        self._single = Cipher(TripleDES(key_mac[:8] * 3), CBC(bytes(DES_BLOCK)))
        self._last = Cipher(TripleDES(key_mac + key_mac[:8]), ECB())  # noqa: S305 - one block

    def encrypt(self, data: bytes, counter: bytes = b"") -> bytes:
        """Encrypt whole blocks."""
        del counter
        encryptor = self._cipher.encryptor()
        return encryptor.update(data) + encryptor.finalize()

    def decrypt(self, data: bytes, counter: bytes = b"") -> bytes:
        """Decrypt whole blocks."""
        del counter
        decryptor = self._cipher.decryptor()
        return decryptor.update(data) + decryptor.finalize()

    def checksum(self, data: bytes) -> bytes:
        """The retail MAC over the padded data."""
        whole = bytes(DES_BLOCK) + pad(data, DES_BLOCK)  # a block of zeros before it is the IV
        chained = self._single.encryptor().update(whole[DES_BLOCK:-DES_BLOCK])[-DES_BLOCK:]
        last = _xor(chained or bytes(DES_BLOCK), whole[-DES_BLOCK:])
        return self._last.encryptor().update(last)


class Aes:
    """AES with keys of 16, 24 or 32 bytes. The counter, encrypted, is the IV."""

    block = AES_BLOCK

    def __init__(self, key_enc: bytes, key_mac: bytes) -> None:
        self._key_enc = key_enc
        self._key_mac = key_mac

    def encrypt(self, data: bytes, counter: bytes) -> bytes:
        """Encrypt whole blocks."""
        return aes_encrypt(self._key_enc, data, self._iv(counter))

    def decrypt(self, data: bytes, counter: bytes) -> bytes:
        """Decrypt whole blocks."""
        return aes_decrypt(self._key_enc, data, self._iv(counter))

    def checksum(self, data: bytes) -> bytes:
        """CMAC over the padded data, cut to eight bytes (ICAO 9303-11, 9.8.7.2)."""
        return cmac(self._key_mac, pad(data, AES_BLOCK))

    def _iv(self, counter: bytes) -> bytes:
        # ICAO 9303-11, 9.8.7.1: IV = E(KSenc, SSC).
        return aes_encrypt(self._key_enc, counter)


def suite(name: CipherName, key_enc: bytes, key_mac: bytes) -> BlockCipher:
    """The suite of this name with these keys."""
    return Aes(key_enc, key_mac) if name == "AES" else TripleDes(key_enc, key_mac)


def aes_encrypt(key: bytes, data: bytes, iv: bytes = bytes(AES_BLOCK)) -> bytes:
    """AES in CBC mode over whole blocks."""
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def aes_decrypt(key: bytes, data: bytes, iv: bytes = bytes(AES_BLOCK)) -> bytes:
    """The inverse of `aes_encrypt`."""
    decryptor = Cipher(AES(key), CBC(iv)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def cmac(key: bytes, data: bytes) -> bytes:
    """AES-CMAC, cut to eight bytes; CMAC pads by itself."""
    context = CMAC(AES(key))
    context.update(data)
    return context.finalize()[:CHECKSUM]


def pad(data: bytes, block: int) -> bytes:
    """ISO/IEC 9797-1, padding method 2: always at least one byte more."""
    return data + PAD + bytes(-(len(data) + 1) % block)


def unpad(data: bytes) -> bytes:
    """Take the padding away.

    Raises:
        BadPadding: there is none.
    """
    stripped = data.rstrip(b"\x00")
    if not stripped.endswith(PAD):
        raise BadPadding("no padding")
    return stripped[:-1]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(left, right, strict=True))
