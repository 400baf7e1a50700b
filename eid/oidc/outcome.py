"""What a decision of this room comes to: an answer, what to change, and what to remember."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from eid.domain.audit import AuditEvent
from eid.domain.changes import Change

Answer_co = TypeVar("Answer_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Answer_co]):
    """A refusal is an answer too, with its events. Nothing to keep: nothing is written."""

    answer: Answer_co
    changes: tuple[Change, ...] = ()
    events: tuple[AuditEvent, ...] = ()
