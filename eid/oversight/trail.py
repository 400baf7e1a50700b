"""What an operator reads of the audit trail: its end, one case, and what comes next."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Final

from eid.domain.trail import KeptEvent
from eid.ports import Trail

PAGE: Final = 200  # rows
BEGINNING: Final = b""  # a place before every other
LATE: Final = timedelta(seconds=30)  # from an event's own time to the end of its transaction


class AuditTrail:
    """Reads the trail, page by page; it changes nothing and is itself not told of."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail

    async def last(self, count: int) -> Sequence[KeptEvent]:
        """The last events, so many at most, newest last."""
        found: list[KeptEvent] = []
        while len(found) < count:
            before = found[-1].place if found else None
            page = await self._trail.before(before, min(PAGE, count - len(found)))
            if not page:
                break
            found += page
        return found[::-1]

    async def of_case(self, trace: str) -> AsyncIterator[KeptEvent]:
        """All events under a case number, newest last."""
        after = BEGINNING
        while page := await self._trail.of_case(trace, after, PAGE):
            for event in page:
                yield event
            after = page[-1].place

    def follow(self, shown: Sequence[KeptEvent]) -> "Following":
        """Go on after what was shown, newest last."""
        return Following(self._trail, shown)


class Following:
    """What was added to the trail since one looked.

    An event has its place by the time of its request, and is seen when its transaction ends: one
    that took longer stands before others that were shown. So each look begins `LATE` before the
    newest event, and leaves out what was shown.
    """

    def __init__(self, trail: Trail, shown: Sequence[KeptEvent]) -> None:
        self._trail = trail
        self._shown = list(shown)
        self._floor = shown[0].place if shown else BEGINNING

    async def news(self) -> Sequence[KeptEvent]:
        """What nobody was shown yet, newest last."""
        shown = {event.place for event in self._shown}
        fresh: list[KeptEvent] = []
        after = self._floor
        while page := await self._trail.after(after, PAGE):
            fresh += [event for event in page if event.place not in shown]
            after = page[-1].place
        self._remember(fresh)
        return fresh

    def _remember(self, fresh: Sequence[KeptEvent]) -> None:
        self._shown = sorted([*self._shown, *fresh], key=lambda event: event.place)
        if not self._shown:
            return
        settled = self._shown[-1].at - LATE
        past = sum(event.at < settled for event in self._shown)
        if past:
            self._floor = self._shown[past - 1].place
            self._shown = self._shown[past:]
