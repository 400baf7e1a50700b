"""All or nothing, resting on what was seen; and what is sent for it."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from builders import NOW, identifier, make_account, make_citizen, make_session, make_visit
from integration.store.furniture import Furniture, make_code, make_grant

from eid.domain import changes as do
from eid.domain.account import AccountStatus, Lock, LockGround
from eid.domain.audit import EVENTS, AuditEvent, CodeIssued, ConsentGiven, LoggedOut, TokensIssued
from eid.domain.handles import digest
from eid.domain.identifiers import AccountId, ClientId, HolderId, NoticeId
from eid.domain.notice import Channel, Notice
from eid.errors import Conflict, Malformed
from eid.ports import Store
from eid.store import StoreDoors
from eid.store.drivers import Statement, path_of
from eid.store.drivers.postgres import FOLD_AT_MOST

pytestmark = pytest.mark.anyio

UNTIL = NOW + timedelta(minutes=5)
EVENT = TokensIssued(
    visit=make_visit(), account=make_account().id, client=ClientId("c"), grant=make_grant().id
)
EVENTS_KEPT = Statement("events", "SELECT kind, at, trace, account, body FROM audit_event")


def mark(number: int) -> do.AddReplayMark:
    return do.AddReplayMark(bytes([number]), UNTIL)


async def keep(store: Store, *changes: do.Change) -> None:
    await store.keep(changes, ())


async def keep_many(store: Store, *changes: do.Change) -> None:
    await store.keep_many(changes, ())


WAYS = pytest.mark.parametrize("way", [keep, keep_many])


@WAYS
@pytest.mark.parametrize("spoilt_at", [0, 1, 2, 40])
async def test_nothing_is_half_kept(store: Store, way: Callable[..., Any], spoilt_at: int) -> None:
    await store.keep([mark(200)], ())
    changes = [mark(number) for number in range(41)]
    changes[spoilt_at] = mark(200)
    with pytest.raises(Conflict):
        await way(store, *changes)
    await way(store, *[mark(number) for number in range(41)])  # none of them was there


async def test_no_event_is_written_of_what_was_not_kept__AU_04(doors: StoreDoors) -> None:
    await doors.keep([mark(1)], [EVENT])
    for way in (doors.keep, doors.keep_many):
        with pytest.raises(Conflict):
            await way([mark(2), mark(1)], [EVENT])
    assert len(await doors.driver.rows(EVENTS_KEPT, {})) == 1


async def test_what_is_told_of_is_not_kept_without_its_event__AU_04(doors: StoreDoors) -> None:
    spoilt = TokensIssued(visit=make_visit(trace="\0"), client=ClientId("c"), grant=make_grant().id)
    for way in (doors.keep, doors.keep_many):
        with pytest.raises(Malformed):
            await way([mark(1)], [spoilt])
    await doors.keep([mark(1)], ())


async def test_an_event_is_kept_word_for_word(doors: StoreDoors) -> None:
    told = ConsentGiven(
        visit=make_visit(trace="trace-ü"),
        account=make_account().id,
        client=ClientId("tax"),
        asked=("name", "phone"),
        given=("name",),
    )
    coded = CodeIssued(visit=make_visit(), client=ClientId("tax"), grant=make_grant().id)
    await doors.keep([], [told, coded])
    kept = {row["kind"]: row for row in await doors.driver.rows(EVENTS_KEPT, {})}
    consent, code = kept["ConsentGiven"], kept["CodeIssued"]
    assert (consent["trace"], bytes(consent["account"])) == ("trace-ü", make_account().id)
    assert consent["at"] == int(NOW.timestamp()) * 1_000_000
    assert json.loads(consent["body"]) == {
        "client": "tax",
        "asked": ["name", "phone"],
        "given": ["name"],
    }
    assert code["account"] is None
    assert json.loads(code["body"]) == {"client": "tax", "grant": make_grant().id.hex()}


async def test_every_event_of_the_catalogue_can_be_kept(doors: StoreDoors) -> None:
    await doors.keep([], [invented(kind) for kind in EVENTS])
    kept = {
        row["kind"]: json.loads(row["body"]) for row in await doors.driver.rows(EVENTS_KEPT, {})
    }
    assert set(kept) == {kind.__name__ for kind in EVENTS}
    for kind in EVENTS:
        own = set(kind.__dataclass_fields__) - {"visit", "account"}
        assert set(kept[kind.__name__]) == own


def invented(kind: type[AuditEvent]) -> AuditEvent:
    """Any event, its fields filled by their annotations."""
    texts = {"str": "text", "int": 2, "int | None": None, "tuple[str, ...]": ("a", "b")}
    values: dict[str, Any] = {}
    for name, field in kind.__dataclass_fields__.items():
        if name not in {"visit", "account"}:
            spelt = getattr(field.type, "__name__", str(field.type))
            values[name] = texts.get(str(spelt), texts.get(str(field.type), b"\x01"))
    return kind(visit=make_visit(), account=None, **values)


async def test_keeping_nothing_sends_nothing(doors: StoreDoors) -> None:
    await doors.keep([], [])
    await doors.keep_many([], [])
    assert doors.driver.sent == 0


# Standing


def on_standing(store_session: str, standing: do.Standing) -> do.AddSession:
    name = identifier(store_session)
    return do.AddSession(standing, make_session(store_session, id=name))


async def test_a_change_rests_on_the_version_that_was_seen(
    store: Store, furniture: Furniture
) -> None:
    seen = await furniture.account()
    await store.keep([do.MoveAccount(seen.account, seen.version)], ())
    with pytest.raises(Conflict):
        await store.keep([on_standing("late", seen.standing)], ())
    assert await store.grants.sign_on(digest("late"), None, NOW) is None


@pytest.mark.parametrize("status", [s for s in AccountStatus if s is not AccountStatus.ACTIVE])
async def test_a_change_rests_on_an_active_account(
    store: Store, furniture: Furniture, status: AccountStatus
) -> None:
    seen = await furniture.account(make_account(status=status))
    with pytest.raises(Conflict):
        await store.keep([on_standing("new", seen.standing)], ())


@WAYS
async def test_a_lock_between_gathering_and_keeping_wins(
    store: Store, furniture: Furniture, way: Callable[..., Any]
) -> None:
    owner, _, client = await furniture.signed_in()
    code = await furniture.code()
    facts = await store.grants.spend_code(code.hash, client, NOW)
    assert facts
    lock = Lock(LockGround.HOLDER_ASKED, "holder", NOW)
    await store.keep([do.MoveAccount(owner.account.lock(lock), owner.version)], ())
    token = do.IssueAccessToken(facts.owner.standing, digest("t"), code.grant, UNTIL)
    with pytest.raises(Conflict):
        await way(store, mark(1), token)
    assert await store.grants.find_token(digest("t"), NOW) is None
    await store.keep([mark(1)], ())  # nor was the other change kept


async def test_a_lock_that_is_not_committed_yet_wins_too(
    doors: StoreDoors, furniture: Furniture, database: str
) -> None:
    """A guard that only looked would not see it: the token of a locked account would live."""
    owner, _, client = await furniture.signed_in()
    code = await furniture.code()
    facts = await doors.grants.spend_code(code.hash, client, NOW)
    assert facts
    token = do.IssueAccessToken(facts.owner.standing, digest("t"), code.grant, UNTIL)
    async with somebody(database, LOCK, account=owner.account.id):
        keeping = asyncio.create_task(doors.keep([token], ()))
        await asyncio.sleep(0.1)
        assert not keeping.done()
    with pytest.raises(Conflict):
        await keeping
    assert await doors.grants.find_token(digest("t"), NOW) is None


async def test_a_sign_in_that_is_not_committed_yet_ends_with_the_lock__CV_34(
    doors: StoreDoors, furniture: Furniture, database: str
) -> None:
    """A lock that looked for sessions before it waited would miss it: alive after an unlock."""
    owner = await furniture.account()
    locked = owner.account.lock(Lock(LockGround.HOLDER_ASKED, "holder", NOW))
    changes: list[do.Change] = [
        do.MoveAccount(locked, owner.version),
        do.EndSessionsOf(owner.account.id, NOW),
    ]
    async with somebody(database, GUARD, SIGN_IN, account=owner.account.id):
        locking = asyncio.create_task(doors.keep(changes, ()))
        await asyncio.sleep(0.1)
        assert not locking.done()
    await locking
    opened = do.MoveAccount(owner.account, owner.version + 1)
    await doors.keep([opened], ())
    assert await doors.grants.sign_on(digest("slipped in"), None, NOW) is None


LOCK = "UPDATE account SET status = 'locked', version = version + 1 WHERE id = {account}"
GUARD = "UPDATE account SET version = version WHERE id = {account}"
SIGN_IN = (
    "INSERT INTO login_session(id, handle_hash, account, events, started_at, idle_until, ends_at) "
    "VALUES ({id}, {handle}, {account}, '[]', 0, 9999999999999999, 9999999999999999)"
)


@asynccontextmanager
async def somebody(database: str, *work: str, account: AccountId) -> AsyncIterator[None]:
    """Another connection that has done this, and commits when the block ends."""
    path = path_of(database)
    form = "X'{}'" if path else "'\\x{}'"
    values = {
        name: form.format(value.hex())
        for name, value in {
            "account": account,
            "id": b"slipped in 16 by",
            "handle": digest("slipped in"),
        }.items()
    }
    texts = [text.format(**values) for text in work]
    if path is not None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for text in texts:
            other.execute(text)
        yield
        other.execute("COMMIT")
        other.close()
        return
    connection = await asyncpg.connect(database)
    async with connection.transaction():
        for text in texts:
            await connection.execute(text)
        yield
    await connection.close()


async def test_two_changes_rest_on_one_standing(store: Store, furniture: Furniture) -> None:
    seen = await furniture.account()
    await store.keep([on_standing("one", seen.standing), on_standing("two", seen.standing)], ())
    for name in ("one", "two"):
        assert await store.grants.sign_on(digest(name), None, NOW)


async def test_an_account_is_not_touched_twice_in_one_keep(
    doors: StoreDoors, furniture: Furniture
) -> None:
    seen = await furniture.account()
    twice: list[do.Change] = [do.MoveAccount(seen.account, 1), on_standing("new", seen.standing)]
    with pytest.raises(ValueError, match="one account"):
        await doors.keep(twice, ())


async def test_what_breaks_a_check_is_our_mistake_and_no_conflict(
    doors: StoreDoors, furniture: Furniture
) -> None:
    await furniture.account()
    await furniture.card()
    wrong = do.RevokeCertificate(1001, NOW, "because")
    for way in (doors.keep, doors.keep_many):
        with pytest.raises((sqlite3.IntegrityError, asyncpg.CheckViolationError)):
            await way([wrong], ())


async def test_what_points_at_nothing_is_a_conflict(doors: StoreDoors) -> None:
    for way in (doors.keep, doors.keep_many):
        with pytest.raises(Conflict):
            await way([do.OpenAccount(make_account())], ())


# Bulk


async def test_bulk_work_mixes_new_rows_and_changes(store: Store) -> None:
    """Line by line, as rooms list them; the store puts together what travels together."""
    count = 120
    changes: list[do.Change] = []
    for number in range(1, count + 1):
        key = number.to_bytes(16, "big")
        account = make_account(
            id=AccountId(key), holder=HolderId(key), status=AccountStatus.APPROVED
        )
        notice = Notice(NoticeId(key), account.id, Channel.LETTER, "t", b"sealed", NOW)
        changes += [
            do.AddHolder(make_citizen(id=HolderId(key), number=f"{number:012}")),
            do.OpenAccount(account),
            do.QueueNotice(notice),
            do.MoveAccount(account.notify(NOW), 1),
            do.MoveAccount(replace(account, status=AccountStatus.CLOSED), 2),
        ]
    events = [LoggedOut(visit=make_visit(), session=make_session().id)] * count
    await store.keep_many(changes, events)
    for number in (1, 60, count):
        facts = await store.accounts.find_by_number(f"{number:012}")
        assert facts
        assert (facts.version, facts.account.status) == (3, AccountStatus.CLOSED)
    assert len(await store.outbox.claim(1000, NOW)) == count


@pytest.mark.parametrize("count", [1, FOLD_AT_MOST, FOLD_AT_MOST + 1, 250])
async def test_a_keep_of_any_length_is_one_transaction(doors: StoreDoors, count: int) -> None:
    before = doors.driver.sent
    await doors.keep([mark(number) for number in range(count)], ())
    assert doors.driver.sent - before == 1
    with pytest.raises(Conflict):
        await doors.keep([mark(251), mark(0)], ())


# Budgets


async def test_statements_of_a_sign_in_at_an_agency(
    doors: StoreDoors, furniture: Furniture
) -> None:
    """Authorize 2, token 2, userinfo 1."""
    owner, session, client = await furniture.signed_in()
    await doors.clients.find(client)
    sent = [doors.driver.sent]

    def count() -> int:
        sent.append(doors.driver.sent)
        return sent[-1] - sent[-2]

    signed_on = await doors.grants.sign_on(session.handle_hash, client, NOW)
    assert await doors.clients.find(client)
    assert signed_on
    code = make_code("code", make_grant())
    standing = signed_on.owner.standing
    issue = do.IssueCode(standing, make_grant(), code)
    touch = do.TouchSession(session.id, session.idle_until)
    await doors.keep([issue, touch], [EVENT])
    assert count() == 2

    facts = await doors.grants.spend_code(code.hash, client, NOW)
    assert facts
    token = do.IssueAccessToken(facts.owner.standing, digest("t"), facts.grant.id, UNTIL)
    await doors.keep([token, mark(1)], [EVENT])
    assert count() == 2

    found = await doors.grants.find_token(digest("t"), NOW)
    assert found
    assert found.owner == owner
    assert count() == 1
