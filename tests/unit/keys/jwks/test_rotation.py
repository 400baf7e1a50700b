import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from unit.keys.stores import MemoryBlobs, MemoryKeyRegister

from keys.errors import NoSigningKey, RotationConflict, VaultClosed
from keys.jwks.rotation import (
    Begin,
    Promote,
    Remove,
    Retire,
    Stage,
    Step,
    plan,
    plan_emergency,
    remove_at_once,
    rotate,
)
from keys.jwks.states import KeyState, RotationPolicy, SigningKey
from keys.vault.wrapped import WrappedVault

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = RotationPolicy(2 * DAY, 90 * DAY, DAY, ("ES256",))


class House:
    """A register and a vault, and rotation over both."""

    def __init__(self) -> None:
        self.register = MemoryKeyRegister()
        self.blobs = MemoryBlobs()
        self.vault = WrappedVault(self.blobs, bytes(32))

    def rotate(self, now: datetime, policy: RotationPolicy = POLICY) -> tuple[Step, ...]:
        return asyncio.run(rotate(self.register, self.vault, policy, now))

    def remove_at_once(self, kid: str, now: datetime) -> tuple[Step, ...]:
        return asyncio.run(remove_at_once(self.register, self.vault, POLICY, kid, now))

    def states(self) -> list[KeyState]:
        return [key.state for key in self.register.keys]


def test_one_whole_life() -> None:
    house = House()
    assert house.rotate(NOW) == (Begin("ES256"),)
    (first,) = house.register.keys
    assert first.state is KeyState.ACTIVE
    assert house.rotate(NOW + 87 * DAY) == ()
    assert house.rotate(NOW + 88 * DAY) == (Stage("ES256"),)
    second = house.register.keys[1]
    assert second.state is KeyState.STAGED
    assert house.rotate(NOW + 89 * DAY) == ()
    assert house.rotate(NOW + 90 * DAY) == (Retire(first.kid), Promote(second.kid))
    assert house.states() == [KeyState.RETIRING, KeyState.ACTIVE]
    assert house.rotate(NOW + 90.9 * DAY) == ()
    assert set(house.blobs.blobs) == {first.handle, second.handle}
    assert house.rotate(NOW + 91 * DAY) == (Remove(first.kid),)
    assert house.states() == [KeyState.REMOVED, KeyState.ACTIVE]
    assert set(house.blobs.blobs) == {second.handle}


def test_a_late_rotation_still_publishes_before_it_signs__KY_03() -> None:
    house = House()
    house.rotate(NOW)
    late = NOW + 400 * DAY
    assert house.rotate(late) == (Stage("ES256"),)
    assert house.rotate(late + 1.9 * DAY) == ()
    assert [type(step) for step in house.rotate(late + 2 * DAY)] == [Retire, Promote]
    # Counted from when it really stopped signing, not from when it should have.
    assert house.rotate(late + 2.9 * DAY) == ()
    assert [type(step) for step in house.rotate(late + 3 * DAY)] == [Remove]


def test_each_algorithm_has_a_life_of_its_own() -> None:
    house = House()
    both = replace(POLICY, algorithms=("ES256", "EdDSA"))
    assert house.rotate(NOW) == (Begin("ES256"),)
    assert house.rotate(NOW + DAY, both) == (Begin("EdDSA"),)
    assert house.rotate(NOW + 88 * DAY, both) == (Stage("ES256"),)


def test_an_algorithm_that_left_the_policy_retires() -> None:
    house = House()
    house.rotate(NOW, replace(POLICY, algorithms=("ES256", "EdDSA")))
    house.rotate(NOW + 89 * DAY, replace(POLICY, algorithms=("ES256", "EdDSA")))
    gone = [key for key in house.register.keys if key.algorithm == "EdDSA"]
    steps = house.rotate(NOW + 89.5 * DAY)
    assert set(steps) == {Retire(gone[0].kid), Remove(gone[1].kid)}
    assert house.rotate(NOW + 90.4 * DAY) == ()
    assert Remove(gone[0].kid) in house.rotate(NOW + 90.5 * DAY)


def test_emergency_without_a_successor_begins_anew__KY_04() -> None:
    house = House()
    house.rotate(NOW)
    (lost,) = house.register.keys
    assert house.remove_at_once(lost.kid, NOW + DAY) == (Remove(lost.kid), Begin("ES256"))
    assert house.states() == [KeyState.REMOVED, KeyState.ACTIVE]
    assert lost.handle not in house.blobs.blobs
    with pytest.raises(VaultClosed):
        house.vault.sign(lost.handle, "ES256", b"")


def test_emergency_promotes_the_staged_key__KY_04() -> None:
    house = House()
    house.rotate(NOW)
    house.rotate(NOW + 88 * DAY)
    lost, staged = house.register.keys
    steps = house.remove_at_once(lost.kid, NOW + 88 * DAY)
    assert steps == (Remove(lost.kid), Promote(staged.kid))
    assert house.rotate(NOW + 88 * DAY) == ()


def test_emergency_for_a_key_that_does_not_sign_only_removes_it__KY_04() -> None:
    house = House()
    house.rotate(NOW)
    house.rotate(NOW + 88 * DAY)
    assert house.remove_at_once(house.register.keys[1].kid, NOW + 89 * DAY) == (
        Remove(house.register.keys[1].kid),
    )
    assert house.states() == [KeyState.ACTIVE, KeyState.REMOVED]


def test_emergency_for_an_unknown_or_removed_key_is_refused() -> None:
    house = House()
    house.rotate(NOW)
    (lost,) = house.register.keys
    house.remove_at_once(lost.kid, NOW)
    for kid in ("unknown", lost.kid):
        with pytest.raises(NoSigningKey):
            plan_emergency(house.register.keys, kid)


class RivalRegister(MemoryKeyRegister):
    """Somebody else always rotates between load and save."""

    async def save(self, version: int, keys: tuple[SigningKey, ...]) -> None:
        self.version += 1
        await super().save(version, keys)


class BrokenRegister(MemoryKeyRegister):
    """Saves, and loses the connection before it can say so."""

    async def save(self, version: int, keys: tuple[SigningKey, ...]) -> None:
        await super().save(version, keys)
        raise ConnectionError


def test_the_second_of_two_changes_nothing() -> None:
    house = House()
    house.register = RivalRegister()
    with pytest.raises(RotationConflict):
        house.rotate(NOW)
    assert house.register.keys == ()
    assert house.blobs.blobs == {}


def test_a_key_that_may_have_been_published_is_never_thrown_away() -> None:
    house = House()
    house.register = BrokenRegister()
    with pytest.raises(ConnectionError):
        house.rotate(NOW)
    assert [key.handle for key in house.register.keys] == list(house.blobs.blobs)


def test_a_crash_between_saving_and_destroying_is_made_good() -> None:
    house = House()
    house.rotate(NOW)
    (lost,) = house.register.keys
    blob = house.blobs.blobs[lost.handle]
    house.remove_at_once(lost.kid, NOW)
    house.blobs.blobs[lost.handle] = blob
    assert house.rotate(NOW) == ()
    assert lost.handle not in house.blobs.blobs


def test_two_active_keys_are_never_planned_around() -> None:
    house = House()
    house.rotate(NOW)
    (key,) = house.register.keys
    with pytest.raises(RotationConflict):
        plan((key, replace(key, kid="other")), POLICY, NOW)


def test_a_clock_that_goes_back_changes_nothing() -> None:
    house = House()
    house.rotate(NOW)
    assert house.rotate(NOW - 365 * DAY) == ()
