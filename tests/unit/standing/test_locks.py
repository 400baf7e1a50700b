import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from builders import (
    NOW,
    make_account,
    make_card,
    make_foreigner,
    make_session,
    make_visit,
    put_account,
    put_card,
    put_session,
)
from fakes import MemoryStore

from eid.domain.account import AccountStatus, Lock, LockGround
from eid.domain.card import CardStatus, ElectronicCardStatus
from eid.errors import (
    CardNotActive,
    Conflict,
    IllegalMove,
    Malformed,
    Refused,
    UnknownPerson,
)
from eid.standing.following import FOLLOWS
from eid.standing.locks import Standing

NUMBER = "001190000001"
VISIT = make_visit()
EXPIRED = LockGround.CARD_EXPIRED


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def store_with(account: Any = None, card: Any = None) -> MemoryStore:
    store = MemoryStore()
    run(put_account(store, account))
    if card is not False:
        run(put_card(store, card))
    return store


def account_in(store: MemoryStore) -> Any:
    ((account, _),) = store.tables.accounts.values()
    return account


def state(store: MemoryStore) -> tuple[str, str, str]:
    (electronic,) = store.tables.electronic_cards.values()
    (card,) = store.tables.cards.values()
    return account_in(store).status, electronic.status, card.status


def lock(store: MemoryStore, ground: LockGround, by: str = "office") -> None:
    run(Standing(store).lock(VISIT, NUMBER, ground, by))


def unlock(store: MemoryStore, ground: LockGround) -> None:
    run(Standing(store).unlock(VISIT, NUMBER, ground, "office"))


def test_every_ground_says_what_follows() -> None:
    assert set(FOLLOWS) == set(LockGround)


@pytest.mark.parametrize(
    ("ground", "card", "revoked"),
    [
        (LockGround.HOLDER_ASKED, CardStatus.ACTIVE, 0),
        (LockGround.TERMS_BROKEN, CardStatus.ACTIVE, 0),
        (LockGround.HOLDER_DIED, CardStatus.ACTIVE, 0),
        (LockGround.AUTHORITY_ORDERED, CardStatus.ACTIVE, 0),
        (LockGround.CARD_EXPIRED, CardStatus.EXPIRED, 0),
        (LockGround.CARD_REVOKED, CardStatus.REVOKED, 1),
    ],
)
def test_what_follows_a_lock__AC_21(ground: LockGround, card: CardStatus, revoked: int) -> None:
    store = store_with()
    run(put_session(store))
    lock(store, ground)
    assert state(store) == (AccountStatus.LOCKED, ElectronicCardStatus.LOCKED, card)
    assert account_in(store).locks == (Lock(ground, "office", NOW),)
    assert set(store.tables.ended) == {make_session().id}
    assert len(store.tables.revoked) == revoked
    assert store.event_names() == ["AccountLocked"] + ["CertificateRevoked"] * revoked


def test_the_same_ground_again_changes_nothing() -> None:
    store = store_with()
    lock(store, LockGround.HOLDER_ASKED)
    before = store.tables
    lock(store, LockGround.HOLDER_ASKED, by="another")
    assert store.tables.accounts == before.accounts
    assert store.event_names() == ["AccountLocked"]


def test_the_account_opens_when_no_lock_stands_any_more() -> None:
    store = store_with()
    lock(store, LockGround.HOLDER_ASKED)
    lock(store, LockGround.AUTHORITY_ORDERED)
    unlock(store, LockGround.HOLDER_ASKED)
    assert state(store)[:2] == (AccountStatus.LOCKED, ElectronicCardStatus.LOCKED)
    unlock(store, LockGround.AUTHORITY_ORDERED)
    assert state(store)[:2] == (AccountStatus.ACTIVE, ElectronicCardStatus.ACTIVE)
    assert store.event_names()[2:] == ["AccountUnlocked"] * 2


def test_an_account_that_never_was_active_opens_to_where_it_was() -> None:
    store = store_with(make_account(status=AccountStatus.NOTIFIED, activated_at=None))
    lock(store, LockGround.HOLDER_ASKED)
    unlock(store, LockGround.HOLDER_ASKED)
    assert state(store)[:2] == (AccountStatus.NOTIFIED, ElectronicCardStatus.ISSUED)


def test_a_lock_that_does_not_stand_cannot_be_lifted() -> None:
    with pytest.raises(IllegalMove):
        unlock(store_with(), LockGround.HOLDER_ASKED)


@pytest.mark.parametrize("ground", [LockGround.CARD_EXPIRED, LockGround.CARD_REVOKED])
def test_a_card_s_lock_ends_with_a_new_card_alone__AC_21(ground: LockGround) -> None:
    store = store_with()
    lock(store, ground)
    with pytest.raises(CardNotActive):
        unlock(store, ground)
    old = make_card()
    store.tables.cards[old.id] = replace(
        store.tables.cards[old.id], status=CardStatus.PERSONALISED, valid_until=date(2026, 3, 2)
    )
    store.tables.revoked.clear()
    unlock(store, ground)
    assert account_in(store).status is AccountStatus.ACTIVE


