"""The chip card of plastic, its certificates, and the e-ID card (căn cước điện tử)."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from eid.domain.identifiers import (
    AccountId,
    CardId,
    DocumentNumber,
    ElectronicCardId,
    HolderId,
    OrderId,
)
from eid.errors import IllegalMove


class CardStatus(StrEnum):
    """From ORDERED to ACTIVE, which may be SUSPENDED; REVOKED and EXPIRED are final."""

    ORDERED = "ordered"
    PERSONALISED = "personalised"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"


CARD_MOVES: dict[CardStatus, frozenset[CardStatus]] = {
    CardStatus.ORDERED: frozenset({CardStatus.PERSONALISED, CardStatus.REVOKED}),
    CardStatus.PERSONALISED: frozenset({CardStatus.ACTIVE, CardStatus.REVOKED, CardStatus.EXPIRED}),
    CardStatus.ACTIVE: frozenset({CardStatus.SUSPENDED, CardStatus.REVOKED, CardStatus.EXPIRED}),
    CardStatus.SUSPENDED: frozenset({CardStatus.ACTIVE, CardStatus.REVOKED, CardStatus.EXPIRED}),
    CardStatus.REVOKED: frozenset(),
    CardStatus.EXPIRED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class CardCertificate:
    """A certificate on the card: which profile, under which serial, until when."""

    profile: str
    serial: int
    fingerprint: bytes
    not_after: datetime


@dataclass(frozen=True, slots=True)
class CardDocument:
    """The document that the chip carries for readers of passports (ICAO Doc 9303-10).

    Attributes:
        fingerprint: SHA-256 of its security object, as the issuer signed it.
        active_key_hash: SHA-256 of the public key by which the chip shows that it is no copy.
        made_at: when it was signed.
    """

    fingerprint: bytes
    active_key_hash: bytes
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ChipCard:
    """The plastic. `valid_until` is the last day printed on it; None means it does not expire."""

    id: CardId
    holder: HolderId
    document_number: DocumentNumber
    status: CardStatus
    issued: date
    valid_until: date | None
    certificates: tuple[CardCertificate, ...] = ()

    def to(self, status: CardStatus) -> "ChipCard":
        """Move along the card's life, or raise `IllegalMove`."""
        if status not in CARD_MOVES[self.status]:
            raise IllegalMove(f"card {self.status} -> {status}")
        return replace(self, status=status)

    def is_expired(self, on: date) -> bool:
        """Whether that day lies after the last day printed on the card."""
        return self.valid_until is not None and on > self.valid_until


class ElectronicCardStatus(StrEnum):
    """The e-ID card follows its account."""

    ISSUED = "issued"
    ACTIVE = "active"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class ElectronicCard:
    """One per citizen, born with a level 2 account (Decree 69/2024, Art. 28)."""

    id: ElectronicCardId
    holder: HolderId
    account: AccountId
    status: ElectronicCardStatus


class OrderStatus(StrEnum):
    """REQUESTED at the bureau, KEYED when its report came, COMPLETED when the pack was made."""

    REQUESTED = "requested"
    KEYED = "keyed"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class CardOrder:
    """What the bureau was asked to make. `document` is the JSON text that was sent.

    Once the order is completed, the text is kept without what nobody needs to know again.
    """

    id: OrderId
    card: CardId
    status: OrderStatus
    requested_at: datetime
    document: str
