"""What a decision comes to: a result or a refusal, and what shall be kept of it."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from eid.domain.audit import AuditEvent
from eid.domain.changes import Change
from eid.errors import EidError

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T_co]):
    """A refusal is a result as well: its events are kept first, then it is raised."""

    result: T_co | EidError
    changes: tuple[Change, ...] = ()
    events: tuple[AuditEvent, ...] = ()

    def settle(self) -> T_co:
        """Hand the result back, or raise the refusal. To be called once all is kept."""
        if isinstance(self.result, EidError):
            raise self.result
        return self.result
