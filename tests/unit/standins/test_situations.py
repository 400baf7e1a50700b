import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from builders import (
    NOW,
    identifier,
    make_account,
    make_card,
    make_session,
    make_visit,
    put_account,
    put_card,
    put_session,
)
from fakes import MemoryStore

from eid.domain.account import AccountStatus, LockGround
from eid.domain.activation import ActivationCase, CaseStatus
from eid.domain.card import CardStatus, ElectronicCardStatus
from eid.domain.facts import AccountFacts
from eid.domain.identifiers import CaseId, NoticeId, new_id
from eid.domain.notice import Channel, Notice
from eid.errors import UnknownPerson
from eid.standins.people import Person
from eid.standins.situations import SITUATIONS, DemoDesk

WEEK = timedelta(days=7)


def fresh(
    at: datetime, owner: AccountFacts, before: ActivationCase | None
) -> tuple[ActivationCase, list[Notice]]:
    case = ActivationCase(
        id=before.id if before else CaseId(identifier("case")),
        account=owner.account.id,
        link_hash=new_id(),
        code_hash=new_id(),
        attempts_left=5,
        self_service_until=at + WEEK,
        status=CaseStatus.OPEN,
    )
    notice = Notice(NoticeId(new_id()), owner.account.id, Channel.LETTER, "letter", b"sealed", at)
    return case, [notice]


def person(situation: str) -> Person:
    return Person("mau", "001190000001", "Nguyễn Thị Mẫu", situation)


def world(**card: Any) -> MemoryStore:
    store = MemoryStore()
    opened = make_account(status=AccountStatus.APPROVED, notified_at=None, activated_at=None)
    asyncio.run(put_account(store, opened))
    asyncio.run(put_card(store, make_card(status=CardStatus.PERSONALISED, **card)))
    return store


def arrange(store: MemoryStore, situation: str, at: datetime = NOW) -> str:
    desk = DemoDesk(store, [person(situation)], fresh)
    return asyncio.run(desk.arrange(make_visit(at), "mau"))


def account_of(store: MemoryStore) -> Any:
    ((account, _),) = store.tables.accounts.values()
    return account


def stands(store: MemoryStore) -> tuple[str, str, str, str | None]:
    (electronic,) = store.tables.electronic_cards.values()
    (card,) = store.tables.cards.values()
    cases = [case.status for case in store.tables.cases.values()]
    return account_of(store).status, electronic.status, card.status, cases[0] if cases else None


ACTIVE = (
    AccountStatus.ACTIVE,
    ElectronicCardStatus.ACTIVE,
    CardStatus.ACTIVE,
    CaseStatus.DONE,
)
WAITING = (AccountStatus.NOTIFIED, ElectronicCardStatus.ISSUED, CardStatus.PERSONALISED)
EXPECTED = {
    "approved": (
        AccountStatus.APPROVED,
        ElectronicCardStatus.ISSUED,
        CardStatus.PERSONALISED,
        None,
    ),
    "notified": (*WAITING, CaseStatus.OPEN),
    "window_passed": (*WAITING, CaseStatus.ASSISTED),
    "active": ACTIVE,
    "level_1": ACTIVE,
    "card_expired": ACTIVE,
    "certificate_revoked": ACTIVE,
    "locked": (AccountStatus.LOCKED, ElectronicCardStatus.LOCKED, CardStatus.ACTIVE, "done"),
}


def test_every_situation_is_told_here() -> None:
    assert set(EXPECTED) == set(SITUATIONS)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_situation_stands_and_stands_again(situation: str) -> None:
    store = world()
    assert arrange(store, situation) == "Nguyễn Thị Mẫu"
    assert stands(store) == EXPECTED[situation]
    arrange(store, situation, NOW + timedelta(hours=1))
    assert stands(store) == EXPECTED[situation]
    assert store.event_names() == ["DemoPersonArranged"] * 2


