import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import (
    NOW,
    identifier,
    make_account,
    make_card,
    make_case,
    make_visit,
    put_account,
    put_card,
    put_case,
)
from fakes import MemoryStore

from eid.domain.account import AccountStatus, LockGround
from eid.domain.activation import CaseStatus
from eid.domain.card import CardStatus
from eid.domain.changes import AddReplayMark
from eid.domain.identifiers import CardId, CaseId
from eid.standing.sweep import Sweep, SweepReport

UNTIL = make_case().self_service_until
NOTIFIED = make_account(status=AccountStatus.NOTIFIED, activated_at=None)


def sweep(store: MemoryStore, at: datetime = NOW) -> SweepReport:
    return asyncio.run(Sweep(store).run(make_visit(at)))


def with_cases(count: int) -> MemoryStore:
    store = MemoryStore()
    asyncio.run(put_account(store, NOTIFIED))
    for n in range(count):
        case = make_case(f"link {n}", id=CaseId(identifier(f"case {n}")))
        asyncio.run(put_case(store, case))
    return store


def test_self_service_ends_at_the_instant__AC_03() -> None:
    store = with_cases(1)
    assert sweep(store, UNTIL - timedelta(microseconds=1)).windows_passed == 0
    assert sweep(store, UNTIL).windows_passed == 1
    (case,) = store.tables.cases.values()
    assert case.status is CaseStatus.ASSISTED
    assert store.event_names() == ["WindowPassed"]


def test_nothing_is_destroyed_when_the_window_passes__AC_03() -> None:
    store = with_cases(1)
    sweep(store, UNTIL)
    (case,) = store.tables.cases.values()
    ((account, _),) = store.tables.accounts.values()
    assert account.status is AccountStatus.NOTIFIED
    assert (case.link_hash, case.code_hash) == (make_case("link 0").link_hash, case.code_hash)


def test_a_second_run_does_nothing() -> None:
    store = with_cases(3)
    assert sweep(store, UNTIL) == SweepReport(3, 0, 0, 0)
    assert sweep(store, UNTIL) == SweepReport(0, 0, 0, 0)


def test_many_are_done_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eid.standing.sweep._PAGE", 2)
    assert sweep(with_cases(7), UNTIL).windows_passed == 7


def test_what_moved_on_is_left_and_the_rest_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eid.standing.sweep._PAGE", 2)
    store = with_cases(5)
    first = next(iter(store.tables.cases.values()))

    async def meanwhile() -> None:
        store.tables.cases[first.id] = first.to(CaseStatus.CODE_ACCEPTED)

    store.before_keep = meanwhile
    assert sweep(store, UNTIL) == SweepReport(4, 0, 0, 1)
    assert sweep(store, UNTIL) == SweepReport(1, 0, 0, 0)


def test_a_card_locks_its_account_when_its_last_day_is_over_in_vietnam__AC_21() -> None:
    store = MemoryStore()
    asyncio.run(put_account(store))
    asyncio.run(put_card(store, make_card(valid_until=date(2026, 3, 2))))
    last_second = datetime(2026, 3, 2, 16, 59, 59, tzinfo=UTC)
    assert sweep(store, last_second).cards_expired == 0
    assert sweep(store, last_second + timedelta(seconds=1)).cards_expired == 1
    (card,) = store.tables.cards.values()
    ((account, _),) = store.tables.accounts.values()
    assert card.status is CardStatus.EXPIRED
    assert [lock.ground for lock in account.locks] == [LockGround.CARD_EXPIRED]
    assert sweep(store, last_second + timedelta(days=9)) == SweepReport(0, 0, 0, 0)


def test_an_old_card_does_not_lock_whoever_has_a_newer_one() -> None:
    store = MemoryStore()
    asyncio.run(put_account(store))
    asyncio.run(put_card(store, make_card(valid_until=date(2026, 3, 1))))
    newer = make_card(id=CardId(identifier("newer")), issued=date(2026, 2, 1))
    store.tables.cards[newer.id] = newer
    assert sweep(store).cards_expired == 1
    ((account, _),) = store.tables.accounts.values()
    assert account.status is AccountStatus.ACTIVE
    assert store.tables.cards[newer.id].status is CardStatus.ACTIVE


def test_an_expired_card_of_an_account_that_waits_for_notice_expires_alone() -> None:
    store = MemoryStore()
    asyncio.run(put_account(store, make_account(status=AccountStatus.APPROVED)))
    expired = make_card(status=CardStatus.PERSONALISED, valid_until=date(2026, 3, 1))
    asyncio.run(put_card(store, expired))
    assert sweep(store).cards_expired == 1
    ((account, _),) = store.tables.accounts.values()
    assert account.status is AccountStatus.APPROVED


def test_old_rows_are_purged_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eid.standing.sweep._PAGE", 2)
    store = MemoryStore()
    marks = [AddReplayMark(bytes([n]), NOW) for n in range(5)]
    asyncio.run(store.keep([*marks, AddReplayMark(b"later", NOW + timedelta(1))], ()))
    assert sweep(store).purged == 5
    assert list(store.tables.marks) == [b"later"]
