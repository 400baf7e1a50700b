"""Accounts and their e-ID cards."""

from eid.domain.account import Account, AccountStatus, Lock, LockGround
from eid.domain.assurance import AccountLevel
from eid.domain.card import ElectronicCard, ElectronicCardStatus
from eid.domain.facts import AccountFacts
from eid.domain.holder import Holder
from eid.domain.identifiers import AccountId, ElectronicCardId, HolderId
from eid.store.doors.columns import (
    as_json,
    can_be_there,
    from_json,
    micros,
    moment,
    moment_or_none,
)
from eid.store.doors.holders import read_holder
from eid.store.drivers import Driver, Row, Values
from eid.store.statements import accounts as sql


class AccountsDoor:
    """`eid.ports.Accounts`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def find(self, account: AccountId) -> AccountFacts | None:
        """Look an account up."""
        rows = await self._driver.rows(sql.FIND_ACCOUNT, {"id": account})
        return read_owner(rows[0]) if rows else None

    async def find_by_number(self, number: str) -> AccountFacts | None:
        """Look an account up by its holder's number."""
        if not can_be_there(number):
            return None
        rows = await self._driver.rows(sql.FIND_ACCOUNT_BY_NUMBER, {"number": number})
        return read_owner(rows[0]) if rows else None

    async def find_holder(self, number: str) -> Holder | None:
        """Look a holder up, with or without an account."""
        if not can_be_there(number):
            return None
        rows = await self._driver.rows(sql.FIND_HOLDER, {"number": number})
        return read_holder(rows[0]) if rows else None


def account_values(account: Account) -> Values:
    """The columns of table `account`, but for its version."""
    return {
        "id": account.id,
        "holder": account.holder,
        "level": None if account.level is None else account.level.value,
        "status": account.status.value,
        "opened_at": micros(account.opened_at),
        "notified_at": micros(account.notified_at),
        "activated_at": micros(account.activated_at),
        "locks": as_json([[lock.ground.value, lock.by, micros(lock.at)] for lock in account.locks]),
    }


def electronic_card_values(card: ElectronicCard) -> Values:
    """The columns of table `electronic_card`."""
    return {
        "id": card.id,
        "holder": card.holder,
        "account": card.account,
        "status": card.status.value,
    }


def read_owner(row: Row) -> AccountFacts:
    """An account with its holder, from the columns of the fragment `owner`."""
    account = AccountId(row["account_id"])
    holder = read_holder(row)
    return AccountFacts(
        account=_read_account(row, account, holder.id),
        version=row["account_version"],
        holder=holder,
        electronic_card=_read_electronic_card(row, account, holder.id),
    )


def _read_account(row: Row, account: AccountId, holder: HolderId) -> Account:
    level = row["account_level"]
    return Account(
        id=account,
        holder=holder,
        level=None if level is None else AccountLevel(level),
        status=AccountStatus(row["account_status"]),
        opened_at=moment(row["opened_at"]),
        notified_at=moment_or_none(row["notified_at"]),
        activated_at=moment_or_none(row["activated_at"]),
        locks=tuple(
            Lock(LockGround(ground), by, moment(at)) for ground, by, at in from_json(row["locks"])
        ),
    )


def _read_electronic_card(row: Row, account: AccountId, holder: HolderId) -> ElectronicCard | None:
    card = row["electronic_id"]
    if card is None:
        return None
    status = ElectronicCardStatus(row["electronic_status"])
    return ElectronicCard(ElectronicCardId(card), holder, account, status)