@pytest.mark.parametrize(
    "card",
    [
        make_card(status=CardStatus.ORDERED),
        make_card(status=CardStatus.SUSPENDED),
        make_card(valid_until=date(2026, 3, 1)),
    ],
)
def test_a_card_that_is_not_in_force_lifts_no_lock__AC_21(card: Any) -> None:
    locked = make_account(status=AccountStatus.LOCKED, locks=(Lock(EXPIRED, "sweep", NOW),))
    with pytest.raises(CardNotActive):
        unlock(store_with(locked, card), EXPIRED)


def test_a_card_whose_certificate_is_revoked_lifts_no_lock__AC_21() -> None:
    locked = make_account(status=AccountStatus.LOCKED, locks=(Lock(EXPIRED, "sweep", NOW),))
    store = store_with(locked)
    store.tables.revoked[1001] = (NOW, "superseded")
    with pytest.raises(CardNotActive):
        unlock(store, EXPIRED)


def test_no_ground_that_the_law_does_not_know__decree_69_art_15() -> None:
    store = MemoryStore()
    holder = make_foreigner(id=make_account().holder)
    run(put_account(store, make_account(level=None), holder))
    standing = Standing(store)
    with pytest.raises(Refused):
        run(standing.lock(VISIT, holder.number, LockGround.CARD_EXPIRED, "office"))
    run(standing.lock(VISIT, holder.number, LockGround.RESIDENCE_EXPIRED, "office"))
    assert account_in(store).status is AccountStatus.LOCKED


def test_an_account_without_a_holder_we_know_is_not_found() -> None:
    with pytest.raises(UnknownPerson):
        lock(MemoryStore(), LockGround.HOLDER_ASKED)


def test_an_account_that_was_not_notified_is_not_locked__AC_01() -> None:
    store = store_with(make_account(status=AccountStatus.APPROVED, activated_at=None))
    with pytest.raises(IllegalMove):
        lock(store, LockGround.HOLDER_ASKED)


def test_a_card_is_revoked_though_its_account_was_not_notified() -> None:
    store = store_with(make_account(status=AccountStatus.APPROVED, activated_at=None))
    run(Standing(store).revoke_card(VISIT, NUMBER, "keyCompromise"))
    assert state(store)[::2] == (AccountStatus.APPROVED, CardStatus.REVOKED)
    assert store.tables.revoked == {1001: (NOW, "keyCompromise")}


def test_revoking_a_card_shuts_everything__AC_21() -> None:
    store = store_with()
    run(put_session(store))
    run(Standing(store).revoke_card(VISIT, NUMBER, "keyCompromise", by="hotline"))
    assert state(store) == (
        AccountStatus.LOCKED,
        ElectronicCardStatus.LOCKED,
        CardStatus.REVOKED,
    )
    assert store.tables.revoked == {1001: (NOW, "keyCompromise")}
    assert store.tables.ended
    assert store.event_names() == ["AccountLocked", "CertificateRevoked"]


def test_a_card_is_revoked_once() -> None:
    store = store_with()
    run(Standing(store).revoke_card(VISIT, NUMBER, "superseded"))
    with pytest.raises(IllegalMove):
        run(Standing(store).revoke_card(VISIT, NUMBER, "superseded"))


def test_a_reason_is_one_of_rfc5280_5_3_1() -> None:
    with pytest.raises(Malformed):
        run(Standing(store_with()).revoke_card(VISIT, NUMBER, "he told me"))


def test_without_a_card_there_is_nothing_to_revoke() -> None:
    with pytest.raises(UnknownPerson):
        run(Standing(store_with(card=False)).revoke_card(VISIT, NUMBER, "superseded"))


def test_a_race_is_decided_again_and_both_locks_stand() -> None:
    store = store_with()

    async def meanwhile() -> None:
        await Standing(store).lock(VISIT, NUMBER, LockGround.AUTHORITY_ORDERED, "court")

    store.before_keep = meanwhile
    lock(store, LockGround.HOLDER_ASKED)
    grounds = {lock.ground for lock in account_in(store).locks}
    assert grounds == {LockGround.AUTHORITY_ORDERED, LockGround.HOLDER_ASKED}


def test_three_lost_races_are_a_conflict() -> None:
    store = store_with()

    async def bump() -> None:
        ((key, (account, version)),) = store.tables.accounts.items()
        store.tables.accounts[key] = (account, version + 1)
        store.before_keep = bump

    store.before_keep = bump
    with pytest.raises(Conflict):
        lock(store, LockGround.HOLDER_ASKED)
    assert store.events == []


def test_time_is_the_visit_s() -> None:
    store = store_with()
    later = make_visit(NOW + timedelta(days=3))
    run(Standing(store).lock(later, NUMBER, LockGround.HOLDER_ASKED, "office"))
    assert account_in(store).locks[0].at == later.at
