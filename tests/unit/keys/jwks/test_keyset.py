import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from unit.keys.stores import MemoryBlobs, MemoryKeyRegister

from keys.errors import AlgorithmRefused, NoSigningKey, RotationConflict, VaultClosed
from keys.jwks import keyset
from keys.jwks.jwk import thumbprint
from keys.jwks.keyset import KeySet
from keys.jwks.rotation import remove_at_once, rotate
from keys.jwks.states import KeyState, RotationPolicy
from keys.vault.wrapped import WrappedVault

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = RotationPolicy(2 * DAY, 90 * DAY, DAY, ("ES256", "EdDSA", "RS256"))


class House:
    """A register with one retiring, one active and, for ES256, one staged key."""

    def __init__(self, policy: RotationPolicy = POLICY) -> None:
        self.policy = policy
        self.register = MemoryKeyRegister()
        self.blobs = MemoryBlobs()
        self.vault = WrappedVault(self.blobs, bytes(32))
        self.rotate(NOW)

    def rotate(self, now: datetime) -> None:
        asyncio.run(rotate(self.register, self.vault, self.policy, now))

    def load(self) -> KeySet:
        fresh = WrappedVault(self.blobs, bytes(32))
        return asyncio.run(keyset.load(self.register, fresh))


def test_the_set_holds_public_members_only__KY_08() -> None:
    jwks = House().load().public_jwk_set()["keys"]
    assert {jwk["alg"]: set(jwk) for jwk in jwks} == {
        "ES256": {"kty", "crv", "x", "y", "use", "alg", "kid"},
        "EdDSA": {"kty", "crv", "x", "use", "alg", "kid"},
        "RS256": {"kty", "n", "e", "use", "alg", "kid"},
    }
    assert {jwk["use"] for jwk in jwks} == {"sig"}
    assert len({jwk["kid"] for jwk in jwks}) == 3


def test_staged_active_and_retiring_keys_are_published_and_one_signs() -> None:
    house = House(replace(POLICY, algorithms=("ES256",)))
    (first,) = house.register.keys
    house.rotate(NOW + 88 * DAY)
    assert len(house.load().public_jwk_set()["keys"]) == 2
    assert house.load().signing_key("ES256").kid == first.kid
    house.rotate(NOW + 90 * DAY)
    assert len(house.load().public_jwk_set()["keys"]) == 2
    assert house.load().signing_key("ES256").kid != first.kid
    house.rotate(NOW + 91 * DAY)
    assert len(house.load().public_jwk_set()["keys"]) == 1
    assert house.load().public_key(first.kid) is None
    assert house.load().published_key(first.kid) is None
    assert house.load().version == house.register.version == 4


def test_the_published_set_cannot_be_changed_from_outside() -> None:
    keys = House().load()
    keys.public_jwk_set()["keys"][0]["kid"] = "altered"
    keys.public_jwk_set()["keys"].clear()
    assert [jwk["kid"] for jwk in keys.public_jwk_set()["keys"]].count("altered") == 0
    assert len(keys.public_jwk_set()["keys"]) == 3


def test_no_key_no_signature() -> None:
    keys = House(replace(POLICY, algorithms=("ES256",))).load()
    assert keys.algorithms == ("ES256",)
    with pytest.raises(NoSigningKey):
        keys.signing_key("RS256")


def test_the_kid_is_the_thumbprint_and_found_by_nothing_else__TJ_02() -> None:
    house = House()
    keys = house.load()
    for key in house.register.keys:
        public_key = keys.public_key(key.kid)
        assert public_key is not None
        assert thumbprint(public_key) == key.kid
    others: list[object] = ["", "../../etc/passwd", "' OR 1=1 --", "x" * 10_000, None, 1, ["a"]]
    for kid in others:
        assert keys.published_key(kid) is None


def test_a_lost_key_is_not_published_and_not_signing__KY_04() -> None:
    house = House(replace(POLICY, algorithms=("ES256",)))
    lost = house.load().signing_key("ES256")
    asyncio.run(remove_at_once(house.register, house.vault, house.policy, lost.kid, NOW))
    keys = house.load()
    assert keys.signing_key("ES256").kid != lost.kid
    assert lost.kid not in {jwk["kid"] for jwk in keys.public_jwk_set()["keys"]}


def test_two_blobs_exchanged_in_the_store_are_noticed() -> None:
    house = House(replace(POLICY, algorithms=("ES256",)))
    house.rotate(NOW + 88 * DAY)
    one, two = (key.handle for key in house.register.keys)
    blobs = house.blobs.blobs
    blobs[one], blobs[two] = blobs[two], blobs[one]
    with pytest.raises(RotationConflict, match="another key"):
        house.load()


def test_a_key_whose_blob_is_gone_stops_the_loading() -> None:
    house = House()
    house.blobs.blobs.popitem()
    with pytest.raises(VaultClosed):
        house.load()


def test_a_key_registered_for_another_algorithm_is_noticed() -> None:
    house = House(replace(POLICY, algorithms=("ES256",)))
    house.register.keys = tuple(replace(key, algorithm="ES384") for key in house.register.keys)
    with pytest.raises(AlgorithmRefused):
        house.load()


def test_two_active_keys_of_one_algorithm_are_noticed() -> None:
    house = House(replace(POLICY, algorithms=("ES256",)))
    house.rotate(NOW + 88 * DAY)
    house.register.keys = tuple(
        replace(key, state=KeyState.ACTIVE, retires_at=NOW) for key in house.register.keys
    )
    with pytest.raises(RotationConflict, match="two active"):
        house.load()
