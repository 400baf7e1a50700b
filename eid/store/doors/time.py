"""What time alone changes."""

from collections.abc import Sequence
from datetime import date, datetime

from eid.domain.facts import AccountFacts, CardFacts, CaseFacts
from eid.store.doors.accounts import read_owner
from eid.store.doors.cards import by_noun, read_card_facts
from eid.store.doors.cases import read_case_facts
from eid.store.doors.columns import iso, micros
from eid.store.drivers import Driver, Values
from eid.store.statements import accounts, cards, work


class TimeDoor:
    """`eid.ports.TimePassing`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def accounts_to_notify(self, limit: int) -> Sequence[AccountFacts]:
        """Approved accounts whose holder has no chip card to come, or one that is made."""
        rows = await self._driver.rows(accounts.ACCOUNTS_TO_NOTIFY, {"limit": limit})
        return [read_owner(row) for row in rows]

    async def windows_passed(self, now: datetime, limit: int) -> Sequence[CaseFacts]:
        """Cases whose self-service has ended and that are not marked so yet."""
        values: Values = {"now": micros(now), "limit": limit}
        rows = await self._driver.rows(accounts.WINDOWS_PASSED, values)
        return [read_case_facts(own) for own in by_noun(rows, "case_id")]

    async def cards_expired(self, today: date, limit: int) -> Sequence[CardFacts]:
        """Cards in force past their printed date."""
        values: Values = {"today": iso(today), "limit": limit}
        rows = await self._driver.rows(cards.CARDS_EXPIRED, values)
        return [read_card_facts(own) for own in by_noun(rows, "card_id")]

    async def purge(self, now: datetime, limit: int) -> int:
        """Delete what has expired, `limit` rows at most; say how many went."""
        gone = 0
        for statement in work.PURGE:
            if gone < limit:
                values: Values = {"now": micros(now), "limit": limit - gone}
                gone += len(await self._driver.rows(statement, values))
        return gone
