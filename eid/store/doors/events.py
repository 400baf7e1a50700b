"""Audit events: the class's name, when, whose, and the rest as JSON. Bytes are hexadecimal."""

import secrets
from collections.abc import Sequence
from dataclasses import fields

from eid.domain.audit import AuditEvent
from eid.domain.identifiers import AccountId
from eid.domain.trail import KeptEvent
from eid.store.doors.columns import as_json, from_json, micros, moment
from eid.store.drivers import Driver, Row, Values
from eid.store.statements import work as sql

COMMON = frozenset({"visit", "account"})
RANDOM_OCTETS = 8
END = b"\xff" * (8 + RANDOM_OCTETS)  # no time is so late


class TrailDoor:
    """`eid.ports.Trail`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def before(self, place: bytes | None, limit: int) -> Sequence[KeptEvent]:
        """What stands before a place, or at the very end; newest first."""
        values: Values = {"before": END if place is None else place, "limit": limit}
        return _read(await self._driver.rows(sql.EVENTS_BEFORE, values))

    async def after(self, place: bytes, limit: int) -> Sequence[KeptEvent]:
        """What stands after a place, newest last."""
        values: Values = {"after": place, "limit": limit}
        return _read(await self._driver.rows(sql.EVENTS_AFTER, values))

    async def of_case(self, trace: str, after: bytes, limit: int) -> Sequence[KeptEvent]:
        """What stands under a case number after a place, newest last."""
        values: Values = {"trace": trace, "after": after, "limit": limit}
        return _read(await self._driver.rows(sql.EVENTS_OF_CASE, values))


def _read(rows: Sequence[Row]) -> Sequence[KeptEvent]:
    return [_read_event(row) for row in rows]


def _read_event(row: Row) -> KeptEvent:
    account = row["account"]
    return KeptEvent(
        place=bytes(row["id"]),
        at=moment(row["at"]),
        kind=row["kind"],
        trace=row["trace"],
        account=None if account is None else AccountId(bytes(account)),
        members=from_json(row["body"]),
    )


def event_values(event: AuditEvent) -> Values:
    """The columns of table `audit_event`."""
    at = micros(event.visit.at)
    return {
        # Time first: new rows lie together at the end of the index.
        "id": at.to_bytes(8, "big") + secrets.token_bytes(RANDOM_OCTETS),
        "kind": type(event).__name__,
        "at": at,
        "trace": event.visit.trace,
        "account": event.account,
        "body": as_json(_body(event)),
    }


def _body(event: AuditEvent) -> dict[str, object]:
    names = [field.name for field in fields(event) if field.name not in COMMON]
    return {name: _plain(getattr(event, name)) for name in names}


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value
