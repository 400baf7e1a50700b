"""Ordering a chip card: what the bureau is asked to make, and the changes that ask for it."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from eid.domain import changes as do
from eid.domain.card import CardOrder, CardStatus, ChipCard, OrderStatus
from eid.domain.holder import Citizen
from eid.domain.identifiers import CardId, DocumentNumber, OrderId, new_id
from eid.issuance.documents import CardHolder, OrderDocument, WantedKey, build_order
from eid.issuance.policy import IssuancePolicy
from eid.vietnam import mrz_profile, rules

_DIGITS: Final = 8
_ACCESS_DIGITS: Final = 6  # ICAO Doc 9303-11, 4.1: printed on the card
# SP 800-73-4, part 1, 3.1.3 and 3.2: the keys of the PIV application.
_SLOTS: Final = (
    ("9A", "card_authentication"),
    ("9C", "card_signature"),
    ("9D", "card_key_agreement"),
    ("9E", "card_presence"),
)
# ICAO Doc 9303-11, 6.1 and 6.2: the keys of the passport application. The algorithm stands in its
# files, where it is one for all cards.
_PASSPORT_SLOTS: Final = (("AA", "active_authentication"), ("CA", "chip_authentication"))
_PASSPORT_ALGORITHM: Final = "ES256"


@dataclass(frozen=True, slots=True)
class OrderedCard:
    """A card on its way, and the changes that order it."""

    card: ChipCard
    changes: tuple[do.Change, ...]


def order_card(policy: IssuancePolicy, holder: Citizen, issued: date, at: datetime) -> OrderedCard:
    """Order a citizen's chip card with that day of issue.

    Raises:
        Malformed: the latin name cannot be printed.
    """
    card = ChipCard(
        id=CardId(new_id()),
        holder=holder.id,
        document_number=new_document_number(policy.document_prefix),
        status=CardStatus.ORDERED,
        issued=issued,
        valid_until=rules.card_valid_until(holder.born, issued),
    )
    order_id = OrderId(new_id())
    document = build_order(_document(policy, order_id, card, holder))
    order = CardOrder(order_id, card.id, OrderStatus.REQUESTED, at, document)
    return OrderedCard(card, (do.AddChipCard(card), do.AddCardOrder(order)))


def new_document_number(prefix: str) -> DocumentNumber:
    """A letter and eight random digits: nothing can be counted. The store keeps it unique."""
    return DocumentNumber(f"{prefix}{secrets.randbelow(10**_DIGITS):0{_DIGITS}}")


def new_access_number() -> str:
    """Six random digits: who has not seen the card cannot work them out from what it says."""
    return f"{secrets.randbelow(10**_ACCESS_DIGITS):0{_ACCESS_DIGITS}}"


def _document(
    policy: IssuancePolicy, order: OrderId, card: ChipCard, holder: Citizen
) -> OrderDocument:
    return OrderDocument(
        order=order,
        card=card.id,
        document_number=card.document_number,
        holder=CardHolder(
            number=holder.number,
            name=holder.name.full,
            latin_name=holder.name.latin,
            born=holder.born,
            sex=holder.sex.value,
            nationality=holder.nationality,
        ),
        issued=card.issued,
        valid_until=card.valid_until,
        mrz=mrz_profile.build_mrz(
            holder.number, holder.name, holder.born, holder.sex, card.valid_until
        ),
        keys=(
            *(WantedKey(slot, profile, policy.algorithm) for slot, profile in _SLOTS),
            *(WantedKey(slot, use, _PASSPORT_ALGORITHM) for slot, use in _PASSPORT_SLOTS),
        ),
        can=new_access_number(),
    )
