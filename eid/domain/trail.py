"""The audit trail, read again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from eid.domain.identifiers import AccountId


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event as it was written down, also where its class has changed since.

    Attributes:
        place: where in the trail it stands; later times have greater places.
        at: when, aware UTC.
        kind: the name of its class.
        trace: the case number of the request.
        account: whose account it touched, if known.
        members: what else it says; identifiers of octets in hexadecimal.
    """

    place: bytes
    at: datetime
    kind: str
    trace: str
    account: AccountId | None
    members: Mapping[str, object]
