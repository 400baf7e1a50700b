"""A vault of AES-wrapped private keys (RFC 5649) behind a small store of blobs.

Each blob is a PKCS#8 document wrapped under one AES-256 key. A key is unwrapped and parsed once,
when it is opened, and never for a request.

The wrap does not bind a blob to its handle: whoever may write the store can exchange two blobs. So
those who open a key compare its public half with what they know: `keys.jwks.keyset` with the kid,
`keys.pki.authority` with the certificate.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from keys import algorithms
from keys.algorithms import PrivateKey, PublicKey
from keys.errors import KeysError, VaultClosed
from keys.vault import KeyHandle
from keys.vault.memory import OpenKeys, new_handle

WRAPPING_KEY_SIZE: Final = 32


class BlobStore(Protocol):
    """Where wrapped keys lie: small opaque blobs by name."""

    async def put(self, name: str, blob: bytes) -> None:
        """Keep a new blob; durable when this returns."""
        ...

    async def get(self, name: str) -> bytes | None:
        """Find the blob of that name."""
        ...

    async def delete(self, name: str) -> None:
        """Remove the blob; again is harmless."""
        ...

    async def list(self) -> Sequence[str]:
        """Name every blob."""
        ...


class WrappedVault:
    """Keys at rest are wrapped under `wrapping_key`.

    Those 32 bytes are read by the caller, from a file of mode 0600.
    """

    def __init__(self, blobs: BlobStore, wrapping_key: bytes) -> None:
        if len(wrapping_key) != WRAPPING_KEY_SIZE:
            raise KeysError("a wrapping key of exactly 32 bytes is wanted")
        self._blobs = blobs
        self._wrapping_key = wrapping_key
        self._open = OpenKeys()

    async def generate(self, alg: str) -> KeyHandle:
        """Make a new key; it is kept before it can be used."""
        handle, private_key = new_handle(), algorithms.generate(alg)
        await self._blobs.put(handle, self._wrap(private_key))
        self._open.add(handle, private_key)
        return handle

    async def open(self, handle: KeyHandle) -> None:
        """Unwrap and parse the key once; raises VaultClosed if that cannot be done."""
        if handle in self._open:
            return
        blob = await self._blobs.get(handle)
        if blob is None:
            raise VaultClosed("no such key")
        self._open.add(handle, self._unwrap(blob))

    async def open_all(self) -> tuple[KeyHandle, ...]:
        """Open every key there is: at start-up, so that a wrong wrapping key stops the process."""
        handles = tuple(KeyHandle(name) for name in await self._blobs.list())
        for handle in handles:
            await self.open(handle)
        return handles

    async def destroy(self, handle: KeyHandle) -> None:
        """Forget the key here and in the store."""
        self._open.forget(handle)
        await self._blobs.delete(handle)

    def public_key(self, handle: KeyHandle) -> PublicKey:
        """Give the public half of an open key."""
        return self._open.public_key(handle)

    def sign(self, handle: KeyHandle, alg: str, data: bytes) -> bytes:
        """Sign with an open key, in JOSE form."""
        return self._open.sign(handle, alg, data)

    def _wrap(self, private_key: PrivateKey) -> bytes:
        pkcs8 = private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return aes_key_wrap_with_padding(self._wrapping_key, pkcs8)

    def _unwrap(self, blob: bytes) -> PrivateKey:
        try:
            pkcs8 = aes_key_unwrap_with_padding(self._wrapping_key, blob)
        except (InvalidUnwrap, ValueError):
            raise VaultClosed("altered, or under another wrapping key") from None
        private_key = load_der_private_key(pkcs8, password=None)
        if not isinstance(
            private_key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | Ed25519PrivateKey
        ):
            raise VaultClosed("not a signing key of ours")
        return private_key
