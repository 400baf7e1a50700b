"""`make demo` as a person has it: a running world in one command, and nothing left after Ctrl-C.

One world is made; every test begins with that state, or with a copy of it.
"""

import base64
import io
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, field
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import IO, Any, NoReturn

import demo as script
import httpx2
import pytest
from browser import Browser, Page
from journey import AgencyClient, Journey, SignIn
from ports import read_ports
from rich.console import Console
from world import PEOPLE, STOPPING, Ports, World, WorldError, undisturbed

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "docker" / "demo.py"
EID = Path(sys.executable).parent / "eid"
READY = "Stop: Ctrl-C"
PATIENCE = 90.0  # seconds: the machine may be busy with other tests
STOP_WITHIN = 20.0
DONE, REFUSED, INTERRUPTED = 0, 1, 130
WEEK_AND_A_DAY = 8 * 24
KNOWN_WITHIN = 5.0  # seconds until every process knows of a rotation


@dataclass
class Demo:
    """A running `docker/demo.py`, what it has said, and how long it took to be there."""

    process: subprocess.Popen[str]
    listener: Thread
    words: list[str]
    took: float = 0.0

    @property
    def said(self) -> str:
        return "".join(self.words)

    def await_words(self, words: str) -> None:
        """Wait until they are said; it does not matter where the lines were broken."""
        until = time.monotonic() + PATIENCE
        while words not in " ".join(self.said.split()):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until, self.said
            time.sleep(0.05)

    def end(self, patience: float = STOP_WITHIN) -> int:
        """Wait for its end and its last words; give its exit code back."""
        code = self.process.wait(patience)
        self.listener.join(STOP_WITHIN)
        return code

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.end()


def start(state: Path, ports: Ports, *options: str, **more: str) -> Demo:
    """Start the script with a settings-free environment: what the tester has must not leak in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EID_")}  # noqa: TID251 - handed on
    process = subprocess.Popen(
        [sys.executable, str(DEMO), "--state", str(state), *options],
        env=kept | {"EID_DEMO_PORTS": str(ports), "COLUMNS": "120", "PYTHONUNBUFFERED": "1"} | more,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    words: list[str] = []
    assert process.stdout is not None
    listener = Thread(target=_listen, args=(process.stdout, words), daemon=True)
    listener.start()
    return Demo(process, listener, words)


def _listen(pipe: IO[str], words: list[str]) -> None:
    with pipe:
        words.extend(pipe)


@contextmanager
def running(state: Path, ports: Ports, *options: str) -> Iterator[Demo]:
    begin = time.monotonic()
    demo = start(state, ports, *options)
    try:
        demo.await_words(READY)
        demo.took = time.monotonic() - begin
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.interrupt()


def ended(state: Path, ports: Ports, *options: str, **more: str) -> tuple[int, str]:
    """Run the script to its own end."""
    demo = start(state, ports, *options, **more)
    return demo.end(PATIENCE), " ".join(demo.said.split())


def people() -> list[str]:
    return PEOPLE.read_text(encoding="utf-8").splitlines()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def all_free(ports: Ports) -> bool:
    return all(map(is_free, astuple(ports)))


def processes_of(state: Path, ports: Ports) -> list[str]:
    """Command lines of every process whose command or environment names this world."""
    found = []
    marks = (str(state).encode(), f":{ports.provider}".encode())
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            told = command + (folder / "environ").read_bytes()
        except OSError:
            continue
        if int(folder.name) != os.getpid() and all(mark in told for mark in marks):
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found


@dataclass(frozen=True)
class Made:
    """The state that the first start made, and what that start said and took."""

    state: Path
    ports: Ports
    said: str
    took: float
    left: list[str]
    were_free: bool
    code: int


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    state, ports = tmp_path_factory.mktemp("demo") / "state", Ports.free()
    with running(state, ports) as demo:
        assert len(processes_of(state, ports)) == 5
        code = demo.interrupt()
    left, were_free = processes_of(state, ports), all_free(ports)
    return Made(state, ports, demo.said, demo.took, left, were_free, code)


@pytest.fixture
def copied(made: Made, tmp_path: Path) -> Path:
    """A copy of the made state; the ports stay those of the original."""
    return Path(shutil.copytree(made.state, tmp_path / "state"))


def link_of(made: Made) -> str:
    return rf"http://localhost:{made.ports.provider}/activate/[\w-]{{43}}"


def folded(said: str) -> str:
    """What stands in a table's cells, where a cell has no more than two lines."""
    rows = [[cell.strip() for cell in line.split("│")] for line in said.splitlines()]
    pairs = [
        f"{upper} {lower}"
        for above, below in pairwise(rows)
        for upper, lower in zip(above, below, strict=False)
    ]
    return "\n".join(["\n".join(row) for row in rows] + pairs)


