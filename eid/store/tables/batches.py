"""Applications that came together, line by line."""

from sqlalchemy import Index

from eid.domain.application import LineStatus
from eid.store.tables.columns import Row, moment, octets, one_of, whole, words


class BatchRow(Row, table=True):
    """A batch; its identifier is the hash of what came."""

    __tablename__ = "batch"

    id: bytes = octets(key=True)
    received_at: int = moment()
    received_by: str = words()


class BatchLineRow(Row, table=True):
    """A line, its text while it waits, its outcome."""

    __tablename__ = "batch_line"
    __table_args__ = (one_of("status", LineStatus), Index(None, "batch", "status", "number"))

    batch: bytes = octets("batch.id", key=True)
    number: int = whole(key=True)
    text: str = words()
    status: str = words()
    reason: str | None = words()
