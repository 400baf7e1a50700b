"""The published JWK Set, and which key signs now."""

from collections.abc import Iterable, Mapping

from keys.algorithms import PublicKey, require_fit
from keys.errors import NoSigningKey, RotationConflict
from keys.jwks.jwk import public_members, thumbprint
from keys.jwks.states import KeyRegister, KeyState, SigningKey
from keys.vault import Vault


class KeySet:
    """The provider's keys at one version of the register; never changes.

    Args:
        keys: what the register holds.
        public_keys: by kid, the public half of every published key.
        version: of the register; a newer one means: load again.

    Raises RotationConflict if a public key is not the one its kid names, or two keys would sign.
    """

    def __init__(
        self, keys: Iterable[SigningKey], public_keys: Mapping[str, PublicKey], version: int = 0
    ) -> None:
        self.version = version
        self._published = {key.kid: key for key in keys if key.is_published}
        self._public_keys = {kid: public_keys[kid] for kid in self._published}
        self._signing: dict[str, SigningKey] = {}
        for key in self._published.values():
            _require_own_name(key, self._public_keys[key.kid])
            if key.state is KeyState.ACTIVE and self._signing.setdefault(key.algorithm, key) != key:
                raise RotationConflict("two active keys for one algorithm")
        self._jwk_set = tuple(
            _jwk(key, self._public_keys[key.kid]) for key in self._published.values()
        )

    def public_jwk_set(self) -> dict[str, list[dict[str, str]]]:
        """Give the JWK Set to publish (RFC 7517 section 5): staged, active and retiring keys."""
        return {"keys": [dict(jwk) for jwk in self._jwk_set]}

    def signing_key(self, alg: str) -> SigningKey:
        """Get the one active key of the algorithm; raises NoSigningKey."""
        key = self._signing.get(alg)
        if key is None:
            raise NoSigningKey("no key is active for this algorithm")
        return key

    def published_key(self, kid: object) -> tuple[SigningKey, PublicKey] | None:
        """Find one of our own published keys by its exact name."""
        if not isinstance(kid, str) or kid not in self._published:
            return None
        return self._published[kid], self._public_keys[kid]

    def public_key(self, kid: str) -> PublicKey | None:
        """Find the public half of one of our own published keys."""
        return self._public_keys.get(kid)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Name the algorithms that can sign now, for discovery."""
        return tuple(self._signing)


async def load(register: KeyRegister, vault: Vault) -> KeySet:
    """Load the register and open every published key, so that signing never waits."""
    version, keys = await register.load()
    public_keys = {}
    for key in keys:
        if key.is_published:
            await vault.open(key.handle)
            public_keys[key.kid] = vault.public_key(key.handle)
    return KeySet(keys, public_keys, version)


def _require_own_name(key: SigningKey, public_key: PublicKey) -> None:
    # The vault's store could have been altered: the thumbprint binds the register to the key.
    if thumbprint(public_key) != key.kid:
        raise RotationConflict("the vault holds another key under this name")
    require_fit(key.algorithm, public_key)


def _jwk(key: SigningKey, public_key: PublicKey) -> dict[str, str]:
    return {**public_members(public_key), "use": "sig", "alg": key.algorithm, "kid": key.kid}
