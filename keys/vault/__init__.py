"""The vault: where private keys are. It signs; it never hands a private key out.

Opening a key may wait (for a store, for a module); signing with an open key never does, so that
a plain synchronous decision can sign. Only `keys.jwks`, `keys.pki`, the wiring and the store may
enter.
"""

from typing import NewType, Protocol

from keys.algorithms import PublicKey

KeyHandle = NewType("KeyHandle", str)
"""Names one private key inside one vault; says nothing about the key and is no secret."""


class Vault(Protocol):
    """Keeps private keys and signs with them."""

    async def generate(self, alg: str) -> KeyHandle:
        """Make a new key for the algorithm, kept and open."""
        ...

    async def open(self, handle: KeyHandle) -> None:
        """Make the key ready to sign; again is harmless. Raises VaultClosed if it is gone."""
        ...

    async def destroy(self, handle: KeyHandle) -> None:
        """Forget the key for good; again is harmless."""
        ...

    def public_key(self, handle: KeyHandle) -> PublicKey:
        """Give the public half of an open key; raises VaultClosed if it is not open."""
        ...

    def sign(self, handle: KeyHandle, alg: str, data: bytes) -> bytes:
        """Sign with an open key, in JOSE form.

        Raises VaultClosed if it is not open, AlgorithmRefused if it is no key for this algorithm.
        """
        ...
