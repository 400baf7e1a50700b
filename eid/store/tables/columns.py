"""The five kinds of column, no others, that mean the same on SQLite and PostgreSQL.

SQLModel's own choices do not: its `int` has 32 bits on PostgreSQL, its enum stores names in a
native type, its datetime is naive on SQLite. So each column names its type.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, LargeBinary, MetaData, Text
from sqlmodel import Field, SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Row(SQLModel):
    """A table's row. Rows are the schema's source; the doors turn rows into nouns and back."""

    metadata = MetaData(naming_convention=NAMES)


def octets(refers_to: str | None = None, *, key: bool = False, unique: bool = False) -> Any:
    """Bytes: identifiers, hashes, serial numbers, sealed content."""
    return _column(LargeBinary, refers_to, key=key, unique=unique)


def words(refers_to: str | None = None, *, key: bool = False, unique: bool = False) -> Any:
    """Text without NUL: words, enum values, ISO dates, JSON."""
    return _column(Text, refers_to, key=key, unique=unique)


def whole(*, key: bool = False) -> Any:
    """A 64-bit whole number."""
    return _column(BigInteger, None, key=key, unique=False)


def moment() -> Any:
    """Microseconds since 1970, UTC."""
    return whole()


def truth() -> Any:
    """True or false."""
    return _column(Boolean, None, key=False, unique=False)


def one_of(column: str, values: type[StrEnum] | tuple[str, ...]) -> CheckConstraint:
    """An enum is its value plus this check."""
    quoted = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({quoted})", name=column)


def _column(sa_type: Any, refers_to: str | None, *, key: bool, unique: bool) -> Any:
    arguments: dict[str, Any] = {"sa_type": sa_type}
    if refers_to is not None:
        arguments["foreign_key"] = refers_to
    if key:
        # Never a number that the database counts up: identifiers come with the noun.
        arguments |= {"primary_key": True, "sa_column_kwargs": {"autoincrement": False}}
    if unique:
        arguments["unique"] = True
    return Field(**arguments)
