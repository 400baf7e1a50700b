"""Run a statement, run a transaction; nothing else. Both drivers keep the same promises.

A change is a statement that touches rows. `keep` applies all changes or none; one that touches no
row means that the world moved on, and raises `Conflict`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

from eid.errors import Malformed, Misconfigured

Value = bytes | str | int | bool | None
Values = Mapping[str, Value]

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")


class Row(Protocol):
    """What a look brings home, by column name."""

    def __getitem__(self, column: str, /) -> Any:
        """The column's value."""
        ...


@dataclass(frozen=True, eq=False)
class Statement:
    """One SQL text that both databases take, with `:name` for what is filled in.

    Attributes:
        name: for the log and the tests.
        sql: without a trailing RETURNING where it is a change: the drivers count touched rows.
        table: which table it changes; empty for a look.
        may_miss: touching no row is no conflict.
        shared: listed twice with the same values it is run once.
    """

    name: str
    sql: str
    table: str = ""
    may_miss: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One statement of a transaction with its values."""

    statement: Statement
    values: Values


class Driver(Protocol):
    """A database behind statements. `sent` counts round trips, for budgets in tests."""

    sent: int

    async def open(self) -> None:
        """Connect; raises `StoreBusy` when the server is away, `Misconfigured` without a file."""
        ...

    async def rows(self, statement: Statement, values: Values) -> Sequence[Row]:
        """Run one statement on its own, committed, and hand back what it returns."""
        ...

    async def spend(self, change: Statement, look: Statement, values: Values) -> Sequence[Row]:
        """Change, commit, and look; no rows when the change touched none.

        Rows hold the columns of both. The look may see the changed row as it was before: the
        change hands back what it altered.
        """
        ...

    async def keep(self, parts: Sequence[Part]) -> None:
        """All or nothing. No two parts touch one row, none reads what another writes."""
        ...

    async def keep_many(self, parts: Sequence[Part]) -> None:
        """All or nothing, in order, for bulk work."""
        ...

    async def close(self) -> None:
        """Let the connections go."""
        ...


def path_of(url: str) -> Path | None:
    """The file that a `sqlite:///PATH` names; None for a PostgreSQL URL."""
    if url.startswith(SQLITE) and len(url) > len(SQLITE):
        return Path(unquote(url.removeprefix(SQLITE)))
    if url.startswith(POSTGRES):
        return None
    raise Misconfigured("the database is sqlite:///PATH or postgresql://user@host:port/name")


def is_storable(value: Value) -> bool:
    """Whether both databases can hold it: PostgreSQL takes no NUL, neither takes a surrogate."""
    if type(value) is not str:
        return True
    return "\0" not in value and (value.isascii() or not _has_surrogate(value))


def check_storable(values: Iterable[Value]) -> None:
    """Refuse text that one of the databases would not take; both then behave alike."""
    for value in values:
        if not is_storable(value):
            raise Malformed("text with a NUL or a lone surrogate")


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
