"""Chip cards, their certificates, documents and orders, and the register of what was certified."""

from sqlalchemy import Index, text

from eid.domain.card import CardStatus, OrderStatus
from eid.store.tables.columns import Row, moment, octets, one_of, words
from keys.pki.register import CertificateStatus, RevocationReason

BARRED = text("status IN ('HELD', 'REVOKED')")


class ChipCardRow(Row, table=True):
    """The plastic."""

    __tablename__ = "chip_card"
    __table_args__ = (
        one_of("status", CardStatus),
        Index(None, "holder", "issued"),
        Index(None, "status", "valid_until"),
    )

    id: bytes = octets(key=True)
    holder: bytes = octets("holder.id")
    document_number: str = words(unique=True)
    status: str = words()
    issued: str = words()
    valid_until: str | None = words()


class CardOrderRow(Row, table=True):
    """What the bureau was asked to make."""

    __tablename__ = "card_order"
    __table_args__ = (one_of("status", OrderStatus), Index(None, "status", "id"))

    id: bytes = octets(key=True)
    card: bytes = octets("chip_card.id", unique=True)
    status: str = words()
    requested_at: int = moment()
    document: str = words()


class CertificateRow(Row, table=True):
    """The register: one row for each serial number ever reserved, before the signature exists."""

    __tablename__ = "certificate"
    __table_args__ = (
        one_of("status", CertificateStatus),
        one_of("reason", RevocationReason),
        Index("ix_certificate_barred", "serial", sqlite_where=BARRED, postgresql_where=BARRED),
    )

    serial: bytes = octets(key=True)
    profile: str = words()
    subject: str = words()
    not_before: int = moment()
    not_after: int = moment()
    status: str = words()
    fingerprint: bytes | None = octets(unique=True)
    revoked_at: int | None = moment()
    reason: str | None = words()


class CardCertificateRow(Row, table=True):
    """Which certificate is on which card; whether it counts, the register alone knows."""

    __tablename__ = "card_certificate"
    __table_args__ = (Index(None, "card"),)

    serial: bytes = octets("certificate.serial", key=True)
    card: bytes = octets("chip_card.id")
    profile: str = words()
    fingerprint: bytes = octets(unique=True)
    not_after: int = moment()
    public_key_hash: bytes = octets(unique=True)


class CardDocumentRow(Row, table=True):
    """Which document is on which card: one at most."""

    __tablename__ = "card_document"

    fingerprint: bytes = octets(key=True)
    card: bytes = octets("chip_card.id", unique=True)
    active_key_hash: bytes = octets(unique=True)
    made_at: int = moment()
