"""PostgreSQL by asyncpg: a pool, and statements prepared once per shape.

A `keep` is folded into one statement, so it is one round trip and one commit:

    WITH k0 AS (UPDATE ... RETURNING 1), k1 AS (INSERT ... RETURNING 1)
    SELECT 1 / (CASE WHEN EXISTS (SELECT 1 FROM k0) AND EXISTS (SELECT 1 FROM k1) THEN 1 ELSE 0 END)

A change that touched no row divides by zero, and the whole statement is undone. All parts read one
snapshot and do not see each other's rows; foreign keys are checked at the end.
"""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any

import asyncpg

from eid.errors import Conflict, StoreBusy
from eid.store.drivers import Part, Row, Statement, Values, check_storable

NAME = re.compile(r"(?<!:):([a-z_]+)")
FOLD_AT_MOST = 24  # longer lists have too many shapes to prepare
SHAPES = 1024
TEXT_AT_MOST = 64 * 1024
STATEMENT_SECONDS = 10  # a database that hangs is a busy one (PL-03)

AWAY = (
    OSError,  # TimeoutError is one
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what the client may say of a connection cut under its hands
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.LockNotAvailableError,
)
MOVED_ON = (
    asyncpg.DivisionByZeroError,
    asyncpg.UniqueViolationError,
    asyncpg.ForeignKeyViolationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)

Compose = Callable[[tuple[Statement, ...], list[str]], str]
"""Makes one text of the numbered texts of its parts."""

Shape = tuple[str, tuple[tuple[int, str], ...]]
"""A text with `$n`, and for each n which part's which value goes there."""


class PostgresDriver:
    """A pool of at most `size` connections.

    `patience` is how many seconds a free connection or a row's lock is waited for.
    """

    def __init__(self, url: str, size: int, patience: float) -> None:
        self.sent = 0
        self._url = url
        self._size = size
        self._patience = patience
        self._opened: Any = None
        self._shapes: dict[tuple[Compose, tuple[Statement, ...]], Shape] = {}

    async def open(self) -> None:
        """Open the pool.

        asyncpg would send a reset query on every release, a third of all round trips. Nothing here
        sets session state, takes session locks or listens, so there is nothing to reset.
        """
        try:
            self._opened = await asyncpg.create_pool(
                self._url,
                min_size=min(2, self._size),
                max_size=self._size,
                reset=_leave_as_it_is,
                command_timeout=STATEMENT_SECONDS,
                statement_cache_size=SHAPES,
                max_cached_statement_lifetime=0,
                max_cacheable_statement_size=TEXT_AT_MOST,
                server_settings={
                    "application_name": "eid",
                    "jit": "off",  # compiling costs more than any statement here
                    "lock_timeout": f"{self._patience * 1000:.0f}",
                },
            )
        except AWAY as error:
            raise StoreBusy(type(error).__name__) from error

    async def rows(self, statement: Statement, values: Values) -> Sequence[Row]:
        """Run one statement; outside a transaction it commits by itself."""
        return await self._fetch((statement,), (values,), _single)

    async def spend(self, change: Statement, look: Statement, values: Values) -> Sequence[Row]:
        """Change and look in one statement; the look sees what was before the change."""
        return await self._fetch((change, look), (values, values), _spending)

    async def keep(self, parts: Sequence[Part]) -> None:
        """One folded statement."""
        if len(parts) > FOLD_AT_MOST:
            await self.keep_many(parts)
            return
        statements = tuple(part.statement for part in parts)
        try:
            await self._fetch(statements, [part.values for part in parts], _folded)
        except MOVED_ON as error:
            raise Conflict(type(error).__name__) from None

    async def keep_many(self, parts: Sequence[Part]) -> None:
        """An explicit transaction; consecutive changes of one kind travel together."""
        for part in parts:
            check_storable(part.values.values())
        self.sent += 1
        try:
            async with self._connection() as connection, connection.transaction():
                for statement, group in groupby(parts, key=lambda part: part.statement):
                    await self._apply(connection, statement, [part.values for part in group])
        except MOVED_ON as error:
            raise Conflict(type(error).__name__) from None

    async def close(self) -> None:
        """Close the pool."""
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    async def _apply(self, connection: Any, statement: Statement, many: list[Values]) -> None:
        sql, order = self._shape((statement,), _touching)
        arguments = [[values[name] for _, name in order] for values in many]
        touched = await connection.fetchmany(sql, arguments)
        if len(touched) < len(many) and not statement.may_miss:
            raise Conflict(f"{statement.name} touched no row")

    async def _fetch(
        self, statements: tuple[Statement, ...], values: Sequence[Values], compose: Compose
    ) -> Sequence[Row]:
        sql, order = self._shape(statements, compose)
        arguments = [values[part][name] for part, name in order]
        check_storable(arguments)
        self.sent += 1
        async with self._connection() as connection:
            found: Sequence[Row] = await connection.fetch(sql, *arguments)
            return found

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        if self._opened is None:
            raise StoreBusy("the store is not open")
        try:
            async with self._opened.acquire(timeout=self._patience) as connection:
                yield connection
        except AWAY as error:
            if isinstance(error, asyncpg.DataError):  # our mistake, not the server's absence
                raise
            raise StoreBusy(type(error).__name__) from error

    def _shape(self, statements: tuple[Statement, ...], compose: Compose) -> Shape:
        key = (compose, statements)
        shape = self._shapes.get(key)
        if shape is None:
            order: list[tuple[int, str]] = []
            texts = [_numbered(at, part.sql, order) for at, part in enumerate(statements)]
            shape = self._shapes[key] = (compose(statements, texts), tuple(order))
        return shape


async def _leave_as_it_is(_: object) -> None:
    return None


def _numbered(at: int, sql: str, order: list[tuple[int, str]]) -> str:
    """Turn `:name` into `$n`; `order` grows by what is new."""

    def number(match: re.Match[str]) -> str:
        value = (at, match[1])
        if value not in order:
            order.append(value)
        return f"${order.index(value) + 1}"

    return NAME.sub(number, sql)


def _single(_: tuple[Statement, ...], texts: list[str]) -> str:
    return texts[0]


def _touching(_: tuple[Statement, ...], texts: list[str]) -> str:
    return f"{texts[0]} RETURNING 1"


def _spending(_: tuple[Statement, ...], texts: list[str]) -> str:
    change, look = texts
    # Joined from statements of `eid.store.statements` alone; values travel apart, as `$n`.
    return f"WITH s AS ({change}), l AS ({look}) SELECT l.*, s.* FROM s CROSS JOIN l"  # noqa: S608 - see above


def _folded(statements: tuple[Statement, ...], texts: list[str]) -> str:
    parts = ", ".join(f"k{at} AS ({text} RETURNING 1)" for at, text in enumerate(texts))
    touched = [
        f"EXISTS (SELECT 1 FROM k{at})"  # noqa: S608 - a number
        for at, statement in enumerate(statements)
        if not statement.may_miss
    ]
    every = " AND ".join(touched) or "TRUE"
    return f"WITH {parts} SELECT 1 / (CASE WHEN {every} THEN 1 ELSE 0 END)"
