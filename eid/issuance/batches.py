"""Applications in bulk: accepted line by line, processed in chunks, resumed after a crash."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from eid.domain import changes as do
from eid.domain.application import Batch, BatchLine, LineStatus
from eid.domain.audit import BatchReceived
from eid.domain.identifiers import BatchId
from eid.domain.visit import Visit
from eid.errors import BadDocument, Conflict, Malformed
from eid.issuance.applications import read_application
from eid.issuance.deciding import Acting, LineDecision, decide_line, gather_line
from eid.issuance.members import reason_of
from eid.issuance.policy import IssuancePolicy
from eid.ports import Registry, Store

_CHUNK: Final = 500
_TRIES: Final = 3

Progress = Callable[[int], None]
"""Called with the number of lines done so far in this run."""


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What became of the lines of a batch. `rejected` holds (line number, reason code) pairs."""

    batch: BatchId
    received: int
    accepted: int
    rejected: tuple[tuple[int, str], ...]


class Batches:
    """Takes batches in and works them off."""

    def __init__(self, store: Store, registry: Registry, policy: IssuancePolicy) -> None:
        self._store = store
        self._registry = registry
        self._policy = policy

    async def accept(self, visit: Visit, lines: Iterable[bytes], by: str) -> BatchReport:
        """Take a batch in: each line is accepted or rejected by itself, in NDJSON.

        The batch's name is the hash of its content, so the same batch again changes nothing; one
        whose intake broke off goes on where it stopped.
        """
        batch, read = read_batch(lines)
        for attempt in range(_TRIES):
            try:
                await self._keep_lines(visit, batch, read, by)
                break
            except Conflict:  # somebody takes in the same batch just now
                if attempt == _TRIES - 1:
                    raise
        return await self.report(batch)

    async def report(self, batch: BatchId) -> BatchReport:
        """How a batch stands. What was accepted may have been refused since."""
        counts = await self._store.batches.counts(batch)
        rejected = await self._store.batches.rejected(batch)
        received = sum(counts.values())
        return BatchReport(
            batch=batch,
            received=received,
            accepted=received - len(rejected),
            rejected=tuple((line.number, line.reason or "") for line in rejected),
        )

    async def process(
        self,
        visit: Visit,
        batch: BatchId,
        chunk: int = _CHUNK,
        progress: Progress = lambda _: None,
    ) -> Mapping[str, int]:
        """Work off every unfinished line, a chunk a transaction; give the counts by status back.

        Raises:
            RegistryAway: what was done so far stays; asking again goes on from there.
        """
        done = 0
        while lines := await self._store.batches.unfinished(batch, chunk):
            try:
                await self._process_chunk(visit, lines)
            except Conflict:  # one line spoils the chunk: find it
                for line in lines:
                    await self._process_line(visit, line)
            done += len(lines)
            progress(done)
        return await self._store.batches.counts(batch)

    async def _keep_lines(
        self, visit: Visit, batch: BatchId, lines: Sequence[BatchLine], by: str
    ) -> None:
        known = await self._store.batches.is_known(batch)
        kept = sum((await self._store.batches.counts(batch)).values()) if known else 0
        if known and kept == len(lines):
            return
        first: list[do.Change] = [] if known else [do.AddBatch(Batch(batch, visit.at, by))]
        for begin in range(kept, max(len(lines), kept + 1), _CHUNK):
            part = lines[begin : begin + _CHUNK]
            is_last = begin + _CHUNK >= len(lines)
            events = [_received(visit, batch, lines)] if is_last else []
            await self._store.keep_many([*first, *map(do.AddBatchLine, part)], events)
            first = []

    async def _process_chunk(self, visit: Visit, lines: Sequence[BatchLine]) -> None:
        opened: dict[str, Acting] = {}
        decisions = []
        for line in lines:
            decision = await self._consider(visit, line, opened)
            opened |= decision.opened
            decisions.append(decision)
        await self._store.keep_many(
            [change for decision in decisions for change in decision.changes],
            [event for decision in decisions for event in decision.events],
        )

    async def _process_line(self, visit: Visit, line: BatchLine) -> None:
        for _ in range(_TRIES):
            decision = await self._consider(visit, line, {})
            try:
                await self._store.keep_many(decision.changes, decision.events)
            except Conflict:
                continue
            return
        try:
            await self._store.keep_many(
                [do.FinishBatchLine(line.batch, line.number, Conflict.code)], []
            )
        except Conflict:  # another process has finished this line meanwhile
            return

    async def _consider(
        self, visit: Visit, line: BatchLine, opened: Mapping[str, Acting]
    ) -> LineDecision:
        facts = await gather_line(self._store, self._registry, line, opened)
        return decide_line(visit, line, facts, self._policy)


def read_batch(lines: Iterable[bytes]) -> tuple[BatchId, list[BatchLine]]:
    """Name a batch and look at each of its lines; empty lines count in the numbering alone."""
    content = hashlib.sha256()
    looked: list[tuple[int, str, str | None]] = []
    numbers: set[str] = set()
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip(b"\r\n")
        content.update(line + b"\n")
        if line.strip():
            reason = _rejection(line, numbers)
            looked.append((number, "" if reason else line.decode(), reason))
    batch = BatchId(content.digest())
    return batch, [
        BatchLine(batch, number, text, _status(reason), reason) for number, text, reason in looked
    ]


def _rejection(line: bytes, numbers: set[str]) -> str | None:
    """Why a line is not even accepted for work, as a reason code; None where it is."""
    try:
        number = read_application(line).holder.number
    except BadDocument as error:
        return reason_of(error)
    except Malformed as error:
        return error.code
    if number in numbers:
        return "duplicate_number"
    numbers.add(number)
    return None


def _status(reason: str | None) -> LineStatus:
    return LineStatus.REJECTED if reason else LineStatus.ACCEPTED


def _received(visit: Visit, batch: BatchId, lines: Sequence[BatchLine]) -> BatchReceived:
    rejected = sum(line.status is LineStatus.REJECTED for line in lines)
    return BatchReceived(
        visit=visit, batch=batch, accepted=len(lines) - rejected, rejected=rejected
    )
