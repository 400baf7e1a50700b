from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from keys.errors import KeysError
from keys.jwks.states import KeyState, RotationPolicy, SigningKey
from keys.vault import KeyHandle

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = RotationPolicy(DAY, 90 * DAY, DAY, ("ES256",))
KEY = SigningKey("kid", "ES256", KeyState.STAGED, KeyHandle("handle"), NOW, NOW + DAY)


@pytest.mark.parametrize(
    "change",
    [
        {"stage_for": timedelta(0)},
        {"stage_for": -DAY},
        {"retire_for": timedelta(0)},
        {"active_for": DAY},
        {"algorithms": ()},
        {"algorithms": ("ES256", "ES256")},
        {"algorithms": ("HS256",)},
    ],
)
def test_a_policy_that_cannot_work_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(KeysError):
        replace(POLICY, **change)  # type: ignore[arg-type]  # the point


@pytest.mark.parametrize(
    "change",
    [
        {"staged_at": datetime(2026, 1, 1)},  # noqa: DTZ001 - the point
        {"state": KeyState.ACTIVE},
        {"state": KeyState.RETIRING, "retires_at": NOW},
        {"state": KeyState.REMOVED, "retires_at": NOW},
    ],
)
def test_a_key_without_its_moments_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(KeysError):
        replace(KEY, **change)  # type: ignore[arg-type]  # the point


def test_all_but_removed_keys_are_published() -> None:
    active = replace(KEY, state=KeyState.ACTIVE, retires_at=NOW)
    retiring = replace(active, state=KeyState.RETIRING, removed_at=NOW)
    removed = replace(retiring, state=KeyState.REMOVED)
    assert [k.is_published for k in (KEY, active, retiring, removed)] == [True, True, True, False]