def told(world: World, monkeypatch: pytest.MonkeyPatch, width: int = 80) -> str:
    """What the demo says of a world, on a terminal of that width."""
    screen = io.StringIO()
    monkeypatch.setattr(script, "console", Console(file=screen, width=width))
    script._tell(world)
    return screen.getvalue()


# Starting and stopping


def test_the_first_start_says_where_and_who(made: Made) -> None:
    said = " ".join(made.said.split())
    for address in (
        f"http://127.0.0.1:{made.ports.portal}",
        f"http://127.0.0.1:{made.ports.tax}",
        f"http://127.0.0.1:{made.ports.library}",
        f"http://localhost:{made.ports.provider}",
        f"http://127.0.0.1:{made.ports.bridge}",
    ):
        assert address in said
    assert "Not VNeID, not accredited" in said
    assert "PIN 123456, PUK 12345678" in said
    situations = {json.loads(line)["demo"]["situation"] for line in people()}
    assert all(situation.replace("_", " ") in folded(made.said) for situation in situations)
    assert "Nguyễn Thị Mẫu" in said
    assert len(re.findall(link_of(made), said)) == 2


def test_a_narrow_terminal_shows_everything(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    said = told(World(made.state, made.ports), monkeypatch)
    assert max(map(len, said.splitlines())) <= 80
    assert "…" not in said
    assert len(re.findall(link_of(made), said)) == 2
    last = said[said.index("Provider (issuer)") :]
    assert f"http://127.0.0.1:{made.ports.portal}" in last, "where to begin stays in sight"
    assert "ahead" not in said


def test_a_moved_clock_is_told(copied: Path, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(copied, made.ports)
    world.clock.write_text(f"{WEEK_AND_A_DAY * 3600}\n")
    assert "The demo clock is 8 days ahead" in told(world, monkeypatch)


def test_the_provider_can_run_alone(made: Made) -> None:
    demo = start(made.state, made.ports, "--serve-only")
    demo.await_words("Application startup complete")
    ready = httpx2.get(f"http://127.0.0.1:{made.ports.provider}/health/ready", timeout=20)
    assert ready.status_code == 200
    assert all(map(is_free, astuple(made.ports)[1:]))
    assert "Making the world" not in demo.said
    demo.interrupt()
    assert processes_of(made.state, made.ports) == []
    assert is_free(made.ports.provider)


def test_to_run_alone_a_world_is_made_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = Rehearsal(tmp_path / "state", Ports())
    monkeypatch.setattr(script, "console", Console(file=io.StringIO()))
    with pytest.raises(WorldError, match="8 steps are done"):
        script._serve(world)
    assert world.is_made()


def test_ctrl_c_ends_everything(made: Made) -> None:
    assert made.code == DONE
    assert made.left == []
    assert made.were_free


def test_the_second_start_keeps_the_data_and_is_quicker(made: Made) -> None:
    before = {path: path.read_bytes() for path in (made.state / "cards").rglob("*.card")}
    accounts = rows(made.state, "SELECT count(*) FROM account")
    with running(made.state, made.ports) as demo:
        assert demo.interrupt(signal.SIGTERM) == DONE
    assert "Making the world" not in demo.said
    assert demo.took < made.took * 0.75, (demo.took, made.took)
    assert {path: path.read_bytes() for path in before} == before
    assert rows(made.state, "SELECT count(*) FROM account") == accounts == [40]
    assert processes_of(made.state, made.ports) == []


def test_an_impatient_second_ctrl_c_leaves_nobody_behind(made: Made) -> None:
    demo = start(made.state, made.ports)
    demo.await_words(READY)
    demo.process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    demo.process.send_signal(signal.SIGINT)
    assert demo.end() == DONE
    assert processes_of(made.state, made.ports) == []
    assert all_free(made.ports)


def test_a_closed_terminal_ends_everything(made: Made) -> None:
    demo = start(made.state, made.ports)
    demo.await_words("Starting the provider")
    demo.interrupt(signal.SIGHUP)
    assert processes_of(made.state, made.ports) == []
    assert all_free(made.ports)


def test_a_part_that_ends_by_itself_ends_the_demo_with_its_last_words(made: Made) -> None:
    demo = start(made.state, made.ports)
    demo.await_words(READY)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if b"chipcard-sim" in command and str(made.state).encode() in command:
            os.kill(int(folder.name), signal.SIGKILL)
    assert demo.end() == REFUSED
    assert "bridge has ended" in demo.said
    assert processes_of(made.state, made.ports) == []


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_waits_until_a_process_is_remembered(number: signal.Signals) -> None:
    heard: list[str] = []
    before = signal.signal(number, lambda *_: heard.append("handled"))
    try:
        with undisturbed():
            signal.raise_signal(number)
            heard.append("remembered")
        assert heard == ["remembered", "handled"]
    finally:
        signal.signal(number, before)


# Refusing to start


def test_a_port_in_use_is_named_and_nothing_is_started(made: Made) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", made.ports.tax))
        other.listen()
        code, said = ended(made.state, made.ports, "--fresh", "--yes")
    assert code == REFUSED
    assert f"port in use: {made.ports.tax} (tax)" in said
    suggested = read_ports(re.findall(r"EID_DEMO_PORTS=(\S+) make demo", said)[0])
    assert all_free(suggested)
    assert (made.state / "made").exists(), "and nothing was thrown away"
    assert all_free(made.ports)


def test_a_world_stays_on_its_ports(made: Made) -> None:
    code, said = ended(made.state, Ports.free())
    assert code == REFUSED
    assert f"EID_DEMO_PORTS={made.ports} make demo" in said


def test_a_world_of_an_earlier_version_begins_anew(copied: Path, made: Made) -> None:
    (copied / "made").write_text("8000,8101,8102,8200\n")
    code, said = ended(copied, made.ports)
    assert code == REFUSED
    assert "begin anew (make demo FRESH=1)" in said
    assert "EID_DEMO_PORTS" not in said, "no ports would bring it back"


@pytest.mark.parametrize(
    "text",
    ["1,2,3,4", "a,b,c,d,e", "9000,9000,9101,9102,9103", "1,2,3,4,70000", "0,1,2,3,4"],
)
def test_ports_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(WorldError, match="five different ports"):
        read_ports(text)


def test_ports_are_read_as_they_are_told() -> None:
    assert read_ports("") == Ports()
    assert read_ports("1,2,3,4,5") == read_ports(str(Ports(1, 2, 3, 4, 5))) == Ports(1, 2, 3, 4, 5)


# Beginning anew


def test_fresh_asks_and_without_a_terminal_refuses(made: Made) -> None:
    before = (made.state / "keys" / "wrapping.key").read_bytes()
    code, said = ended(made.state, made.ports, "--fresh")
    assert code == REFUSED
    assert "This deletes all keys, accounts and cards" in said
    assert "--yes" in said
    assert (made.state / "keys" / "wrapping.key").read_bytes() == before


def test_fresh_never_touches_a_database_of_the_tester_s_own(copied: Path, made: Made) -> None:
    address = "postgresql://eid@127.0.0.1:1/eid"
    code, said = ended(copied, made.ports, "--fresh", "--yes", "--database", address)
    assert code == REFUSED
    assert "drop it" in said
    assert (copied / "made").exists()


def test_fresh_and_yes_begin_anew_and_may_be_interrupted(copied: Path, made: Made) -> None:
    old = (copied / "keys" / "wrapping.key").read_bytes()
    demo = start(copied, made.ports, "--fresh", "--yes")
    demo.await_words("csca:")  # the ceremony is over, much is still to do
    assert demo.interrupt() == INTERRUPTED
    assert (copied / "keys" / "wrapping.key").read_bytes() != old
    assert not (copied / "made").exists()
    assert processes_of(copied, made.ports) == []
    assert eid(World(copied, made.ports), "doctor")[0] == DONE


@dataclass
class Rehearsal(World):
    """A world whose commands are only written down, and break where told."""

    done: list[Sequence[str]] = field(default_factory=list)
    breaks_at: int | None = None

    def command(self, words: Sequence[str], *, show: bool = True) -> str:
        assert show
        if len(self.done) == self.breaks_at:
            raise WorldError("broken off")
        self.done.append(words)
        return ""

    def become_provider(self) -> NoReturn:
        raise WorldError(f"{len(self.done)} steps are done")


@pytest.mark.parametrize("breaks_at", range(8))
def test_making_goes_on_where_it_was_broken_off(tmp_path: Path, breaks_at: int) -> None:
    first = Rehearsal(tmp_path / "state", Ports(), breaks_at=breaks_at)
    with pytest.raises(WorldError):
        first.make()
    assert not first.is_made()
    second, whole = Rehearsal(tmp_path / "state", Ports()), Rehearsal(tmp_path / "other", Ports())
    second.make()
    whole.make()
    assert second.is_made()
    names = [[Path(word).name for word in words] for words in (*first.done, *second.done)]
    assert names == [[Path(word).name for word in words] for words in whole.done]
    assert len(names) == 8


# The `eid` command in that world


def eid(world: World, *words: str, **more: str) -> tuple[int, str]:
    done = subprocess.run(
        [EID, *words],
        cwd=ROOT,
        env=world.environment() | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def rows(state: Path, sql: str) -> list[object]:
    with closing(sqlite3.connect(state / "eid.sqlite3")) as database:
        return [row[0] for row in database.execute(sql)]


@pytest.fixture
def still(copied: Path, made: Made) -> World:
    """The world with nobody running."""
    return World(copied, made.ports)


def test_production_refuses_the_demo_s_settings_with_every_reason__PL_05(still: World) -> None:
    code, said = eid(still, "serve", EID_ENVIRONMENT="production")
    assert code == REFUSED
    assert "http issuer" in said
    assert "people, outbox, clock" in said
    assert all_free(still.ports)


def test_doctor_clients_sweep_and_rotation_run_beside_a_demo(still: World) -> None:
    assert eid(still, "doctor")[0] == DONE
    code, listed = eid(still, "client", "list")
    assert code == DONE
    assert all(name in listed for name in ("portal-demo", "tax-demo", "library-demo"))
    code, said = eid(still, "rotate-keys")
    assert (code, said.splitlines()[-1]) == (DONE, "Nothing is due.")
    assert eid(still, "sweep")[0] == DONE


def test_the_same_people_again_change_nothing(still: World) -> None:
    def counts() -> list[list[object]]:
        tables = ("account", "holder", "chip_card", "activation_case", "application")
        return [rows(still.state, f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608 - names of ours

    before = counts()
    for _ in range(2):
        code, said = eid(still, "issue-batch", str(PEOPLE))
        assert code == DONE, said
    assert counts() == before


def test_each_malformed_line_is_rejected_by_its_number(still: World, tmp_path: Path) -> None:
    first = json.loads(people()[0])
    lines = [
        json.dumps(first | {"number": "001190009999"}),
        "not json",
        json.dumps(first | {"number": "12"}),
        "",
        json.dumps(first | {"surprise": 1, "number": "001190009998"}),
        "\udce9",
    ]
    batch = tmp_path / "batch.ndjson"
    batch.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    code, said = eid(still, "issue-batch", str(batch))
    assert code == REFUSED
    assert re.findall(r"^line (\d+): (\S+)", said, flags=re.MULTILINE) == [
        ("1", "not_in_registry"),  # well-formed, and nobody the registry knows
        ("2", "bad_document:document"),
        ("3", "bad_number"),
        ("5", "bad_document:document"),
        ("6", "bad_document:document"),
    ]


# Time


@pytest.fixture(scope="module")
def later(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    """The world running from a copy, its clock about to be moved."""
    state = tmp_path_factory.mktemp("later") / "state"
    shutil.copytree(made.state, state)
    world = World(state, made.ports)
    world.start()
    journey = Journey(world)
    journey.prepare()
    try:
        yield journey
    finally:
        world.stop()


def forward(journey: Journey, browser: Browser, hours: int) -> Page:
    page = browser.get(f"{journey.world.issuer}/demo/clock")
    return browser.submit(page, page.form("/demo/clock"), {"hours": str(hours)})


def put_back(journey: Journey, browser: Browser, person: dict[str, str]) -> Page:
    demo: Any = person["demo"]
    page = browser.get(f"{journey.world.issuer}/demo/reset")
    form = page.form(f"/demo/reset/{demo.get('key', person['number'])}")
    return browser.submit(page, form, {})


def test_a_week_later_an_open_case_needs_help_and_everybody_else_signs_in(
    later: Journey, browser: Browser
) -> None:
    waiting, active = later.with_card("notified", 1), later.with_card("active", 3)
    link = later.notices(waiting)["link"]
    assert browser.get(link).form("/activate/").fields

    page = forward(later, browser, WEEK_AND_A_DAY)
    assert page.status == 200
    assert f"{WEEK_AND_A_DAY // 24} ngày" in (page.element("ahead") or "")

    assert "activation-assisted" in browser.get(link).read().texts
    # The agencies live in the same moved time: to them these tokens are neither early nor late.
    walk = SignIn(later, active, browser)
    walk.with_card()
    walk.single_sign_on()


def test_a_person_is_put_back_and_activates_at_the_moved_time(
    later: Journey, browser: Browser
) -> None:
    person = later.with_card("notified", 1)
    before = later.notices(person)["link"]
    page = put_back(later, browser, person)
    assert page.status == 200
    assert person["name"] in page.text
    sent = later.notices(person)
    assert sent["link"] != before
    assert browser.get(before).status == 404

    page = browser.get(sent["link"])
    browser.submit(page, page.form("/activate/"), {"code": sent["code"]})
    page = later.show_card(browser, browser.get(sent["link"]), person["number"])
    assert "activation-done" in page.read().texts
    put_back(later, browser, person)
    assert later.notices(person)["link"] != sent["link"]


def kids_of(journey: Journey) -> set[str]:
    published = httpx2.get(f"{journey.world.issuer}/jwks", timeout=20).json()
    return {key["kid"] for key in published["keys"]}


def signed_by(journey: Journey, browser: Browser) -> str:
    """The kid of a fresh ID token."""
    agency, verifier = AgencyClient(journey, journey.world.portals[0]), "v" * 43
    code = agency.code(browser, journey.with_card("active", 4), verifier)
    header = agency.redeem(code, verifier).json()["id_token"].partition(".")[0]
    kid = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]
    assert isinstance(kid, str)
    return kid


def test_a_season_later_the_running_provider_signs_with_a_key_made_beside_it__KY_03(
    later: Journey, browser: Browser
) -> None:
    old = signed_by(later, browser)
    forward(later, browser, 24 * 31)
    code, said = eid(later.world, "rotate-keys")
    assert code == DONE
    staging = "a new key is published; it signs when"
    assert [line.partition(": ")[0] for line in said.splitlines() if staging in line] == [
        "ES256",
        "RS256",
    ]
    time.sleep(KNOWN_WITHIN)
    staged = kids_of(later)
    assert signed_by(later, browser) == old, "a key is published before it signs"

    forward(later, browser, 2)
    code, said = eid(later.world, "rotate-keys")
    assert code == DONE
    assert said.count("signs from now on") == 2
    time.sleep(KNOWN_WITHIN)
    new = signed_by(later, browser)
    assert new != old
    assert {old, new} <= staged & kids_of(later)


@pytest.mark.parametrize("hours", ["0", "-1", "", "1e3", "\u0661", "999999"])
def test_the_clock_goes_forward_only(later: Journey, browser: Browser, hours: str) -> None:
    ahead = browser.get(f"{later.world.issuer}/demo/clock").element("ahead")
    page = browser.get(f"{later.world.issuer}/demo/clock")
    page = browser.submit(page, page.form("/demo/clock"), {"hours": hours})
    assert (page.status, page.element("error-code")) == (400, "malformed")
    assert browser.get(f"{later.world.issuer}/demo/clock").element("ahead") == ahead
