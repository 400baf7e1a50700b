"""A vault that forgets: private keys live in this process and nowhere else."""

import secrets

from keys import algorithms
from keys.algorithms import PrivateKey, PublicKey
from keys.errors import VaultClosed
from keys.vault import KeyHandle


def new_handle() -> KeyHandle:
    """Name a new key: 128 random bits, in hexadecimal."""
    return KeyHandle(secrets.token_hex(16))


class OpenKeys:
    """Private keys that are parsed and ready to sign; what every vault of ours has at its heart."""

    def __init__(self) -> None:
        self._keys: dict[KeyHandle, PrivateKey] = {}

    def add(self, handle: KeyHandle, private_key: PrivateKey) -> None:
        """Make the key ready."""
        self._keys[handle] = private_key

    def forget(self, handle: KeyHandle) -> None:
        """Drop the key; again is harmless."""
        self._keys.pop(handle, None)

    def __contains__(self, handle: KeyHandle) -> bool:
        return handle in self._keys

    def public_key(self, handle: KeyHandle) -> PublicKey:
        """Give the public half; raises VaultClosed."""
        return self._get(handle).public_key()

    def sign(self, handle: KeyHandle, alg: str, data: bytes) -> bytes:
        """Sign in JOSE form; raises VaultClosed."""
        return algorithms.sign(alg, self._get(handle), data)

    def _get(self, handle: KeyHandle) -> PrivateKey:
        private_key = self._keys.get(handle)
        if private_key is None:
            raise VaultClosed("the key is not open")
        return private_key


class MemoryVault:
    """A vault for tests and for a demo that starts afresh."""

    def __init__(self) -> None:
        self._open = OpenKeys()

    async def generate(self, alg: str) -> KeyHandle:
        """Make a new key."""
        handle = new_handle()
        self._open.add(handle, algorithms.generate(alg))
        return handle

    async def open(self, handle: KeyHandle) -> None:
        """Return if the key is there: in memory, every key is open."""
        self._open.public_key(handle)

    async def destroy(self, handle: KeyHandle) -> None:
        """Forget the key."""
        self._open.forget(handle)

    def public_key(self, handle: KeyHandle) -> PublicKey:
        """Give the public half."""
        return self._open.public_key(handle)

    def sign(self, handle: KeyHandle, alg: str, data: bytes) -> bytes:
        """Sign in JOSE form."""
        return self._open.sign(handle, alg, data)
