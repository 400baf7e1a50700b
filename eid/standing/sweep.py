"""What time alone changes: windows of activation that passed, cards that expired, old rows."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from eid.domain import changes as do
from eid.domain.account import LockGround
from eid.domain.activation import CaseStatus
from eid.domain.audit import WindowPassed
from eid.domain.card import CardStatus
from eid.domain.facts import CardFacts, CaseFacts
from eid.domain.visit import Visit
from eid.errors import Conflict
from eid.ports import Store
from eid.standing.locks import Holding, Outcome, decide_lock, keep
from eid.vietnam import rules

_PAGE: Final = 200
_SYSTEM: Final = "sweep"

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class SweepReport:
    """How much of each there was; `left` moved on meanwhile and waits for the next run."""

    windows_passed: int
    cards_expired: int
    purged: int
    left: int


class Sweep:
    """Goes through what is due, page by page. Running it twice does nothing the second time."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self, visit: Visit) -> SweepReport:
        """Change what time has changed."""
        time = self._store.time
        today = rules.local_day(visit.at)
        windows, windows_left = await self._each(
            lambda limit: time.windows_passed(visit.at, limit),
            lambda facts: facts.case.id,
            lambda facts: self._window_passed(visit, facts),
        )
        cards, cards_left = await self._each(
            lambda limit: time.cards_expired(today, limit),
            lambda facts: facts.card.id,
            lambda facts: self._card_expired(visit, facts),
        )
        return SweepReport(windows, cards, await self._purge(visit), windows_left + cards_left)

    async def _each(
        self,
        page_of: Callable[[int], Awaitable[Sequence[F]]],
        name: Callable[[F], Hashable],
        settle: Callable[[F], Awaitable[None]],
    ) -> tuple[int, int]:
        """Change each of what is found; say how many, and how many had moved on."""
        changed = left = 0
        seen: set[Hashable] = set()
        while True:
            found = await page_of(_PAGE + left)
            fresh = [facts for facts in found if name(facts) not in seen]
            if not fresh:
                return changed, left
            for facts in fresh:
                # One look at each in a run: what does not come right waits for the next.
                seen.add(name(facts))
                try:
                    await settle(facts)
                    changed += 1
                except Conflict:
                    left += 1

    async def _window_passed(self, visit: Visit, facts: CaseFacts) -> None:
        await keep(self._store, decide_window_passed(visit, facts))

    async def _card_expired(self, visit: Visit, facts: CardFacts) -> None:
        newest = await self._store.cards.find_by_holder(facts.owner.holder.number)
        await keep(self._store, decide_card_expired(visit, facts, newest))

    async def _purge(self, visit: Visit) -> int:
        purged = 0
        while gone := await self._store.time.purge(visit.at, _PAGE):
            purged += gone
        return purged


def decide_window_passed(visit: Visit, facts: CaseFacts) -> Outcome:
    """Self-service ends; the case goes on with help (Decree 69/2024, Art. 14)."""
    move = do.MoveCase(facts.case.to(CaseStatus.ASSISTED), facts.case.status)
    event = WindowPassed(visit=visit, account=facts.owner.account.id, case=facts.case.id)
    return Outcome((move,), (event,))


def decide_card_expired(visit: Visit, facts: CardFacts, newest: CardFacts | None) -> Outcome:
    """The card's last day is over: the account is locked with it (Decree 69/2024, Art. 15.1).

    Not where the holder has a newer card: then only the old one ends.
    """
    if newest and newest.card.id != facts.card.id:
        move = do.MoveChipCard(facts.card.id, facts.card.status, CardStatus.EXPIRED)
        return Outcome((move,))
    return decide_lock(visit, Holding(facts.owner, facts), LockGround.CARD_EXPIRED, _SYSTEM)
