"""The provider's signing keys in memory, never older than two seconds."""

import time

from keys.jwks.keyset import KeySet, load
from keys.jwks.states import KeyRegister
from keys.vault import Vault

FRESH_FOR = 2.0  # seconds: a rotation is known to every worker within five


class RegisterKeyring:
    """Loads the register again when it may have changed; signing never waits for a key."""

    def __init__(self, register: KeyRegister, vault: Vault) -> None:
        self._register = register
        self._vault = vault
        self._keys: KeySet | None = None
        self._looked_at = 0.0

    async def current(self) -> tuple[KeySet, Vault]:
        """The key set and the vault that signs with it."""
        if self._keys is None or time.monotonic() - self._looked_at > FRESH_FOR:
            self._keys = await load(self._register, self._vault)
            self._looked_at = time.monotonic()
        return self._keys, self._vault
