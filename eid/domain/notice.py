"""A notice to a holder, waiting in the outbox."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from eid.domain.identifiers import AccountId, NoticeId


class Channel(StrEnum):
    """How a notice travels. A text message never carries a link (AC-20)."""

    MESSAGE = "message"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class Notice:
    """`template` names the words; `sealed` holds the address and values, encrypted at rest."""

    id: NoticeId
    account: AccountId
    channel: Channel
    template: str
    sealed: bytes
    created_at: datetime
    attempts: int = 0
