"""Accounts, their e-ID cards and their activation cases."""

from sqlalchemy import CheckConstraint, Index, text

from eid.domain.account import AccountStatus
from eid.domain.activation import CaseStatus
from eid.domain.card import ElectronicCardStatus
from eid.store.tables.columns import Row, moment, octets, one_of, whole, words

APPROVED = text("status = 'approved'")


class AccountRow(Row, table=True):
    """An account. `version` counts its changes; decisions rest on the one they saw."""

    __tablename__ = "account"
    __table_args__ = (
        one_of("status", AccountStatus),
        CheckConstraint("level IN (1, 2)", name="level"),
        # Few accounts wait for their notice at a time; the millions that live are not in here.
        Index("ix_account_approved", "opened_at", sqlite_where=APPROVED, postgresql_where=APPROVED),
    )

    id: bytes = octets(key=True)
    holder: bytes = octets("holder.id", unique=True)
    level: int | None = whole()
    status: str = words()
    opened_at: int = moment()
    notified_at: int | None = moment()
    activated_at: int | None = moment()
    locks: str = words()
    version: int = whole()


class ElectronicCardRow(Row, table=True):
    """The e-ID card: one per citizen."""

    __tablename__ = "electronic_card"
    __table_args__ = (one_of("status", ElectronicCardStatus),)

    id: bytes = octets(key=True)
    holder: bytes = octets("holder.id", unique=True)
    account: bytes = octets("account.id", unique=True)
    status: str = words()


class ActivationCaseRow(Row, table=True):
    """An activation case; a case does not die, so an account has one."""

    __tablename__ = "activation_case"
    __table_args__ = (
        one_of("status", CaseStatus),
        CheckConstraint("attempts_left >= 0", name="attempts_left"),
        Index(None, "status", "self_service_until"),
    )

    id: bytes = octets(key=True)
    account: bytes = octets("account.id", unique=True)
    link_hash: bytes = octets(unique=True)
    code_hash: bytes = octets()
    attempts_left: int = whole()
    self_service_until: int = moment()
    status: str = words()
    browser_hash: bytes | None = octets()
