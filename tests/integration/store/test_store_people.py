"""Holders, accounts and activation cases: what is kept is what is found."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from builders import (
    NOW,
    identifier,
    make_account,
    make_card,
    make_card_certificate,
    make_case,
    make_citizen,
    make_foreigner,
    make_organisation,
)
from integration.store.furniture import Furniture

from eid.domain import changes as do
from eid.domain.account import AccountStatus, Lock, LockGround
from eid.domain.activation import CaseStatus
from eid.domain.application import Application, ApplicationStatus
from eid.domain.assurance import AccountLevel
from eid.domain.card import CardStatus, ElectronicCardStatus
from eid.domain.holder import Contact, Holder, PersonName
from eid.domain.identifiers import AccountId, ApplicationId, CardId, MandateId
from eid.domain.mandate import Mandate, MandateKind
from eid.errors import Conflict
from eid.ports import Store

pytestmark = pytest.mark.anyio

HOLDERS: list[Holder] = [
    make_citizen(),
    make_citizen(died=date(2025, 12, 31), contact=Contact(None)),
    make_citizen(name=PersonName("Đặng Ý-Nhi ✓ 𠀀", "DANG Y NHI"), born=date(1900, 2, 28)),
    make_foreigner(),
    make_organisation(),
    make_organisation(dissolved=date(2026, 1, 1), names={}),
]


@pytest.mark.parametrize("holder", HOLDERS)
async def test_a_holder_is_found_as_it_was_kept(store: Store, holder: Holder) -> None:
    await store.keep([do.AddHolder(holder)], ())
    assert await store.accounts.find_holder(holder.number) == holder
    assert await store.accounts.find_by_number(holder.number) is None


@pytest.mark.parametrize("stranger", ["", "0" * 12, "00\0", "\ud800", "x" * 10_000, "%"])
async def test_a_number_that_nobody_has_finds_nobody(
    store: Store, furniture: Furniture, stranger: str
) -> None:
    await furniture.account()
    assert await store.accounts.find_holder(stranger) is None
    assert await store.accounts.find_by_number(stranger) is None
    assert await store.cards.find_by_holder(stranger) is None


async def test_two_holders_do_not_share_a_number(store: Store) -> None:
    await store.keep([do.AddHolder(make_citizen())], ())
    with pytest.raises(Conflict):
        await store.keep([do.AddHolder(make_citizen(id=identifier("another")))], ())


@pytest.mark.parametrize(
    "account",
    [
        make_account(),
        make_account(level=None, status=AccountStatus.APPROVED, notified_at=None),
        make_account(level=AccountLevel.LEVEL_1, activated_at=None),
        make_account(
            status=AccountStatus.LOCKED,
            locks=(
                Lock(LockGround.HOLDER_ASKED, "holder", NOW),
                Lock(LockGround.CARD_REVOKED, "officer:7 «quoted» \"'", NOW + timedelta(days=1)),
            ),
        ),
        make_account(opened_at=datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)),
    ],
)
async def test_an_account_is_found_as_it_was_opened(
    store: Store, furniture: Furniture, account: object
) -> None:
    assert isinstance(account, type(make_account()))
    facts = await furniture.account(account)
    assert (facts.account, facts.version, facts.holder) == (account, 1, make_citizen())
    assert facts.electronic_card
    assert facts.electronic_card.account == account.id
    assert await store.accounts.find_by_number(facts.holder.number) == facts


async def test_an_account_may_have_no_electronic_card(store: Store, furniture: Furniture) -> None:
    facts = await furniture.account(electronic=False)
    assert facts.electronic_card is None
    assert await store.accounts.find_by_number(facts.holder.number) == facts


async def test_a_time_keeps_its_moment_not_its_zone(store: Store, furniture: Furniture) -> None:
    here = timezone(timedelta(hours=7))
    await furniture.account(make_account(opened_at=NOW.astimezone(here)))
    found = await store.accounts.find(make_account().id)
    assert found
    assert found.account.opened_at == NOW


async def test_a_holder_has_one_account(store: Store, furniture: Furniture) -> None:
    await furniture.account()
    with pytest.raises(Conflict):
        await store.keep([do.OpenAccount(make_account(id=identifier("second")))], ())


async def test_an_unknown_account_is_not_found(store: Store) -> None:
    assert await store.accounts.find(AccountId(b"nobody")) is None


async def test_a_moved_account_rises_one_version(store: Store, furniture: Furniture) -> None:
    facts = await furniture.account()
    lock = Lock(LockGround.AUTHORITY_ORDERED, "officer:1", NOW)
    await store.keep([do.MoveAccount(facts.account.lock(lock), facts.version)], ())
    moved = await store.accounts.find(facts.account.id)
    assert moved
    assert (moved.version, moved.account) == (2, facts.account.lock(lock))


async def test_an_account_does_not_move_from_a_version_that_is_past(
    store: Store, furniture: Furniture
) -> None:
    facts = await furniture.account()
    await store.keep([do.MoveAccount(facts.account, facts.version)], ())
    with pytest.raises(Conflict):
        await store.keep([do.MoveAccount(facts.account.close(), facts.version)], ())
    found = await store.accounts.find(facts.account.id)
    assert found
    assert found.account.status is AccountStatus.ACTIVE


async def test_the_electronic_card_follows(store: Store, furniture: Furniture) -> None:
    facts = await furniture.account()
    assert facts.electronic_card
    locked = ElectronicCardStatus.LOCKED
    await store.keep([do.MoveElectronicCard(facts.electronic_card.id, locked)], ())
    found = await store.accounts.find(facts.account.id)
    assert found
    assert found.electronic_card == replace(facts.electronic_card, status=locked)


async def test_mandates_and_applications_are_kept_once(store: Store) -> None:
    guardian, child = make_citizen(id=b"1", number="1"), make_citizen(id=b"2", number="2")
    mandate = Mandate(
        MandateId(b"m"), child.id, guardian.id, MandateKind.GUARDIAN, date(2026, 1, 1), None
    )
    application = Application(
        ApplicationId(b"a"),
        child.id,
        AccountLevel.LEVEL_1,
        NOW,
        date(2026, 3, 5),
        ApplicationStatus.REFUSED,
        NOW,
        "mismatch",
    )
    everything: list[do.Change] = [do.AddMandate(mandate), do.AddApplication(application)]
    await store.keep([do.AddHolder(guardian), do.AddHolder(child), *everything], ())
    for again in everything:
        with pytest.raises(Conflict):
            await store.keep([again], ())


async def test_a_case_is_found_by_its_link_and_its_account(
    store: Store, furniture: Furniture
) -> None:
    owner = await furniture.account()
    case = await furniture.case(make_case(browser_hash=b"b" * 32))
    found = await store.cases.find(case.link_hash)
    assert found
    assert (found.case, found.owner, found.card) == (case, owner, None)
    assert await store.cases.find_by_account(owner.account.id) == found
    assert await store.cases.find(b"other") is None
    assert await store.cases.find_by_account(AccountId(b"other")) is None


async def test_a_case_comes_with_the_newest_card(store: Store, furniture: Furniture) -> None:
    await furniture.account()
    case = await furniture.case()
    old = make_card(id=CardId(b"old"), document_number="A", issued=date(2020, 1, 1))
    await furniture.card(old, make_card_certificate(serial=1, fingerprint=b"1" * 32))
    await furniture.card(None, make_card_certificate())
    found = await store.cases.find(case.link_hash)
    assert found
    assert found.card == make_card(certificates=(make_card_certificate(),))


async def test_a_case_moves_only_from_the_status_that_was_seen(
    store: Store, furniture: Furniture
) -> None:
    await furniture.account()
    case = await furniture.case()
    accepted = replace(case.to(CaseStatus.CODE_ACCEPTED), browser_hash=b"b", attempts_left=4)
    await store.keep([do.MoveCase(accepted, CaseStatus.OPEN)], ())
    found = await store.cases.find(case.link_hash)
    assert found
    assert found.case == accepted
    with pytest.raises(Conflict):
        await store.keep([do.MoveCase(case.to(CaseStatus.DONE), CaseStatus.OPEN)], ())


async def test_an_attempt_is_taken_before_the_code_is_looked_at__AC_04(
    store: Store, furniture: Furniture
) -> None:
    owner = await furniture.account()
    case = await furniture.case(make_case(attempts_left=2))
    left = []
    while taken := await store.cases.take_attempt(case.link_hash, NOW):
        assert taken.owner == owner
        left.append(taken.case.attempts_left)
    assert left == [1, 0]
    found = await store.cases.find(case.link_hash)
    assert found
    assert found.case.attempts_left == 0


@pytest.mark.parametrize(
    "shut",
    [
        make_case(attempts_left=0),
        make_case(status=CaseStatus.ASSISTED),
        make_case(status=CaseStatus.DONE),
        make_case(self_service_until=NOW),
    ],
)
async def test_no_attempt_is_left_where_self_service_is_over__AC_03(
    store: Store, furniture: Furniture, shut: object
) -> None:
    assert isinstance(shut, type(make_case()))
    await furniture.account()
    await furniture.case(shut)
    assert await store.cases.take_attempt(shut.link_hash, NOW) is None
    found = await store.cases.find(shut.link_hash)
    assert found
    assert found.case == shut


async def test_an_attempt_is_taken_of_a_case_whose_code_was_accepted_elsewhere(
    store: Store, furniture: Furniture
) -> None:
    await furniture.account()
    await furniture.card(make_card(status=CardStatus.PERSONALISED))
    case = await furniture.case(make_case(status=CaseStatus.CODE_ACCEPTED))
    taken = await store.cases.take_attempt(case.link_hash, NOW)
    assert taken
    assert taken.card
    assert taken.card.certificates == (make_card_certificate(),)
