"""The file behind an account: received, approved or refused; and the batches they come in."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from eid.domain.assurance import AccountLevel
from eid.domain.identifiers import ApplicationId, BatchId, HolderId


class ApplicationStatus(StrEnum):
    """RECEIVED, then APPROVED or REFUSED."""

    RECEIVED = "received"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Application:
    """What a holder asks for, and by when the law wants an answer."""

    id: ApplicationId
    holder: HolderId
    wanted: AccountLevel | None
    received_at: datetime
    due: date
    status: ApplicationStatus
    decided_at: datetime | None = None
    reason: str | None = None


class LineStatus(StrEnum):
    """ACCEPTED for work, REJECTED with a reason, or DONE."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One line of a batch: its number from 1, its text while it waits, its outcome."""

    batch: BatchId
    number: int
    text: str
    status: LineStatus
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Applications that came together. Its id is the hash of what came: the same twice is one."""

    id: BatchId
    received_at: datetime
    received_by: str
