"""Who may act for whom."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from eid.domain.identifiers import HolderId, MandateId


class MandateKind(StrEnum):
    """Why somebody may act for somebody else."""

    GUARDIAN = "guardian"
    REPRESENTATIVE = "representative"


@dataclass(frozen=True, slots=True)
class Mandate:
    """`by` may act for `for_whom` between two days; an open end means until it is withdrawn."""

    id: MandateId
    for_whom: HolderId
    by: HolderId
    kind: MandateKind
    valid_from: date
    valid_until: date | None
