"""The activation case: from the notice to a live account. A case does not die."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from eid.domain.identifiers import AccountId, CaseId
from eid.errors import IllegalMove


class CaseStatus(StrEnum):
    """OPEN, CODE_ACCEPTED, DONE; or ASSISTED when the window passed or attempts were used up."""

    OPEN = "open"
    CODE_ACCEPTED = "code_accepted"
    ASSISTED = "assisted"
    DONE = "done"


CASE_MOVES: dict[CaseStatus, frozenset[CaseStatus]] = {
    CaseStatus.OPEN: frozenset({CaseStatus.CODE_ACCEPTED, CaseStatus.ASSISTED, CaseStatus.DONE}),
    CaseStatus.CODE_ACCEPTED: frozenset(
        {CaseStatus.CODE_ACCEPTED, CaseStatus.ASSISTED, CaseStatus.DONE}
    ),
    CaseStatus.ASSISTED: frozenset({CaseStatus.OPEN, CaseStatus.DONE}),
    CaseStatus.DONE: frozenset(),
}


@dataclass(frozen=True, slots=True)
class ActivationCase:
    """`link_hash` and `code_hash` are all we keep of the link and the code that were sent.

    `browser_hash` names the browser in which the code was accepted: the proof must follow there
    (AC-06). Self-service ends at `self_service_until` (Decree 69/2024, Art. 14).
    """

    id: CaseId
    account: AccountId
    link_hash: bytes
    code_hash: bytes
    attempts_left: int
    self_service_until: datetime
    status: CaseStatus
    browser_hash: bytes | None = None

    def to(self, status: CaseStatus) -> "ActivationCase":
        """Move along the case's life, or raise `IllegalMove`."""
        if status not in CASE_MOVES[self.status]:
            raise IllegalMove(f"case {self.status} -> {status}")
        return replace(self, status=status)
