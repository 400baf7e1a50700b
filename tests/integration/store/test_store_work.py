"""Clients, batches, the outbox, and what time changes."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from builders import (
    NOW,
    identifier,
    make_account,
    make_agency,
    make_basic_client,
    make_card,
    make_card_certificate,
    make_case,
    make_client,
)
from integration.store.furniture import Furniture

from eid.domain import changes as do
from eid.domain.account import AccountStatus
from eid.domain.activation import CaseStatus
from eid.domain.agency import Client, ClientAuthentication
from eid.domain.application import Batch, BatchLine, LineStatus
from eid.domain.card import CardStatus
from eid.domain.identifiers import BatchId, CardId, ClientId, NoticeId
from eid.domain.notice import Channel, Notice
from eid.errors import Conflict
from eid.ports import Store
from eid.store import StoreDoors, open_store
from eid.store.doors import clients as clients_door

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
KEYS = {"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}]}


# Clients


@pytest.mark.parametrize(
    "client",
    [
        make_client(),
        make_basic_client(),
        make_client(
            authentication=ClientAuthentication.PRIVATE_KEY_JWT, secret_hash=None, keys=KEYS
        ),
        make_client(required_claims=frozenset({"name", "birthdate"}), scopes=frozenset()),
    ],
)
async def test_a_client_is_found_as_it_was_put(store: Store, client: Client) -> None:
    await store.keep([do.PutClient(client)], ())
    assert await store.clients.find(client.id) == client
    assert await store.clients.find(ClientId("unknown")) is None


async def test_a_client_is_replaced_with_its_agency(store: Store) -> None:
    await store.keep([do.PutClient(make_client())], ())
    assert await store.clients.find(make_client().id) == make_client()
    renamed = make_agency(names={"vi": "Tên mới"}, sector="new.example")
    newer = make_client(agency=renamed, redirect_uris=("https://new.example/cb",))
    await store.keep([do.PutClient(newer)], ())
    assert await store.clients.find(newer.id) == newer
    assert list(await store.clients.every()) == [newer]


async def test_a_disabled_client_is_not_found(store: Store) -> None:
    two = [make_client(), make_basic_client()]
    await store.keep([do.PutClient(client) for client in two], ())
    await store.keep([do.DisableClient(two[0].id)], ())
    assert await store.clients.find(two[0].id) is None
    assert await store.clients.find(two[1].id) == two[1]
    assert {client.id: client.disabled for client in await store.clients.every()} == {
        two[0].id: True,
        two[1].id: False,
    }
    with pytest.raises(Conflict):
        await store.keep([do.DisableClient(ClientId("unknown"))], ())


async def test_clients_are_held_in_memory(doors: StoreDoors) -> None:
    await doors.keep([do.PutClient(make_client())], ())
    await doors.clients.every()
    before = doors.driver.sent
    for _ in range(100):
        assert await doors.clients.find(make_client().id)
    assert doors.driver.sent == before


async def test_another_process_hears_of_a_client_when_it_looks_again(
    doors: StoreDoors, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clients_door.LOOK_AGAIN_AFTER <= 2.0
    monkeypatch.setattr(clients_door, "LOOK_AGAIN_AFTER", 0.05)
    async with open_store(database) as other:
        assert await other.clients.find(make_client().id) is None
        await doors.keep([do.PutClient(make_client())], ())
        await asyncio.sleep(0.06)
        assert await other.clients.find(make_client().id) == make_client()
        await doors.keep([do.DisableClient(make_client().id)], ())
        await asyncio.sleep(0.06)
        assert await other.clients.find(make_client().id) is None


async def test_many_who_ask_at_once_look_once(doors: StoreDoors) -> None:
    await doors.keep([do.PutClient(make_client())], ())
    before = doors.driver.sent
    found = await asyncio.gather(*(doors.clients.find(make_client().id) for _ in range(20)))
    assert found == [make_client()] * 20
    assert doors.driver.sent - before == 2  # the version, and the clients


# Batches

BATCH = Batch(BatchId(b"b" * 32), NOW, "officer:1")


def make_line(number: int, **changes: Any) -> BatchLine:
    line = BatchLine(BATCH.id, number, f'{{"tên":"{number}"}}', LineStatus.ACCEPTED)
    return replace(line, **changes)


async def test_a_batch_is_worked_off_line_by_line(store: Store) -> None:
    refused = make_line(3, status=LineStatus.REJECTED, reason="bad_number")
    lines = [make_line(1), make_line(2), refused, make_line(4)]
    assert not await store.batches.is_known(BATCH.id)
    await store.keep_many([do.AddBatch(BATCH), *map(do.AddBatchLine, lines)], ())
    assert await store.batches.is_known(BATCH.id)
    assert await store.batches.unfinished(BATCH.id, 2) == lines[:2]
    assert await store.batches.counts(BATCH.id) == {"accepted": 3, "rejected": 1}

    await store.keep([do.FinishBatchLine(BATCH.id, 1, None)], ())
    await store.keep([do.FinishBatchLine(BATCH.id, 2, "mismatch")], ())
    assert await store.batches.unfinished(BATCH.id, 5) == [make_line(4)]
    assert await store.batches.counts(BATCH.id) == {"accepted": 1, "rejected": 2, "done": 1}
    rejected = make_line(2, status=LineStatus.REJECTED, reason="mismatch", text="")
    assert await store.batches.rejected(BATCH.id) == [rejected, refused]
    with pytest.raises(Conflict):
        await store.keep([do.FinishBatchLine(BATCH.id, 1, None)], ())


async def test_the_same_batch_does_not_come_twice(store: Store) -> None:
    await store.keep([do.AddBatch(BATCH)], ())
    with pytest.raises(Conflict):
        await store.keep([do.AddBatch(BATCH)], ())


# Outbox


def make_notice(number: int, **changes: Any) -> Notice:
    values: dict[str, Any] = {
        "id": NoticeId(bytes([number])),
        "account": make_account().id,
        "channel": Channel.LETTER,
        "template": "activation",
        "sealed": b"sealed \x00\xff",
        "created_at": NOW + number * SECOND,
    }
    return Notice(**{**values, **changes})


async def queue(store: Store, furniture: Furniture, count: int) -> list[Notice]:
    await furniture.account()
    notices = [make_notice(number) for number in range(count)]
    await store.keep([do.QueueNotice(notice) for notice in notices], ())
    return notices


async def test_a_claimed_notice_is_nobody_elses_for_a_minute(
    store: Store, furniture: Furniture
) -> None:
    notices = await queue(store, furniture, 3)
    now = NOW + MINUTE
    first = await store.outbox.claim(2, now)
    assert first == [replace(notice, attempts=1) for notice in notices[:2]]
    assert [notice.id for notice in await store.outbox.claim(9, now)] == [notices[2].id]
    assert not await store.outbox.claim(9, now + MINUTE - SECOND)
    again = await store.outbox.claim(9, now + MINUTE)
    assert again == [replace(notice, attempts=2) for notice in notices]


async def test_a_notice_is_not_due_before_its_time(store: Store, furniture: Furniture) -> None:
    await queue(store, furniture, 2)
    assert [notice.id for notice in await store.outbox.claim(9, NOW)] == [NoticeId(b"\x00")]


async def test_a_delivered_notice_is_gone(store: Store, furniture: Furniture) -> None:
    notices = await queue(store, furniture, 1)
    await store.outbox.claim(1, NOW)
    await store.outbox.done(notices[0].id, NOW)
    assert not await store.outbox.claim(1, NOW + 60 * MINUTE)


async def test_a_delivered_notice_is_delivered_no_more(
    doors: StoreDoors, furniture: Furniture
) -> None:
    notices = await queue(doors, furniture, 1)
    await doors.outbox.done(notices[0].id, NOW)
    await doors.outbox.retry(notices[0].id, NOW)
    assert not await doors.outbox.claim(1, NOW + MINUTE)


async def test_a_notice_is_tried_again_at_the_time_told(store: Store, furniture: Furniture) -> None:
    notices = await queue(store, furniture, 1)
    await store.outbox.claim(1, NOW)
    await store.outbox.retry(notices[0].id, NOW + 60 * MINUTE)
    assert not await store.outbox.claim(1, NOW + 59 * MINUTE)
    again = await store.outbox.claim(1, NOW + 60 * MINUTE)
    assert again == [replace(notices[0], attempts=2)]


# Time


@pytest.mark.parametrize(
    ("card", "is_told"),
    [(None, True), (CardStatus.ORDERED, False), (CardStatus.PERSONALISED, True)],
)
async def test_a_holder_is_told_when_the_card_is_made(
    store: Store, furniture: Furniture, card: CardStatus | None, *, is_told: bool
) -> None:
    approved = make_account(status=AccountStatus.APPROVED, notified_at=None, activated_at=None)
    owner = await furniture.account(approved)
    await furniture.numbered_account(7)  # active: is not told
    if card:
        await furniture.card(make_card(status=card))
    assert await store.time.accounts_to_notify(10) == ([owner] if is_told else [])


async def test_accounts_are_told_page_by_page(store: Store, furniture: Furniture) -> None:
    for number in range(1, 6):
        opened_at = NOW + number * SECOND
        status = AccountStatus.APPROVED
        await furniture.numbered_account(number, status=status, opened_at=opened_at)
    page = await store.time.accounts_to_notify(3)
    assert [int.from_bytes(facts.account.id, "big") for facts in page] == [1, 2, 3]


async def test_windows_that_passed_are_found_until_they_are_marked(
    store: Store, furniture: Furniture
) -> None:
    owner = await furniture.account()
    await furniture.card(None, make_card_certificate())
    case = await furniture.case(make_case(self_service_until=NOW))
    assert not await store.time.windows_passed(NOW - SECOND, 10)
    passed = await store.time.windows_passed(NOW, 10)
    assert [(facts.case, facts.owner) for facts in passed] == [(case, owner)]
    assert passed[0].card == make_card(certificates=(make_card_certificate(),))
    await store.keep([do.MoveCase(case.to(CaseStatus.ASSISTED), case.status)], ())
    assert not await store.time.windows_passed(NOW, 10)


async def test_cards_are_good_to_the_last_day_printed(store: Store, furniture: Furniture) -> None:
    last = date(2026, 3, 1)
    cards = {}
    for number, status in enumerate(CardStatus, 1):
        owner = await furniture.numbered_account(number)
        key = CardId(identifier(status))
        card = make_card(
            id=key,
            holder=owner.holder.id,
            document_number=f"X{number}",
            status=status,
            valid_until=last,
        )
        one = make_card_certificate(serial=number, fingerprint=bytes([number]) * 32)
        two = replace(one, serial=100 + number, fingerprint=key * 2, profile="card_signature")
        await furniture.card(card, one, two)
        cards[status] = replace(card, certificates=(one, two))
    assert not await store.time.cards_expired(last, 10)
    in_force = {CardStatus.PERSONALISED, CardStatus.ACTIVE, CardStatus.SUSPENDED}
    found = await store.time.cards_expired(last + timedelta(days=1), 10)
    assert {facts.card.id: facts.card for facts in found} == {
        cards[status].id: cards[status] for status in in_force
    }
    assert all(facts.certificate_good for facts in found)
    assert len(await store.time.cards_expired(last + timedelta(days=1), 2)) == 2


async def test_a_card_without_an_end_does_not_expire(store: Store, furniture: Furniture) -> None:
    await furniture.account()
    await furniture.card(make_card(valid_until=None))
    assert not await store.time.cards_expired(date(9999, 1, 1), 10)


async def test_what_expired_is_purged_in_batches(store: Store) -> None:
    marks = [do.AddReplayMark(bytes([number]), NOW + number * SECOND) for number in range(10)]
    await store.keep(marks, ())
    assert [await store.time.purge(NOW + 6 * SECOND, 3) for _ in range(4)] == [3, 3, 1, 0]
    await store.keep([marks[0]], ())  # forgotten, so it may come again
    with pytest.raises(Conflict):
        await store.keep([marks[7]], ())


async def test_a_spent_code_is_remembered_while_its_token_lives__rfc6749_4_1_2(
    doors: StoreDoors, furniture: Furniture
) -> None:
    owner, _, client = await furniture.signed_in()
    code = await furniture.code()
    await doors.grants.spend_code(code.hash, client, NOW)
    until = NOW + 300 * SECOND
    await doors.keep([do.IssueAccessToken(owner.standing, b"token", code.grant, until)], ())
    assert await doors.time.purge(until - SECOND, 10) == 0
    assert await doors.grants.find_spent_code(code.hash, client) == code.grant
    assert await doors.time.purge(until, 10) == 2
    assert await doors.grants.find_spent_code(code.hash, client) is None
