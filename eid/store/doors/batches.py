"""Batches of applications, line by line."""

from collections.abc import Mapping, Sequence

from eid.domain.application import Batch, BatchLine, LineStatus
from eid.domain.identifiers import BatchId
from eid.store.doors.columns import micros
from eid.store.drivers import Driver, Row, Values
from eid.store.statements import work as sql


class BatchesDoor:
    """`eid.ports.Batches`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def is_known(self, batch: BatchId) -> bool:
        """Whether this very batch came before."""
        return bool(await self._driver.rows(sql.FIND_BATCH, {"id": batch}))

    async def unfinished(self, batch: BatchId, limit: int) -> Sequence[BatchLine]:
        """The next accepted lines, in order."""
        rows = await self._driver.rows(sql.UNFINISHED, {"batch": batch, "limit": limit})
        return [_read_line(row) for row in rows]

    async def counts(self, batch: BatchId) -> Mapping[str, int]:
        """How many lines stand at each status."""
        rows = await self._driver.rows(sql.COUNTS, {"batch": batch})
        return {row["status"]: row["lines"] for row in rows}

    async def rejected(self, batch: BatchId) -> Sequence[BatchLine]:
        """The rejected lines, in order."""
        rows = await self._driver.rows(sql.REJECTED, {"batch": batch})
        return [_read_line(row) for row in rows]


def batch_values(batch: Batch) -> Values:
    """The columns of table `batch`."""
    received_at = micros(batch.received_at)
    return {"id": batch.id, "received_at": received_at, "received_by": batch.received_by}


def line_values(line: BatchLine) -> Values:
    """The columns of table `batch_line`."""
    return {
        "batch": line.batch,
        "number": line.number,
        "text": line.text,
        "status": line.status.value,
        "reason": line.reason,
    }


def finish_values(batch: BatchId, number: int, reason: str | None) -> Values:
    """A line's outcome: DONE has no reason, REJECTED has one."""
    status = LineStatus.DONE if reason is None else LineStatus.REJECTED
    return {"batch": batch, "number": number, "status": status.value, "reason": reason}


def _read_line(row: Row) -> BatchLine:
    status = LineStatus(row["status"])
    return BatchLine(BatchId(row["batch"]), row["number"], row["text"], status, row["reason"])
