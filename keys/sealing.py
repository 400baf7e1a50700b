"""Secrets at rest: seal and open, derive one key per use, hash with a key."""

import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys.errors import KeysError, SealBroken

KEY_SIZE: Final = 32
_NONCE_SIZE: Final = 12
_LABEL: Final = b"eid-reference/1/"


class Sealer:
    """Seals small secrets with AES-256-GCM under one key of 32 bytes.

    The context says where the secret belongs (table, row, column): what was sealed for one place
    does not open in another. Nonces are random, so one key seals at most 2**32 secrets
    (NIST SP 800-38D section 8.3).
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(_strong(key))

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        """Seal the secret for this context; the same secret never seals to the same bytes twice."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return nonce + self._cipher.encrypt(nonce, plaintext, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Open what was sealed for this context; raises SealBroken."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], context)
        except (InvalidTag, ValueError):
            raise SealBroken("cannot be opened here") from None


def derive(master: bytes, purpose: str) -> bytes:
    """Derive the 32-byte key of one purpose with HKDF-SHA256 (RFC 5869).

    Each use has a key of its own, so that a leak of one says nothing about another.
    """
    if not purpose:
        raise KeysError("a derived key needs a purpose")
    hkdf = HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=_LABEL + purpose.encode())
    return hkdf.derive(_strong(master))


def keyed_hash(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA256: a look-up value; nobody can try all twelve-digit numbers without the key."""
    return hmac.digest(_strong(key), data, "sha256")


def _strong(key: bytes) -> bytes:
    if len(key) != KEY_SIZE:
        raise KeysError("a key of exactly 32 bytes is wanted")
    return key
