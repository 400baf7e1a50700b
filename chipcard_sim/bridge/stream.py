"""The journal as a stream of server-sent events (HTML, 9.2)."""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import StreamingResponse

from chipcard_sim.bridge.fetch_metadata import is_own
from chipcard_sim.bridge.journal import Entry, Journal
from chipcard_sim.bridge.refusals import Refused

MOST_FOLLOWERS = 16
PAUSE = 0.1  # seconds between two looks at the journal
SILENCE = 100  # looks without anything new, until a sign of life
LONGEST_NUMBER = 15  # digits


class Broadcast:
    """Tells the journal to everybody who follows, but not to any number of them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._followers = 0

    async def answer(self, request: Request) -> StreamingResponse:
        """Begin a stream, after the entry that the browser knows already.

        Raises:
            Refused: another site asks, or too many follow already.
        """
        if not is_own(request):
            raise Refused("origin_wrong")
        if self._followers >= MOST_FOLLOWERS:
            raise Refused("too_many")
        last = request.headers.get("last-event-id", "")
        is_number = last.isascii() and last.isdigit() and len(last) <= LONGEST_NUMBER
        events = self._events(int(last) if is_number else 0)
        return StreamingResponse(events, media_type="text/event-stream")

    async def _events(self, last: int) -> AsyncIterator[str]:
        self._followers += 1
        try:
            async for event in follow(self._journal, last):
                yield event
        finally:
            self._followers -= 1


async def follow(journal: Journal, last: int) -> AsyncIterator[str]:
    """Yield an event for every entry, as they come, until the journal is closed."""
    yield "retry: 1000\n\n"
    silent = 0
    while not journal.is_closed:
        fresh = journal.after(last)
        for entry in fresh:
            last = entry.number
            yield event_of(entry)
        silent = 0 if fresh else silent + 1
        if silent == SILENCE:
            silent = 0
            yield ": still here\n\n"
        await asyncio.sleep(PAUSE)


def event_of(entry: Entry) -> str:
    """Write an entry as one event."""
    data = json.dumps(entry.members, ensure_ascii=True)
    return f"id: {entry.number}\nevent: {entry.kind}\ndata: {data}\n\n"
