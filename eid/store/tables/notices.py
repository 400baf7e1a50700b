"""The outbox, and the audit trail."""

from sqlalchemy import Index

from eid.domain.notice import Channel
from eid.store.tables.columns import Row, moment, octets, one_of, whole, words


class OutboxRow(Row, table=True):
    """A notice on its way. When delivered it is due no more, and its sealed content is gone."""

    __tablename__ = "outbox"
    __table_args__ = (one_of("channel", Channel), Index(None, "due_at"))

    id: bytes = octets(key=True)
    account: bytes = octets("account.id")
    channel: str = words()
    template: str = words()
    sealed: bytes | None = octets()
    created_at: int = moment()
    attempts: int = whole()
    due_at: int | None = moment()
    done_at: int | None = moment()


class AuditEventRow(Row, table=True):
    """What happened. `account` may be only claimed, so it points at nothing by force."""

    __tablename__ = "audit_event"
    __table_args__ = (Index(None, "trace", "id"),)

    id: bytes = octets(key=True)
    kind: str = words()
    at: int = moment()
    trace: str = words()
    account: bytes | None = octets()
    body: str = words()
