from collections.abc import Callable

import pytest
from builders import HOUR, NOW, make_account

from eid.domain.account import MOVES, Account, AccountStatus, Lock, LockGround
from eid.errors import IllegalMove

ASKED = Lock(LockGround.HOLDER_ASKED, "holder", NOW)
EXPIRED = Lock(LockGround.CARD_EXPIRED, "system", NOW)

APPROVED, NOTIFIED = AccountStatus.APPROVED, AccountStatus.NOTIFIED
ACTIVE, LOCKED, CLOSED = AccountStatus.ACTIVE, AccountStatus.LOCKED, AccountStatus.CLOSED


def account(status: AccountStatus, *locks: Lock) -> Account:
    been_active = NOW - HOUR if status in {ACTIVE, LOCKED} else None
    return make_account(status=status, activated_at=been_active, locks=locks)


def test_every_status_has_its_moves_written_down() -> None:
    assert MOVES.keys() == set(AccountStatus)


def test_the_life_of_an_account() -> None:
    told = account(APPROVED).notify(NOW)
    assert (told.status, told.notified_at) == (NOTIFIED, NOW)
    live = told.activate(NOW + HOUR)
    assert (live.status, live.activated_at, live.notified_at) == (ACTIVE, NOW + HOUR, NOW)
    assert live.close().status is CLOSED


def test_a_notice_may_be_repeated_and_begins_the_window_anew() -> None:
    assert account(NOTIFIED).notify(NOW + HOUR).notified_at == NOW + HOUR


MOVING: dict[str, Callable[[Account], Account]] = {
    "notify": lambda known: known.notify(NOW),
    "activate": lambda known: known.activate(NOW),
    "lock": lambda known: known.lock(ASKED),
    "close": lambda known: known.close(),
}


@pytest.mark.parametrize(
    ("status", "move"),
    [
        (APPROVED, "activate"),
        (APPROVED, "lock"),
        (ACTIVE, "notify"),
        (ACTIVE, "activate"),
        (CLOSED, "notify"),
        (CLOSED, "activate"),
        (CLOSED, "lock"),
        (CLOSED, "close"),
    ],
)
def test_an_account_makes_no_other_move(status: AccountStatus, move: str) -> None:
    with pytest.raises(IllegalMove):
        MOVING[move](account(status))


def test_a_lock_shuts_and_says_why() -> None:
    locked = account(ACTIVE).lock(ASKED)
    assert (locked.status, locked.locks) == (LOCKED, (ASKED,))


def test_one_ground_locks_once() -> None:
    locked = account(ACTIVE).lock(ASKED)
    again = Lock(LockGround.HOLDER_ASKED, "officer", NOW + HOUR)
    assert locked.lock(again) is locked


def test_each_lock_is_lifted_on_its_own() -> None:
    locked = account(ACTIVE).lock(ASKED).lock(EXPIRED)
    half = locked.unlock(LockGround.HOLDER_ASKED)
    assert (half.status, half.locks) == (LOCKED, (EXPIRED,))
    assert half.unlock(LockGround.CARD_EXPIRED).status is ACTIVE


def test_an_account_that_was_never_active_opens_to_be_activated() -> None:
    opened = account(NOTIFIED).lock(ASKED).unlock(LockGround.HOLDER_ASKED)
    assert opened.status is NOTIFIED
    assert opened.activate(NOW).status is ACTIVE


@pytest.mark.parametrize("locks", [(), (EXPIRED,)])
def test_a_lock_that_does_not_stand_is_not_lifted(locks: tuple[Lock, ...]) -> None:
    with pytest.raises(IllegalMove):
        account(LOCKED, *locks).unlock(LockGround.HOLDER_ASKED)


@pytest.mark.parametrize("move", ["notify", "activate"])
def test_a_locked_account_is_neither_notified_nor_activated(move: str) -> None:
    with pytest.raises(IllegalMove):
        MOVING[move](account(NOTIFIED).lock(ASKED))
