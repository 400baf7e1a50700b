"""Audit events: the class's name, when, whose, and the rest as JSON. Bytes are hexadecimal."""

import secrets
from dataclasses import fields

from eid.domain.audit import AuditEvent
from eid.store.doors.columns import as_json, micros
from eid.store.drivers import Values

COMMON = frozenset({"visit", "account"})
RANDOM_OCTETS = 8


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
