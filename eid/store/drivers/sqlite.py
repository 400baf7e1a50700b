"""SQLite by the standard library: WAL, one writer, on the event loop.

A statement takes microseconds, less than a hop to a thread and back. Waiting for another writer
must never happen inside SQLite, which would stall the whole server: a busy database is an error at
once, and we come back after a short sleep. Bulk work has its own connection, in a thread.
"""

import asyncio
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from eid.errors import Conflict, Misconfigured, StoreBusy
from eid.store.drivers import Part, Row, Statement, Values, check_storable

T = TypeVar("T")

FIRST_WAIT = 0.002
LONGEST_WAIT = 0.05
PRIMARY_CODE = 0xFF  # SQLite's extended codes keep the primary one in the low byte
MOVED_ON = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY,
    }
)


class SqliteDriver:
    """One connection for the event loop, one for bulk work.

    `patience` is how many seconds a busy database is tried again before `StoreBusy`.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self.sent = 0
        self._path = path
        self._patience = patience
        self._opened: sqlite3.Connection | None = None
        self._bulk: sqlite3.Connection | None = None
        self._bulk_turn = asyncio.Lock()

    async def open(self) -> None:
        """Connect to the file, which `upgrade` has made."""
        if not self._path.exists():
            raise Misconfigured(
                "there is no database at the configured path: `eid ceremony --keep` makes it"
            )
        self._opened = _connect(self._path)

    async def rows(self, statement: Statement, values: Values) -> Sequence[Row]:
        """Run one statement; outside a transaction it commits by itself."""
        return await self._fetch(statement, values)

    async def spend(self, change: Statement, look: Statement, values: Values) -> Sequence[Row]:
        """Change and commit; then look. No `await` stands in between."""
        changed = await self._fetch(change, values)
        if not changed:
            return ()
        found = self._connection.execute(look.sql, values).fetchall()
        return [{**_named(row), **_named(changed[0])} for row in found]

    async def keep(self, parts: Sequence[Part]) -> None:
        """All parts in one write transaction; nothing else runs on the connection meanwhile."""
        _check(parts)
        self.sent += 1
        await self._patiently(lambda: _transact(self._connection, parts))

    async def keep_many(self, parts: Sequence[Part]) -> None:
        """The same in a thread: hundreds of rows take longer than the loop may stand still."""
        _check(parts)
        self.sent += 1
        async with self._bulk_turn:
            if self._bulk is None:
                self._bulk = _connect(self._path, across_threads=True)
            bulk = self._bulk
            await self._patiently_in_thread(lambda: _transact(bulk, parts))

    async def close(self) -> None:
        """Close both connections."""
        async with self._bulk_turn:
            for connection in (self._bulk, self._opened):
                if connection is not None:
                    connection.close()
            self._bulk = self._opened = None

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            raise StoreBusy("the store is not open")
        return self._opened

    async def _fetch(self, statement: Statement, values: Values) -> list[sqlite3.Row]:
        check_storable(values.values())
        self.sent += 1
        # All rows are fetched: a statement that changes commits only then.
        return await self._patiently(
            lambda: self._connection.execute(statement.sql, values).fetchall()
        )

    async def _patiently(self, work: Callable[[], T]) -> T:
        waits = self._waits()
        while True:
            try:
                return work()
            except sqlite3.OperationalError as error:
                await _wait(error, waits)

    async def _patiently_in_thread(self, work: Callable[[], T]) -> T:
        waits = self._waits()
        while True:
            try:
                return await asyncio.to_thread(work)
            except sqlite3.OperationalError as error:
                await _wait(error, waits)

    def _waits(self) -> "_Waits":
        return _Waits(asyncio.get_running_loop().time() + self._patience)


class _Waits:
    """How long to sleep next: doubling, with jitter, so that rivals do not march in step."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._next = FIRST_WAIT

    async def once(self) -> None:
        left = self._deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise StoreBusy("another writer held the database")
        jitter = 0.5 + secrets.randbelow(1000) / 1000
        await asyncio.sleep(min(self._next * jitter, left))
        self._next = min(self._next * 2, LONGEST_WAIT)


async def _wait(error: sqlite3.OperationalError, waits: _Waits) -> None:
    if error.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_BUSY:
        raise error
    await waits.once()


def _connect(path: Path, *, across_threads: bool = False) -> sqlite3.Connection:
    """Open an existing database: it is made by `upgrade`, never by a mistyped name."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=0,
        isolation_level=None,
        check_same_thread=not across_threads,
        cached_statements=512,
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA busy_timeout = 0")
    connection.execute("PRAGMA foreign_keys = ON")
    # An acknowledged fact is on the disk.
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _transact(connection: sqlite3.Connection, parts: Sequence[Part]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement, group in groupby(parts, key=lambda part: part.statement):
            _apply(connection, statement, [part.values for part in group])
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.IntegrityError) and error.sqlite_errorcode in MOVED_ON:
            raise Conflict(str(error)) from None
        raise


def _apply(connection: sqlite3.Connection, statement: Statement, many: list[Values]) -> None:
    """Every change reaches one row by its key, so as many rows are touched as there are changes."""
    if len(many) == 1:
        touched = connection.execute(statement.sql, many[0]).rowcount
    else:
        touched = connection.executemany(statement.sql, many).rowcount
    if touched < len(many) and not statement.may_miss:
        raise Conflict(f"{statement.name} touched no row")


def _check(parts: Sequence[Part]) -> None:
    for part in parts:
        check_storable(part.values.values())


def _named(row: sqlite3.Row) -> dict[str, object]:
    return dict(zip(row.keys(), row, strict=True))
