"""Activation cases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from eid.domain.activation import ActivationCase, CaseStatus
from eid.domain.facts import CaseFacts
from eid.domain.identifiers import AccountId, CaseId
from eid.store.doors.accounts import read_owner
from eid.store.doors.cards import read_card
from eid.store.doors.columns import micros, moment
from eid.store.drivers import Driver, Row, Values
from eid.store.statements import accounts as sql


class CasesDoor:
    """`eid.ports.Cases`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def find(self, link_hash: bytes) -> CaseFacts | None:
        """Look a case up by the hash of its link."""
        rows = await self._driver.rows(sql.FIND_CASE, {"link_hash": link_hash})
        return read_case_facts(rows) if rows else None

    async def find_by_account(self, account: AccountId) -> CaseFacts | None:
        """Look a case up by its account."""
        rows = await self._driver.rows(sql.FIND_CASE_BY_ACCOUNT, {"account": account})
        return read_case_facts(rows) if rows else None

    async def take_attempt(self, link_hash: bytes, now: datetime) -> CaseFacts | None:
        """Use up one attempt and commit; None when there is none to take."""
        values: Values = {"link_hash": link_hash, "now": micros(now)}
        rows = await self._driver.spend(sql.TAKE_ATTEMPT, sql.FIND_CASE, values)
        if not rows:
            return None
        seen = read_case_facts(rows)
        return replace(seen, case=replace(seen.case, attempts_left=rows[0]["left_now"]))


def case_values(case: ActivationCase) -> Values:
    """The columns of table `activation_case`."""
    return {
        "id": case.id,
        "account": case.account,
        "link_hash": case.link_hash,
        "code_hash": case.code_hash,
        "attempts_left": case.attempts_left,
        "self_service_until": micros(case.self_service_until),
        "status": case.status.value,
        "browser_hash": case.browser_hash,
    }


def read_case_facts(rows: Sequence[Row]) -> CaseFacts:
    """A case, its owner, and the holder's newest card, one row for each certificate on it."""
    row = rows[0]
    case = ActivationCase(
        id=CaseId(row["case_id"]),
        account=AccountId(row["case_account"]),
        link_hash=row["link_hash"],
        code_hash=row["code_hash"],
        attempts_left=row["attempts_left"],
        self_service_until=moment(row["self_service_until"]),
        status=CaseStatus(row["case_status"]),
        browser_hash=row["browser_hash"],
    )
    card = None if row["card_id"] is None else read_card(rows)
    return CaseFacts(case, read_owner(row), card)
