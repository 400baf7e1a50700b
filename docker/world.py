"""The demo world as processes on this machine: provider, three agencies, card bridge.

It imports none of the programs: it starts their commands and speaks HTTP with them.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import timedelta
from os import environ as ENVIRONMENT  # noqa: N812, TID251 - handed on to the processes
from pathlib import Path
from typing import ClassVar, NoReturn
from urllib.error import URLError

from portals import Portal, portals_on
from ports import Ports, WorldError, held_ports, is_taken, read_ports

__all__ = [
    "Portal",
    "Ports",
    "World",
    "WorldError",
    "chosen_database",
    "chosen_ports",
    "settings_told",
    "undisturbed",
]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BIN = Path(sys.executable).parent
PEOPLE = HERE / "people.ndjson"
OLDEST_CARD = "2021-01-01"  # the authorities are as old as the oldest card
PIN, PUK = "123456", "12345678"
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # SIGHUP: the terminal was closed
START_SECONDS = 40
STOP_SECONDS = 8
OURS = "EID_"
SETTINGS = "env"
EMBEDDED = "sqlite:///"


@dataclass
class World:
    """State in a folder, processes on ports."""

    begun_by: ClassVar[str] = "make demo"

    state: Path
    ports: Ports
    database: str | None = None
    fault: str | None = None
    running: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        """The provider's issuer, exactly."""
        return f"http://localhost:{self.ports.provider}"

    @property
    def bridge(self) -> str:
        """The card bridge's origin."""
        return f"http://127.0.0.1:{self.ports.bridge}"

    @property
    def portals(self) -> tuple[Portal, Portal, Portal]:
        """The demo's agencies."""
        return portals_on(self.ports)

    @property
    def cards(self) -> Path:
        """The folder of card files."""
        return self.state / "cards"

    @property
    def settings(self) -> Path:
        """What `eid` has to be told to work on this world, for a person's shell."""
        return self.state / SETTINGS

    @property
    def clock(self) -> Path:
        """The one offset that all parts share."""
        return self.state / "clock"

    def ahead(self) -> timedelta:
        """How far the demo's clock was moved."""
        return (
            timedelta(seconds=int(self.clock.read_text())) if self.clock.exists() else timedelta()
        )

    def environment(self) -> dict[str, str]:
        """What the provider and its commands are told."""
        database = self.database or f"{EMBEDDED}{self.state / 'eid.sqlite3'}"
        return {
            **_inherited(),
            "EID_ENVIRONMENT": "demo",
            "EID_ISSUER": self.issuer,
            "EID_LISTEN": f"127.0.0.1:{self.ports.provider}",
            "EID_DATABASE__URL": database,
            "EID_KEYS__WRAPPING_KEY": str(self.state / "keys" / "wrapping.key"),
            "EID_PKI__FOLDER": str(self.state / "keys" / "pki"),
            "EID_PAGES__BRIDGE": self.bridge,
            "EID_DEMO__PEOPLE": str(PEOPLE),
            "EID_DEMO__OUTBOX": str(self.state / "outbox"),
            "EID_DEMO__CLOCK": str(self.clock),
            **self._cards_to_name(),
        }

    def write_settings(self) -> None:
        """Write `settings`, for their owner alone: the database's address may hold a password."""
        told = self.environment().items()
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in told if name.startswith(OURS)]
        self.settings.touch()
        self.settings.chmod(0o600)
        self.settings.write_text("".join(lines), encoding="utf-8")

    def portal_environment(self, portal: Portal) -> dict[str, str]:
        """What an agency is told."""
        return {
            **_inherited(),
            "PORTAL_ISSUER": self.issuer,
            "PORTAL_CLIENT_ID": self.client_file(portal)["client_id"],
            "PORTAL_CLIENT_SECRET_FILE": str(self.secret_file(portal)),
            "PORTAL_ORIGIN": portal.origin,
            "PORTAL_NAME_VI": portal.name_vi,
            "PORTAL_NAME_EN": portal.name_en,
            "PORTAL_SECTOR": portal.sector,
            "PORTAL_SCOPES": portal.scopes,
            "PORTAL_LEAST_ACR": portal.least_acr,
            "PORTAL_COOKIE_NAME": portal.key,
            "PORTAL_COLOUR": portal.colour,
            "PORTAL_CLOCK_FILE": str(self.clock),
        }

    def _cards_to_name(self) -> dict[str, str]:
        """The folder of cards, where `chipcard-sim` in the checkout would look into another."""
        usual = ROOT / ".demo" / "cards"
        if self.cards == usual:
            return {}
        inside = self.cards.is_relative_to(ROOT)
        return {"EID_DEMO__CARDS": str(self.cards.relative_to(ROOT) if inside else self.cards)}

    def client_file(self, portal: Portal) -> dict[str, str]:
        """The agency's registration, with its origin on these ports."""
        text = (HERE / "clients" / f"{portal.key}.json").read_text(encoding="utf-8")
        found: dict[str, str] = json.loads(text.replace(portal.default_origin, portal.origin))
        return found

    def registration(self, portal: Portal) -> Path:
        """Where the agency's client file for these ports lies."""
        return self.state / "secrets" / f"{portal.key}.json"

    def secret_file(self, portal: Portal) -> Path:
        """Where the agency's client secret is kept."""
        return self.state / "secrets" / f"{portal.key}.secret"

    # Making it

    def is_made(self) -> bool:
        """Whether an earlier run finished making the world; raises `WorldError` if elsewhere."""
        made = self.state / "made"
        if not made.exists():
            return False
        ports = made.read_text().strip()
        if ports.count(",") != str(self.ports).count(","):
            raise WorldError(
                f"the world in {self.state} was made by an earlier version, with fewer parts: "
                f"begin anew ({self.anew()})"
            )
        if ports != str(self.ports):
            # Its notices and registrations name the ports it was made for.
            raise WorldError(
                f"the world in {self.state} lives on the ports {ports}: start it there "
                f"(EID_DEMO_PORTS={ports} {self.begun_by}), or begin anew ({self.anew()})"
            )
        return True

    def anew(self, elsewhere: str = "") -> str:
        """The command that begins anew; `elsewhere` sets other ports before it."""
        return f"{elsewhere}{self.begun_by} FRESH=1"

    def forget(self) -> None:
        """Throw the state away."""
        shutil.rmtree(self.state, ignore_errors=True)

    def require_free_ports(self, *names: str) -> None:
        """Raise `WorldError` naming every port of these parts, or of all, that is in use."""
        parts = names or [part.name for part in fields(self.ports)]
        wanted = {name: getattr(self.ports, name) for name in parts}
        taken = [f"{port} ({name})" for name, port in wanted.items() if is_taken(port)]
        if taken:
            other = f"EID_DEMO_PORTS={Ports.others()} "
            if (self.state / "made").exists():
                advice = f"begin anew on others: {self.anew(other)}"
            else:
                advice = f"choose others: {other}{self.begun_by}"
            raise WorldError(
                f"port in use: {', '.join(taken)}. Stop what listens there, or {advice}"
            )

    def require_known_fault(self) -> None:
        """Raise `WorldError` with the nearest name, where the card program knows no such fault."""
        if self.fault:
            self.command(["chipcard-sim", "fault", "show", self.fault], show=False)

    def make(self, *, show: bool = True) -> None:
        """Keys, database, people, cards, clients. One that was broken off goes on where it was."""
        self.state.mkdir(parents=True, exist_ok=True)
        (self.state / "bureau").mkdir(exist_ok=True)
        (self.state / "secrets").mkdir(mode=0o700, exist_ok=True)
        for portal in self.portals:
            text = json.dumps(self.client_file(portal), ensure_ascii=False)
            self.registration(portal).write_text(text, encoding="utf-8")
        for number, step in enumerate(self._steps(), 1):
            # A later step uses up what an earlier one left, so none is done twice.
            done = self.state / "bureau" / f"step-{number}"
            if not done.exists():
                self.command(step, show=show)
                done.touch()
        self.write_settings()
        (self.state / "made").write_text(f"{self.ports}\n")

    def _steps(self) -> Sequence[Sequence[str]]:
        work, secrets = self.state / "bureau", self.state / "secrets"
        orders, reports, packs = (str(work / f"{n}.ndjson") for n in ("orders", "reports", "packs"))
        factory = ["chipcard-sim", "personalise", "--cards", str(self.cards)]
        ceremony = ["eid", "ceremony", "--file", str(HERE / "ceremony.toml")]
        registrations = [str(self.registration(portal)) for portal in self.portals]
        return (
            [*ceremony, "--since", OLDEST_CARD, "--keep"],
            ["eid", "issue-batch", str(PEOPLE)],
            ["eid", "card-orders", "--out", orders],
            [*factory, "--orders", orders, "--reports", reports, "--pin", PIN, "--puk", PUK],
            ["eid", "complete-cards", reports, "--out", packs],
            [*factory, "--packs", packs],
            ["eid", "seed"],
            ["eid", "client", "add", *registrations, "--secrets", str(secrets)],
        )

    def command(self, words: Sequence[str], *, show: bool = True) -> str:
        """Run one command to its end; raise `WorldError` with its words when it fails."""
        done = subprocess.run(
            [str(BIN / words[0]), *words[1:]],
            cwd=ROOT,
            env=self.environment(),
            stdout=None if show else subprocess.PIPE,
            stderr=None if show else subprocess.STDOUT,
            check=False,
        )
        told = (done.stdout or b"").decode(errors="replace")
        if done.returncode:
            raise WorldError(f"`{' '.join(words[:3])}` failed ({done.returncode}). {told}".strip())
        return told

    # Running it

    def start(self) -> None:
        """Start everything and wait until each answers; on any failure nothing stays behind."""
        self.require_free_ports()
        try:
            self._spawn("provider", ["eid", "serve"], self.environment())
            self._spawn_bridge()
            for portal in self.portals:
                words = ["uvicorn", "--factory", "api.portal.main:app", "--host", "127.0.0.1"]
                words += ["--port", str(portal.port), "--no-access-log", "--log-level", "warning"]
                self._spawn(portal.key, words, self.portal_environment(portal))
            self._await("provider", f"http://127.0.0.1:{self.ports.provider}/health/ready")
            self._await("bridge", f"{self.bridge}/health")
            for portal in self.portals:
                self._await(portal.key, f"{portal.origin}/health")
        except BaseException:
            self.stop()
            raise

    def become_provider(self) -> NoReturn:
        """Run the provider alone, in the place of this process."""
        self.require_free_ports("provider")
        os.chdir(ROOT)
        os.execve(BIN / "eid", ["eid", "serve"], self.environment())  # noqa: S606 - our own command

    def start_bridge(self) -> None:
        """Start the card bridge alone."""
        self._spawn_bridge()
        self._await("bridge", f"{self.bridge}/health")

    def _spawn_bridge(self) -> None:
        words = ["chipcard-sim", "bridge", "--cards", str(self.cards), "--origin", self.issuer]
        words += ["--host", "127.0.0.1", "--port", str(self.ports.bridge), "--picker"]
        words += ["--fault", self.fault] if self.fault else []
        self._spawn("bridge", words, _inherited())

    def start_second_provider(self) -> str:
        """Start one more provider process over the same database; return where it listens."""
        with held_ports(1) as (port,):
            listen = f"127.0.0.1:{port}"
        environment = {**self.environment(), "EID_LISTEN": listen}
        self._spawn("provider-2", ["eid", "serve"], environment)
        self._await("provider-2", f"http://{listen}/health/ready")
        return f"http://{listen}"

    def stop_one(self, name: str) -> None:
        """End one part by its name."""
        for part in [one for one in self.running if one[0] == name]:
            part[1].terminate()
            part[1].wait(STOP_SECONDS)
            self.running.remove(part)

    def _spawn(self, name: str, words: Sequence[str], environment: dict[str, str]) -> None:
        logs = self.state / "logs"
        logs.mkdir(exist_ok=True)
        with (logs / f"{name}.log").open("ab") as log, undisturbed():
            process = subprocess.Popen(
                [str(BIN / words[0]), *words[1:]],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.running.append((name, process))

    def _await(self, name: str, url: str) -> None:
        process = next(p for n, p in self.running if n == name)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if process.poll() is not None:
                raise WorldError(f"{name} ended at once. {self._last_words(name)}")
            if _is_ok(url):
                return
            time.sleep(0.1)
        raise WorldError(f"{name} does not answer at {url}. {self._last_words(name)}")

    def _last_words(self, name: str) -> str:
        log = self.state / "logs" / f"{name}.log"
        tail = log.read_text(errors="replace").splitlines()[-12:]
        return f"The end of {log}:\n" + "\n".join(tail)

    def watch(self) -> NoReturn:
        """Wait; raise `WorldError` as soon as a part ends by itself."""
        while True:
            for name, process in self.running:
                if process.poll() is not None:
                    raise WorldError(f"{name} has ended. {self._last_words(name)}")
            time.sleep(0.5)

    def stop(self) -> None:
        """End everything, politely first."""
        for _, process in self.running:
            if process.poll() is None:
                process.terminate()
        until = time.monotonic() + STOP_SECONDS
        for _, process in self.running:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals wait: a process that was begun must also be remembered, or nobody ends it."""
    waiting: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield  # signals never come here
        return
    kept = {one: signal.signal(one, lambda number, _: waiting.append(number)) for one in STOPPING}
    try:
        yield
    finally:
        for one, handler in kept.items():
            signal.signal(one, handler)
        for number in waiting[:1]:
            signal.raise_signal(number)


def _inherited() -> dict[str, str]:
    """The parent's environment without any settings of ours: a run has its own alone."""
    kept = {k: v for k, v in ENVIRONMENT.items() if not k.startswith((OURS, "PORTAL_"))}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _is_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP
    except (URLError, OSError):
        return False


def chosen_ports() -> Ports:
    """The ports of `EID_DEMO_PORTS`, or the usual ones."""
    return read_ports(ENVIRONMENT.get("EID_DEMO_PORTS", ""))


def chosen_database() -> str | None:
    """The database of `EID_DATABASE__URL`, or None for the embedded one.

    A world's own embedded one is not chosen: its `settings` were read into the same shell.
    """
    url = ENVIRONMENT.get("EID_DATABASE__URL", "")
    beside = Path(url.removeprefix(EMBEDDED)).parent
    if url.startswith(EMBEDDED) and (beside / SETTINGS).is_file():
        return None
    return url or None


def settings_told(world: World) -> str:
    """How a person lets `eid` work on this world, in the markup of the console."""
    here, path = Path.cwd(), world.settings
    seen = path.relative_to(here) if path.is_relative_to(here) else path
    words = f"set -a; . {shlex.quote(str(seen))}; set +a"
    return f"[bold]{words}[/] lets [bold]eid[/] commands work on this world."
