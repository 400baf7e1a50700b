"""The same promises for every vault; then what only the wrapped one promises."""

import asyncio
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.keywrap import (
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from unit.keys.stores import MemoryBlobs

from keys import algorithms
from keys.errors import AlgorithmRefused, KeysError, VaultClosed
from keys.vault import KeyHandle, Vault
from keys.vault.memory import MemoryVault
from keys.vault.wrapped import WrappedVault

WRAPPING_KEY = bytes(range(32))
DATA = b"what is signed"

every_vault = pytest.mark.parametrize(
    "make",
    [MemoryVault, lambda: WrappedVault(MemoryBlobs(), WRAPPING_KEY)],
    ids=["memory", "wrapped"],
)


@every_vault
@pytest.mark.parametrize("alg", ["ES256", "ES384", "EdDSA", "PS256"])
def test_a_vault_signs_with_what_it_made(make: Callable[[], Vault], alg: str) -> None:
    vault = make()
    handle = asyncio.run(vault.generate(alg))
    algorithms.verify(alg, vault.public_key(handle), DATA, vault.sign(handle, alg, DATA))


@every_vault
def test_a_key_signs_only_for_its_own_algorithm__KY_10(make: Callable[[], Vault]) -> None:
    vault = make()
    handle = asyncio.run(vault.generate("ES256"))
    with pytest.raises(AlgorithmRefused):
        vault.sign(handle, "ES384", DATA)


@every_vault
def test_handles_are_all_different(make: Callable[[], Vault]) -> None:
    vault = make()
    assert len({asyncio.run(vault.generate("ES256")) for _ in range(20)}) == 20


@every_vault
def test_a_destroyed_key_is_gone(make: Callable[[], Vault]) -> None:
    vault = make()
    handle = asyncio.run(vault.generate("ES256"))
    asyncio.run(vault.destroy(handle))
    asyncio.run(vault.destroy(handle))
    with pytest.raises(VaultClosed):
        vault.sign(handle, "ES256", DATA)
    with pytest.raises(VaultClosed):
        vault.public_key(handle)
    with pytest.raises(VaultClosed):
        asyncio.run(vault.open(handle))


@every_vault
def test_an_unknown_key_does_not_open(make: Callable[[], Vault]) -> None:
    with pytest.raises(VaultClosed):
        asyncio.run(make().open(KeyHandle("0" * 32)))


def test_what_lies_in_the_store_is_wrapped__KY_01() -> None:
    blobs = MemoryBlobs()
    vault = WrappedVault(blobs, WRAPPING_KEY)
    handle = asyncio.run(vault.generate("ES256"))
    pkcs8 = aes_key_unwrap_with_padding(WRAPPING_KEY, blobs.blobs[handle])
    private_key = load_der_private_key(pkcs8, password=None)
    assert private_key.public_key() == vault.public_key(handle)
    assert pkcs8[-32:] not in blobs.blobs[handle]


def test_another_process_opens_it_once_and_then_signs_without_the_store() -> None:
    blobs = MemoryBlobs()
    handle = asyncio.run(WrappedVault(blobs, WRAPPING_KEY).generate("ES256"))
    vault = WrappedVault(blobs, WRAPPING_KEY)
    with pytest.raises(VaultClosed):
        vault.sign(handle, "ES256", DATA)
    asyncio.run(vault.open(handle))
    asyncio.run(vault.open(handle))
    signature = vault.sign(handle, "ES256", DATA)
    algorithms.verify("ES256", vault.public_key(handle), DATA, signature)
    assert blobs.reads == 1


def test_another_wrapping_key_opens_nothing() -> None:
    blobs = MemoryBlobs()
    handle = asyncio.run(WrappedVault(blobs, WRAPPING_KEY).generate("ES256"))
    vault = WrappedVault(blobs, bytes(32))
    for opening in (vault.open(handle), vault.open_all()):
        with pytest.raises(VaultClosed, match="altered"):
            asyncio.run(opening)


@pytest.mark.parametrize("place", [0, 7, 8, 40, -1])
def test_an_altered_blob_does_not_open(place: int) -> None:
    blobs = MemoryBlobs()
    handle = asyncio.run(WrappedVault(blobs, WRAPPING_KEY).generate("ES256"))
    blob = bytearray(blobs.blobs[handle])
    blob[place] ^= 1
    for altered in (bytes(blob), bytes(blob[:-8]), b""):
        blobs.blobs[handle] = altered
        with pytest.raises(VaultClosed, match="altered"):
            asyncio.run(WrappedVault(blobs, WRAPPING_KEY).open(handle))


def test_at_start_every_key_is_opened() -> None:
    blobs = MemoryBlobs()
    first = WrappedVault(blobs, WRAPPING_KEY)
    handles = {asyncio.run(first.generate(alg)) for alg in ("ES256", "EdDSA")}
    vault = WrappedVault(blobs, WRAPPING_KEY)
    assert set(asyncio.run(vault.open_all())) == handles
    for handle in handles:
        assert vault.public_key(handle) == first.public_key(handle)


def test_a_key_that_does_not_sign_is_no_key_of_ours() -> None:
    pkcs8 = X25519PrivateKey.generate().private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    blobs = MemoryBlobs()
    blobs.blobs["foreign"] = aes_key_wrap_with_padding(WRAPPING_KEY, pkcs8)
    with pytest.raises(VaultClosed, match="not a signing key"):
        asyncio.run(WrappedVault(blobs, WRAPPING_KEY).open(KeyHandle("foreign")))


@pytest.mark.parametrize("size", [0, 16, 24, 31, 33])
def test_a_wrapping_key_of_another_size_is_refused__KY_02(size: int) -> None:
    with pytest.raises(KeysError):
        WrappedVault(MemoryBlobs(), bytes(size))
