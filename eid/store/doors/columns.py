"""How values lie in columns: microseconds, ISO days, JSON text, octets."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, overload

from eid.store.drivers import is_storable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SERIAL_OCTETS = 20  # RFC 5280 section 4.1.2.2: a serial number has at most so many


@overload
def micros(at: datetime) -> int: ...
@overload
def micros(at: datetime | None) -> int | None: ...
def micros(at: datetime | None) -> int | None:
    """An aware time as microseconds since 1970; a naive one is a `TypeError`."""
    return None if at is None else (at - EPOCH) // MICROSECOND


def moment(value: int) -> datetime:
    """Microseconds as an aware time in UTC."""
    return EPOCH + timedelta(microseconds=value)


def moment_or_none(value: int | None) -> datetime | None:
    """As `moment`, where there may be none."""
    return None if value is None else moment(value)


@overload
def iso(day: date) -> str: ...
@overload
def iso(day: date | None) -> str | None: ...
def iso(day: date | None) -> str | None:
    """A day as it sorts: 2026-03-02."""
    return None if day is None else day.isoformat()


def day(value: str) -> date:
    """Read an ISO day."""
    return date.fromisoformat(value)


def day_or_none(value: str | None) -> date | None:
    """As `day`, where there may be none."""
    return None if value is None else day(value)


def as_json(value: object) -> str:
    """JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def from_json(value: str) -> Any:
    """Read JSON text."""
    return json.loads(value)


def words(values: Iterable[str]) -> str:
    """Words in their order, as a JSON array."""
    return as_json(list(values))


def word_set(values: Iterable[str]) -> str:
    """A set of words, as a sorted JSON array: the same set is the same text."""
    return as_json(sorted(values))


def read_words(value: str) -> tuple[str, ...]:
    """Read what `words` wrote."""
    return tuple(from_json(value))


def read_word_set(value: str) -> frozenset[str]:
    """Read what `word_set` wrote."""
    return frozenset(from_json(value))


def serial_octets(serial: int) -> bytes:
    """A certificate's serial number, which no 64-bit column holds."""
    return serial.to_bytes(SERIAL_OCTETS, "big")


def read_serial(value: bytes) -> int:
    """Read what `serial_octets` wrote."""
    return int.from_bytes(value, "big")


def can_be_there(text: str) -> bool:
    """Whether any row could hold this text, which may come from a stranger."""
    return is_storable(text)
