import asyncio
import json
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from starlette.requests import Request

from chipcard_sim.bridge import serve as serving
from chipcard_sim.bridge import stream as streaming
from chipcard_sim.bridge.journal import MOST_ENTRIES, MOST_SHOWN, Entry, Journal, shortened
from chipcard_sim.bridge.refusals import Refused
from chipcard_sim.bridge.serve import BridgeServer
from chipcard_sim.bridge.stream import MOST_FOLLOWERS, Broadcast, event_of, follow
from chipcard_sim.transport.trace import Exchange


def journal_of(count: int) -> Journal:
    journal = Journal()
    for number in range(count):
        journal.write("exchange", {"number": number})
    return journal


def test_the_journal_keeps_the_last_entries_only() -> None:
    kept = journal_of(MOST_ENTRIES + 5).after(0)
    assert len(kept) == MOST_ENTRIES
    assert [each.number for each in (kept[0], kept[-1])] == [6, MOST_ENTRIES + 5]


def test_who_follows_gets_what_is_new() -> None:
    journal = journal_of(3)
    assert [each.number for each in journal.after(1)] == [2, 3]
    assert journal.after(3) == ()
    assert Journal().after(0) == ()


def test_who_followed_an_earlier_run_gets_all_of_this_one() -> None:
    assert [each.number for each in journal_of(2).after(500)] == [1, 2]


def test_what_is_long_is_shortened() -> None:
    long = Exchange("READ BINARY", "00 B0 00 00", "9000 OK", f"[{'AB' * 3000}]", 1)
    assert len(shortened(long).answer) < MOST_SHOWN + 20
    assert shortened(long).answer.endswith("… +2745]")
    assert shortened(long).command == long.command


def test_an_event_cannot_be_broken_by_what_it_tells() -> None:
    told = event_of(Entry(7, "opened", {"card": "X\n\ndata: forged\r"}))
    assert told == 'id: 7\nevent: opened\ndata: {"card": "X\\n\\ndata: forged\\r"}\n\n'


async def gather(events: AsyncIterator[str]) -> list[str]:
    return [event async for event in events]


def test_a_stream_tells_everything_and_ends_with_the_journal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streaming, "PAUSE", 0.001)
    journal = journal_of(2)

    async def run() -> list[str]:
        followed = asyncio.create_task(gather(follow(journal, 1)))
        await asyncio.sleep(0.05)
        journal.write("closed", {})
        await asyncio.sleep(0.05)
        journal.close()
        return await followed

    told = asyncio.run(run())
    events = [each for each in told if each.startswith("id:")]
    assert [each.splitlines()[:2] for each in events] == [
        ["id: 2", "event: exchange"],
        ["id: 3", "event: closed"],
    ]


def test_a_silent_stream_gives_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "PAUSE", 0)
    monkeypatch.setattr(streaming, "SILENCE", 3)

    async def run() -> str:
        events = follow(Journal(), 0)
        await anext(events)
        return await anext(events)

    assert asyncio.run(run()) == ": still here\n\n"


def request(**headers: str) -> Request:
    named = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return Request({"type": "http", "headers": named})


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_other_site_s_page_may_follow(site: str) -> None:
    with pytest.raises(Refused, match="origin_wrong"):
        asyncio.run(Broadcast(Journal()).answer(request(sec_fetch_site=site)))


@pytest.mark.parametrize(
    ("last", "first"), [("", 1), ("2", 3), ("x", 1), ("-1", 1), ("²", 1), ("9" * 5000, 1)]
)
def test_a_browser_says_what_it_has_heard_already(last: str, first: int) -> None:
    async def run() -> str:
        journal = journal_of(4)
        asked = Request({"type": "http", "headers": [(b"last-event-id", last.encode("latin-1"))]})
        body = (await Broadcast(journal).answer(asked)).body_iterator
        await anext(aiter(body))
        return str(await anext(aiter(body)))

    assert asyncio.run(run()).startswith(f"id: {first}\n")


def test_not_any_number_may_follow_and_who_leaves_makes_room() -> None:
    async def run() -> None:
        broadcast = Broadcast(Journal())
        bodies: list[Any] = []
        for _ in range(MOST_FOLLOWERS):
            body = (await broadcast.answer(request(sec_fetch_site="same-origin"))).body_iterator
            bodies.append(body)
            await anext(aiter(body))
        with pytest.raises(Refused, match="too_many"):
            await broadcast.answer(request())
        await bodies[0].aclose()
        await broadcast.answer(request())
        for body in bodies[1:]:
            await body.aclose()

    asyncio.run(run())


def test_a_server_that_stops_closes_the_journal() -> None:
    journal = Journal()
    server = BridgeServer(uvicorn.Config("nowhere:app"), journal)
    server.handle_exit(signal.SIGTERM, None)
    assert journal.is_closed
    assert server.should_exit


def test_the_program_serves_with_the_journal_that_it_will_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Any] = []

    class Watched(BridgeServer):
        def run(self, sockets: Any = None) -> None:
            seen.append((self.config, self._journal, [one.getsockname() for one in sockets]))
            raise KeyboardInterrupt

    monkeypatch.setattr(serving, "BridgeServer", Watched)
    monkeypatch.setattr(serving, "create_bridge", lambda *parts: parts)
    serving.serve("cards", "settings", "127.0.0.1", 0)  # type: ignore[arg-type]
    ((config, journal, ((host, port),)),) = seen
    assert config.app == ("cards", "settings", journal)
    assert (host, config.proxy_headers) == ("127.0.0.1", False)
    assert port, "any port that was free"


def test_entries_are_plain_json() -> None:
    (line,) = [line for line in event_of(journal_of(1).after(0)[0]).splitlines() if "data" in line]
    assert json.loads(line.removeprefix("data: ")) == {"number": 0}
