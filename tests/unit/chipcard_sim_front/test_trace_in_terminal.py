import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result
from unit.chipcard_sim.passports import CAN, MRZ, passport_card

from chipcard_sim.bridge.journal import Entry
from chipcard_sim.bridge.stream import event_of
from chipcard_sim.commands import app
from chipcard_sim.commands.trace import read_events, told
from chipcard_sim.transport.trace import Exchange

Workshop = Any  # of conftest.py, which cannot be imported
Run = Callable[..., Result]
CARD = "VN0000001"
EXCHANGE = Exchange("VERIFY PIN", "00 20 00 80 [blanked]", "63C2 TRIES_LEFT_2", "", 1500)
OPENED = {"what": "verify", "card": CARD, "asker": "", "at": 0, "conversation": 1}
STREAM = "".join(
    (
        "retry: 1000\n\n: still here\n\n",
        event_of(Entry(1, "opened", OPENED)),
        event_of(Entry(2, "exchange", {"conversation": 1, **EXCHANGE.as_json()})),
        event_of(Entry(3, "closed", {"conversation": 1})),
    )
)
LINES = [
    "",
    f"# Try the PIN, {CARD}",
    "> VERIFY PIN  00 20 00 80 [blanked]",
    "< 63C2 TRIES_LEFT_2  (1.5 ms)",
]


class Stream(BaseHTTPRequestHandler):
    def __init__(self, status: int, *parts: Any) -> None:
        self.status = status
        super().__init__(*parts)

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/trace" else 404)
        self.end_headers()
        self.wfile.write(STREAM.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def bridge(status: int) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Stream, status)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["trace", *words])


def test_events_become_lines() -> None:
    assert list(told(read_events(STREAM.splitlines()))) == LINES


def test_the_site_that_asked_is_told() -> None:
    asked = OPENED | {"what": "answer", "asker": "https://id.example.vn"}
    (_, heading) = told([("opened", asked)])
    assert heading == f"# Answer a sign-in, {CARD}, https://id.example.vn"


def test_data_in_several_lines_are_one() -> None:
    lines = ["event: x", 'data: {"a":', "data: 1}", "", "data: 2"]
    assert list(read_events(lines)) == [("x", {"a": 1})]


def test_the_bridge_is_followed_until_it_stops() -> None:
    with bridge(200) as address:
        shown = run("--bridge", address)
    assert (shown.exit_code, shown.stdout.splitlines()) == (0, LINES)
    assert "The bridge has stopped." in shown.stderr


def test_a_bridge_that_refuses_is_told() -> None:
    with bridge(403) as address:
        shown = run("--bridge", address)
    assert (shown.exit_code, "answers 403" in shown.stderr) == (1, True)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "nonsense"])
def test_where_no_bridge_is_the_way_to_start_one_is_told(address: str) -> None:
    shown = run("--bridge", address)
    assert (shown.exit_code, "`chipcard-sim bridge` starts one" in shown.stderr) == (1, True)


def test_a_short_conversation_explains_itself(stocked: Workshop) -> None:
    shown = run("--card", CARD, "--cards", str(stocked.cards))
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert len([line for line in lines if line.startswith("# ")]) == 4
    assert "> SELECT PIV  00 A4 04 00 [A00000030800001000]" in lines
    assert any(line.startswith("< 63C3 TRIES_LEFT_3") for line in lines)
    assert lines[-1].startswith("< 6982 SECURITY_STATUS_NOT_SATISFIED")


def test_with_the_number_on_the_front_it_goes_on_behind_pace(stocked: Workshop) -> None:
    place = Path(stocked.cards) / f"{CARD}.card"
    passport_card(place.with_name("PASSPORT1.card"))
    beside = json.loads(place.with_name(f"{CARD}.print.json").read_text("utf-8"))
    beside |= {"can": CAN.decode(), "mrz": MRZ}
    place.with_name("PASSPORT1.print.json").write_text(json.dumps(beside), "utf-8")
    shown = run("--card", "PASSPORT1", "--cards", str(stocked.cards)).stdout
    assert "GENERAL AUTHENTICATE PACE 4, tokens" in shown
    assert "READ BINARY from 0, secured" in shown
    assert CAN.hex() not in shown
    place.with_name("PASSPORT1.print.json").write_text("{}", "utf-8")
    assert "PACE" not in run("--card", "PASSPORT1", "--cards", str(stocked.cards)).stdout


def test_a_card_that_is_not_there_is_told(tmp_path: Path) -> None:
    shown = run("--card", CARD, "--cards", str(tmp_path))
    assert (shown.exit_code, "There is no card" in shown.stderr) == (1, True)
