"""One request, as the rooms see it: when it came, and the number it goes by."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """The single source of time and correlation inside a decision.

    `at` is aware UTC from the server's clock alone (CV-23); `trace` is the case number that a
    citizen reads on an error page and an operator finds in the log and the audit trail (AU-02).
    """

    at: datetime
    trace: str
