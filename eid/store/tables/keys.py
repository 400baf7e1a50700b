"""The provider's signing keys, and the wrapped private keys of the vault."""

from eid.store.tables.columns import Row, moment, octets, one_of, words
from keys.jwks.states import KeyState


class SigningKeyRow(Row, table=True):
    """One signing key's life; the key itself is a blob of the vault."""

    __tablename__ = "signing_key"
    __table_args__ = (one_of("state", KeyState),)

    kid: str = words(key=True)
    algorithm: str = words()
    state: str = words()
    handle: str = words()
    staged_at: int = moment()
    activates_at: int = moment()
    retires_at: int | None = moment()
    removed_at: int | None = moment()


class KeyBlobRow(Row, table=True):
    """A private key, wrapped under a key that is not in the database."""

    __tablename__ = "key_blob"

    name: str = words(key=True)
    blob: bytes = octets()
