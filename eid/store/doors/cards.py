"""Chip cards, their orders, certificates and documents."""

from collections.abc import Sequence
from itertools import groupby

from eid.domain.card import (
    CardCertificate,
    CardDocument,
    CardOrder,
    CardStatus,
    ChipCard,
    OrderStatus,
)
from eid.domain.facts import CardFacts, OrderFacts
from eid.domain.identifiers import CardId, DocumentNumber, HolderId, OrderId
from eid.store.doors.accounts import read_owner
from eid.store.doors.columns import (
    can_be_there,
    day,
    day_or_none,
    iso,
    micros,
    moment,
    read_serial,
    serial_octets,
)
from eid.store.drivers import Driver, Row, Values
from eid.store.statements import cards as sql
from keys.pki.register import CertificateStatus

AUTHENTICATION = "card_authentication"


class CardsDoor:
    """`eid.ports.Cards`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def standing(self, fingerprint: bytes) -> CardFacts | None:
        """What the register knows of the certificate with this SHA-256 fingerprint."""
        rows = await self._driver.rows(sql.STANDING, {"fingerprint": fingerprint})
        own = [row for row in rows if row["certificate_fingerprint"] == fingerprint]
        return _facts(rows, own) if rows else None

    async def document_standing(self, fingerprint: bytes) -> CardFacts | None:
        """What is known of the document with this SHA-256 fingerprint."""
        rows = await self._driver.rows(sql.DOCUMENT_STANDING, {"fingerprint": fingerprint})
        # A chip with one key that must not be believed is not believed at all.
        return _facts(rows, rows) if rows else None

    async def find_by_holder(self, number: str) -> CardFacts | None:
        """The newest card of a holder, with the state of its authentication certificate."""
        if not can_be_there(number):
            return None
        rows = await self._driver.rows(sql.FIND_BY_HOLDER, {"number": number})
        return read_card_facts(rows) if rows else None

    async def requested_orders(self, after: OrderId | None, limit: int) -> Sequence[OrderFacts]:
        """Orders that the bureau has not been given yet, page by page."""
        values = {"after": after or b"", "limit": limit}
        rows = await self._driver.rows(sql.REQUESTED_ORDERS, values)
        return [_read_order(own) for own in by_noun(rows, "order_id")]

    async def find_order(self, order: OrderId) -> OrderFacts | None:
        """Look an order up."""
        rows = await self._driver.rows(sql.FIND_ORDER, {"id": order})
        return _read_order(rows) if rows else None


def by_noun(rows: Sequence[Row], key: str) -> list[list[Row]]:
    """Rows come in order, one for each certificate: put together what belongs to one noun."""
    return [list(own) for _, own in groupby(rows, key=lambda row: row[key])]


def card_values(card: ChipCard) -> Values:
    """The columns of table `chip_card`."""
    return {
        "id": card.id,
        "holder": card.holder,
        "document_number": card.document_number,
        "status": card.status.value,
        "issued": iso(card.issued),
        "valid_until": iso(card.valid_until),
    }


def order_values(order: CardOrder) -> Values:
    """The columns of table `card_order`."""
    return {
        "id": order.id,
        "card": order.card,
        "status": order.status.value,
        "requested_at": micros(order.requested_at),
        "document": order.document,
    }


def certificate_values(
    card: CardId, certificate: CardCertificate, public_key_hash: bytes
) -> Values:
    """The columns of table `card_certificate`."""
    return {
        "serial": serial_octets(certificate.serial),
        "card": card,
        "profile": certificate.profile,
        "fingerprint": certificate.fingerprint,
        "not_after": micros(certificate.not_after),
        "public_key_hash": public_key_hash,
    }


def document_values(card: CardId, document: CardDocument) -> Values:
    """The columns of table `card_document`."""
    return {
        "fingerprint": document.fingerprint,
        "card": card,
        "active_key_hash": document.active_key_hash,
        "made_at": micros(document.made_at),
    }


def read_card(rows: Sequence[Row]) -> ChipCard:
    """A card from the columns of the fragment `card`, one row for each certificate."""
    row = rows[0]
    return ChipCard(
        id=CardId(row["card_id"]),
        holder=HolderId(row["card_holder"]),
        document_number=DocumentNumber(row["document_number"]),
        status=CardStatus(row["card_status"]),
        issued=day(row["issued"]),
        valid_until=day_or_none(row["valid_until"]),
        certificates=tuple(
            _read_certificate(own) for own in rows if own["certificate_serial"] is not None
        ),
    )


def read_card_facts(rows: Sequence[Row]) -> CardFacts:
    """A card, its owner, and whether its authentication certificate counts."""
    return _facts(rows, [row for row in rows if row["certificate_profile"] == AUTHENTICATION])


def _facts(rows: Sequence[Row], asked: Sequence[Row]) -> CardFacts:
    """Only what the register calls GOOD is good; nothing at all is not."""
    good = bool(asked) and all(
        row["certificate_status"] == CertificateStatus.GOOD.value for row in asked
    )
    return CardFacts(read_card(rows), good, read_owner(rows[0]))


def _read_certificate(row: Row) -> CardCertificate:
    return CardCertificate(
        profile=row["certificate_profile"],
        serial=read_serial(row["certificate_serial"]),
        fingerprint=row["certificate_fingerprint"],
        not_after=moment(row["certificate_not_after"]),
    )


def _read_order(rows: Sequence[Row]) -> OrderFacts:
    row = rows[0]
    order = CardOrder(
        id=OrderId(row["order_id"]),
        card=CardId(row["card_id"]),
        status=OrderStatus(row["order_status"]),
        requested_at=moment(row["requested_at"]),
        document=row["document"],
    )
    return OrderFacts(order, read_card(rows), read_owner(row))