@pytest.mark.parametrize("before", SITUATIONS)
def test_notified_is_reached_from_everywhere_with_a_fresh_notice(before: str) -> None:
    store = world()
    arrange(store, before)
    old = [case.link_hash for case in store.tables.cases.values()]
    sent = len(store.tables.notices)
    arrange(store, "notified")
    assert stands(store) == EXPECTED["notified"]
    (case,) = store.tables.cases.values()
    assert (case.attempts_left, case.browser_hash) == (5, None)
    assert case.link_hash not in old
    assert len(store.tables.notices) == sent + 1
    assert (account_of(store).locks, account_of(store).activated_at) == ((), None)


def test_a_reset_ends_the_sessions() -> None:
    store = world()
    arrange(store, "active")
    asyncio.run(put_session(store))
    arrange(store, "active")
    assert set(store.tables.ended) == {make_session().id}


def test_a_window_that_passed_has_passed() -> None:
    store = world()
    arrange(store, "window_passed")
    (case,) = store.tables.cases.values()
    told = NOW - timedelta(days=8)
    assert case.self_service_until == told + WEEK
    assert account_of(store).notified_at == told
    assert [notice.created_at for notice, _ in store.tables.notices.values()] == [told]


def test_a_lock_has_its_ground() -> None:
    store = world()
    arrange(store, "locked")
    assert [lock.ground for lock in account_of(store).locks] == [LockGround.HOLDER_ASKED]


def test_certificates_are_revoked_once() -> None:
    store = world()
    arrange(store, "certificate_revoked")
    arrange(store, "certificate_revoked", NOW + WEEK)
    assert store.tables.revoked == {1001: (NOW, "cessationOfOperation")}


def test_a_card_that_is_being_made_is_left_alone() -> None:
    store = world()
    card = make_card()
    store.tables.cards[card.id] = replace(card, status=CardStatus.ORDERED)
    arrange(store, "active")
    assert store.tables.cards[card.id].status is CardStatus.ORDERED


def test_an_expired_card_is_put_back_for_the_sweep_to_find() -> None:
    store = world(valid_until=date(2025, 12, 31))
    card = make_card()
    store.tables.cards[card.id] = replace(store.tables.cards[card.id], status=CardStatus.EXPIRED)
    arrange(store, "card_expired")
    assert store.tables.cards[card.id].status is CardStatus.ACTIVE


@pytest.mark.parametrize("asked", ["mau", "001190000001"])
def test_a_person_is_found_by_key_and_by_number(asked: str) -> None:
    desk = DemoDesk(world(), [person("active")], fresh)
    assert asyncio.run(desk.arrange(make_visit(), asked)) == "Nguyễn Thị Mẫu"


@pytest.mark.parametrize("asked", ["", "nobody", "Nguyễn Thị Mẫu"])
def test_nobody_else_is_found(asked: str) -> None:
    desk = DemoDesk(world(), [person("active")], fresh)
    with pytest.raises(UnknownPerson):
        asyncio.run(desk.arrange(make_visit(), asked))


def test_a_person_without_an_account_is_not_arranged() -> None:
    desk = DemoDesk(MemoryStore(), [person("active")], fresh)
    with pytest.raises(UnknownPerson):
        asyncio.run(desk.arrange(make_visit(), "mau"))


def test_everybody_who_has_an_account_is_arranged() -> None:
    store = world()
    stranger = Person("other", "001190000009", "Không Có", "active")
    desk = DemoDesk(store, [stranger, person("active")], fresh)
    assert [one.key for one in desk.people()] == ["other", "mau"]
    assert asyncio.run(desk.arrange_all(make_visit())) == 1
    assert stands(store) == ACTIVE


def test_a_race_is_arranged_again() -> None:
    store = world()

    async def meanwhile() -> None:
        ((key, (account, version)),) = store.tables.accounts.items()
        store.tables.accounts[key] = (account, version + 1)

    store.before_keep = meanwhile
    arrange(store, "active")
    assert stands(store) == ACTIVE
