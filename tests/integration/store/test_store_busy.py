"""A database that is busy or away: `StoreBusy` in time, nothing half done, the loop runs on."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from builders import NOW, make_visit
from integration.store.furniture import Furniture

from eid.domain import changes as do
from eid.domain.audit import AuditEvent, DemoPersonArranged
from eid.domain.challenge import Challenge, ChallengePurpose
from eid.errors import Misconfigured, StoreBusy
from eid.store import PATIENCE, StoreDoors, open_store
from eid.store.drivers import path_of

pytestmark = pytest.mark.anyio

LOGIN = ChallengePurpose.LOGIN
CHALLENGE = Challenge("n", LOGIN, "https://eid.example", b"b", NOW, NOW + timedelta(minutes=2))
MARK = do.AddReplayMark(b"k", NOW)
EVENT: AuditEvent = DemoPersonArranged(visit=make_visit())
SHORT = 0.15


@contextmanager
def writer(database: str) -> Iterator[sqlite3.Connection]:
    """Another process that holds the one write lock of SQLite."""
    path = path_of(database)
    assert path
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
    finally:
        if other.in_transaction:
            other.execute("ROLLBACK")
        other.close()


def now() -> float:
    return asyncio.get_running_loop().time()


def test_patience_is_two_seconds() -> None:
    assert PATIENCE == 2.0


@pytest.mark.parametrize("way", [StoreDoors.keep, StoreDoors.keep_many])
async def test_a_busy_database_is_given_up_in_time(
    sqlite_database: str, way: Callable[..., object]
) -> None:
    async with open_store(sqlite_database, patience=SHORT) as store:
        with writer(sqlite_database):
            begun, ticks = now(), asyncio.create_task(ticking())
            with pytest.raises(StoreBusy):
                await way(store, [MARK], [EVENT])  # type: ignore[misc]
            assert SHORT * 0.9 <= now() - begun < SHORT * 6
            ticks.cancel()
            # A busy timeout inside SQLite would have let nothing else run.
            assert ticks.done() or await longest(ticks) < SHORT / 2
        await store.keep([MARK], [EVENT])  # nothing was half kept


gaps: list[float] = []


async def ticking() -> None:
    gaps.clear()
    last = now()
    while True:
        await asyncio.sleep(0.001)
        gaps.append(now() - last)
        last = now()


async def longest(task: asyncio.Task[None]) -> float:
    await asyncio.gather(task, return_exceptions=True)
    assert gaps
    return max(gaps)


async def test_a_secret_is_not_spent_by_a_busy_database(sqlite_database: str) -> None:
    async with open_store(sqlite_database, patience=SHORT) as store:
        await store.keep([do.AddChallenge(CHALLENGE)], ())
        with writer(sqlite_database), pytest.raises(StoreBusy):
            await store.challenges.spend("n", LOGIN, b"b", NOW)
        assert await store.challenges.spend("n", LOGIN, b"b", NOW) == CHALLENGE


async def test_readers_do_not_wait_for_the_writer(sqlite_database: str) -> None:
    async with open_store(sqlite_database, patience=0) as store:
        furniture = Furniture(store)
        owner = await furniture.account()
        with writer(sqlite_database):
            assert await store.accounts.find(owner.account.id) == owner


async def test_a_writer_that_is_soon_done_is_waited_for(sqlite_database: str) -> None:
    async with open_store(sqlite_database) as store:
        with writer(sqlite_database) as other:
            keeping = asyncio.create_task(store.keep([MARK], ()))
            await asyncio.sleep(0.05)
            assert not keeping.done()
            other.execute("ROLLBACK")
            await keeping


async def test_bulk_work_does_not_stop_the_loop(sqlite_database: str) -> None:
    marks = [do.AddReplayMark(number.to_bytes(4, "big"), NOW) for number in range(3000)]
    async with open_store(sqlite_database) as store:
        bulk = asyncio.create_task(store.keep_many(marks, ()))
        await asyncio.sleep(0)
        looks = 0
        while not bulk.done():
            assert await store.accounts.find_holder("1") is None
            await asyncio.sleep(0)
            looks += 1
        await bulk
        assert looks > 1
        assert await store.time.purge(NOW, 5000) == 3000


async def test_every_fact_is_on_the_disk_before_it_is_acknowledged(sqlite_database: str) -> None:
    async with open_store(sqlite_database) as store:
        connection = store.driver._connection  # type: ignore[attr-defined]
        pragmas = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    full = 2
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 0,
    }


async def test_a_mistyped_path_makes_no_database(tmp_path: Path) -> None:
    path = tmp_path / "mistyped.sqlite3"
    store = open_store(f"sqlite:///{path}")
    with pytest.raises(Misconfigured):
        await store.open()
    assert not path.exists()


async def test_a_store_that_is_not_open_is_busy(database: str) -> None:
    store = open_store(database)
    with pytest.raises(StoreBusy):
        await store.keep([MARK], ())
    await store.close()  # harmless


# PostgreSQL


@pytest.mark.postgres
async def test_a_row_that_stays_locked_is_given_up_in_time(postgres_database: str) -> None:
    async with open_store(postgres_database, patience=SHORT) as store:
        furniture = Furniture(store)
        owner = await furniture.account()
        other = await asyncpg.connect(postgres_database)
        lock = other.transaction()
        await lock.start()
        await other.execute("SELECT 1 FROM account FOR UPDATE")
        move = do.MoveAccount(owner.account.close(), owner.version)
        with pytest.raises(StoreBusy):
            await store.keep([MARK, move], ())
        await lock.rollback()
        await other.close()
        await store.keep([MARK, move], ())  # nothing was half kept


@pytest.mark.postgres
async def test_a_pool_that_is_used_up_is_given_up_in_time(postgres_database: str) -> None:
    async with open_store(postgres_database, pool=1, patience=SHORT) as store:
        async with store.driver._connection():  # type: ignore[attr-defined]
            with pytest.raises(StoreBusy):
                await store.accounts.find_holder("1")
        assert await store.accounts.find_holder("1") is None


@pytest.mark.postgres
async def test_connections_that_were_cut_are_replaced(postgres_database: str) -> None:
    async with open_store(postgres_database, pool=2) as store:
        other = await asyncpg.connect(postgres_database)
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'eid'"
        )
        await other.close()
        for _ in range(3):  # at most one failure for each connection of the pool
            try:
                await store.keep([MARK], ())
                break
            except StoreBusy:
                continue
        assert await store.time.purge(NOW, 10) == 1


@pytest.mark.postgres
async def test_a_server_that_is_away_is_busy(tmp_path: Path) -> None:
    store = open_store(f"postgresql://eid@/eid?host={tmp_path}")
    with pytest.raises(StoreBusy):
        await store.open()
