"""The promises of rotation, over any sequence of visits, late or early, and any change of policy.

The observer believes no timestamp of a key: it writes down what it saw published and signing.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.keys.stores import MemoryKeyRegister

from keys.jwks.rotation import rotate
from keys.jwks.states import KeyState, RotationPolicy
from keys.vault.memory import MemoryVault

START = datetime(2026, 1, 1, tzinfo=UTC)
hours = st.integers(1, 200).map(lambda n: timedelta(hours=n))


@st.composite
def policies(draw: st.DrawFn) -> RotationPolicy:
    stage_for = draw(hours)
    return RotationPolicy(
        stage_for=stage_for,
        active_for=stage_for + draw(hours),
        retire_for=draw(hours),
        algorithms=tuple(draw(st.sets(st.sampled_from(["ES256", "ES384", "EdDSA"]), min_size=1))),
    )


class Observer:
    """Sees the register after each visit."""

    def __init__(self) -> None:
        self.published_at: dict[str, datetime] = {}
        self.last_signed: dict[str, datetime] = {}
        self.owed: dict[str, timedelta] = {}
        self.gone: set[str] = set()

    def look(self, register: MemoryKeyRegister, policy: RotationPolicy, now: datetime) -> None:
        for key in register.keys:
            self.published_at.setdefault(key.kid, now)
            if key.state is KeyState.REMOVED:
                self.look_at_removed(key.kid, now)
                continue
            assert key.kid not in self.gone
            if key.state is KeyState.ACTIVE:
                self.last_signed[key.kid] = now
            elif key.kid in self.last_signed and key.kid not in self.owed:
                # It signed until this visit.
                self.last_signed[key.kid] = now
                self.owed[key.kid] = policy.retire_for
        for name in policy.algorithms:
            active = [k for k in register.keys if (k.algorithm, k.state) == (name, KeyState.ACTIVE)]
            assert len(active) == 1

    def look_at_removed(self, kid: str, now: datetime) -> None:
        if kid in self.last_signed and kid not in self.gone:
            assert now - self.last_signed[kid] >= self.owed[kid]
        self.gone.add(kid)


@given(policies(), st.lists(hours, max_size=25))
@settings(deadline=None, max_examples=60)
def test_rotation_keeps_its_promises(policy: RotationPolicy, visits: list[timedelta]) -> None:
    register, vault, observer = MemoryKeyRegister(), MemoryVault(), Observer()
    now = START
    for wait in [timedelta(0), *visits]:
        now += wait
        before = {key.kid: key.state for key in register.keys}
        asyncio.run(rotate(register, vault, policy, now))
        observer.look(register, policy, now)
        # Running it again at the same time changes nothing.
        assert asyncio.run(rotate(register, vault, policy, now)) == ()
        for key in register.keys:
            if key.state is KeyState.ACTIVE and before.get(key.kid) is KeyState.STAGED:
                # Published for the whole staging time before it signs.
                assert now - observer.published_at[key.kid] >= policy.stage_for
            if key.state is KeyState.ACTIVE and key.kid not in before:
                # Signs at once only where nothing was: the very first.
                assert now == START
        # What is published can be opened; what is removed cannot.
        for key in register.keys:
            assert key.is_published == (key.handle in vault._open)


@given(st.lists(st.tuples(policies(), hours), min_size=1, max_size=20))
@settings(deadline=None, max_examples=60)
def test_a_changed_policy_breaks_no_promise(visits: list[tuple[RotationPolicy, timedelta]]) -> None:
    register, vault, observer = MemoryKeyRegister(), MemoryVault(), Observer()
    now = START
    for policy, wait in visits:
        now += wait
        asyncio.run(rotate(register, vault, policy, now))
        observer.look(register, policy, now)
        assert asyncio.run(rotate(register, vault, policy, now)) == ()
        assert len({key.kid for key in register.keys}) == len(register.keys)
