"""The container files, as far as they can be held to their word without a container engine.

Every command, port, variable and volume of the compose files is taken from them and run as local
processes: folders of the container become temporary ones, ports become free ones of the loopback,
and the database's host becomes a PostgreSQL of the test.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml  # type: ignore[import-untyped]
from browser import Browser
from journey import AgencyClient, Journey, SignIn
from postgres_server import Cluster
from world import PIN, Ports, World

from api.portal.settings import PortalSettings
from eid.config import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
BIN = Path(sys.executable).parent
PACKAGES = ("eid", "keys", "api", "chipcard_sim")
USUAL = Ports()
PUBLISHED = astuple(USUAL)
PATIENCE = 60.0  # seconds: the machine may be busy with other tests

Json = dict[str, Any]


def compose(*overlays: str) -> Json:
    """The services of compose.yaml with its overlays, merged as compose merges maps."""
    merged: Json = {}
    for name in ("compose.yaml", *overlays):
        read = yaml.safe_load((DOCKER / name).read_text(encoding="utf-8"))
        for service, members in read["services"].items():
            whole = merged.setdefault(service, {})
            for member, value in members.items():
                maps = isinstance(value, dict) and isinstance(whole.get(member), dict)
                whole[member] = whole[member] | value if maps else value
    return merged


BASE = compose()
OVERLAID = compose("compose.postgres.yaml")
OURS = {name: one for name, one in BASE.items() if "build" in one}


# The compose files by themselves


def test_every_part_runs_the_one_image_on_the_one_volume() -> None:
    parts = {"world", "provider", "portal", "tax", "library", "bridge"}
    assert set(OURS) == set(BASE) == parts
    for one in OURS.values():
        assert one["image"] == "eid-reference"
        assert one["volumes"] == ["state:/state"]
        assert (DOCKER / one["build"]["context"]).resolve() == ROOT
        assert (ROOT / one["build"]["dockerfile"]).is_file()


@pytest.mark.parametrize("name", ["compose.yaml", "compose.postgres.yaml"])
def test_every_named_volume_and_service_is_there(name: str) -> None:
    read = yaml.safe_load((DOCKER / name).read_text(encoding="utf-8"))
    used = {
        v.partition(":")[0] for one in read["services"].values() for v in one.get("volumes", ())
    }
    assert used == set(read["volumes"])
    for one in read["services"].values():
        assert set(one.get("depends_on", {})) <= set(OVERLAID)
        assert one.get("network_mode", "service:provider") == "service:provider"


def test_ports_are_published_on_the_loopback_alone_and_by_one_part() -> None:
    published = {name: one["ports"] for name, one in OVERLAID.items() if "ports" in one}
    assert published == {"provider": [f"127.0.0.1:{port}:{port}" for port in PUBLISHED]}


def test_the_parts_agree_on_addresses_and_secrets() -> None:
    provider, bridge = BASE["provider"]["environment"], BASE["bridge"]["command"]
    assert provider["EID_ISSUER"] == bridge[bridge.index("--origin") + 1]
    assert provider["EID_PAGES__BRIDGE"] == bridge[bridge.index("--address") + 1]
    assert BASE["world"]["environment"] == provider
    world = World(Path("/state"), USUAL)
    inside = {key: value.replace(str(ROOT), "/app") for key, value in world.environment().items()}
    assert provider.items() <= (inside | {"EID_LISTEN": "0.0.0.0:8000"}).items()
    for portal in world.portals:
        told = BASE[portal.key]["environment"]
        usual = world.portal_environment(portal)
        assert told.items() <= usual.items()
        # What is left out is as the portal's own defaults have it.
        for name in {name for name in usual if name.startswith("PORTAL_")} - told.keys():
            default = PortalSettings.model_fields[name.removeprefix("PORTAL_").lower()].default
            assert usual[name] == default


@pytest.mark.parametrize(
    ("service", "variable"),
    [(s, v) for s, one in OVERLAID.items() if s != "database" for v in one.get("environment", {})],
)
def test_every_variable_is_a_setting(service: str, variable: str) -> None:
    prefix, _, rest = variable.partition("_")
    group: Any = {"EID": Settings, "PORTAL": PortalSettings}[prefix]
    for part in rest.lower().split("__"):
        assert part in group.model_fields, f"{service}: {variable}"
        group = group.model_fields[part].annotation


# The parts as local processes


@dataclass
class Stack:
    """The compose file's parts, started as processes."""

    state: Path
    ports: Ports
    services: Json
    database: str | None = None
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def local(self, text: str) -> str:
        """What the container's words mean on this machine."""
        if self.database and "@database:" in text:
            return self.database
        mapped = dict(zip(PUBLISHED, astuple(self.ports), strict=True))
        ports = "|".join(map(str, mapped))
        text = re.sub(rf"(?<!\d)({ports})(?!\d)", lambda m: str(mapped[int(m[1])]), text)
        text = re.sub(r"/state(?=/|$)", str(self.state), text)
        text = re.sub(r"/app(?=/|$)", str(ROOT), text)
        return text.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - and nothing else

    def spawn(self, name: str) -> subprocess.Popen[bytes]:
        """Start one part with its own variables and nothing of the tester's."""
        words = [self.local(word) for word in self.services[name]["command"]]
        told = self.services[name].get("environment", {})
        # The published ports are chosen by the tester: the one thing that compose does by itself.
        environment = {"PATH": f"{BIN}:/usr/bin:/bin", "EID_DEMO_PORTS": str(self.ports)}
        with (self.state.parent / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [str(BIN / words[0]), *words[1:]],
                cwd=ROOT,
                env=environment | {key: self.local(value) for key, value in told.items()},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self.running[name]

    def words(self, name: str) -> str:
        return (self.state.parent / f"{name}.log").read_text(errors="replace")

    def run_to_the_end(self, name: str) -> float:
        begin = time.monotonic()
        assert self.spawn(name).wait(PATIENCE * 2) == 0, self.words(name)
        del self.running[name]
        return time.monotonic() - begin

    def start_the_rest(self) -> None:
        waiting = [
            name for name, one in self.services.items() if "build" in one and name != "world"
        ]
        for name in waiting:
            assert self.services[name]["depends_on"]["world"]["condition"] == (
                "service_completed_successfully"
            )
            self.spawn(name)
        for name, path in (("provider", "/health/ready"), *((n, "/health") for n in waiting[1:])):
            self._await(name, f"http://127.0.0.1:{getattr(self.ports, name)}{path}")

    def _await(self, name: str, url: str) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self.running[name].poll() is None, self.words(name)
            try:
                if httpx2.get(url, timeout=5).status_code == 200:
                    return
            except httpx2.HTTPError:
                time.sleep(0.1)
        raise AssertionError(f"{name} does not answer. {self.words(name)}")

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait(20)


@contextmanager
def running(folder: Path, services: Json, database: str | None = None) -> Iterator[Stack]:
    state = folder / "state"
    state.mkdir()
    stack = Stack(state, Ports.free(), services, database)
    try:
        first = stack.run_to_the_end("world")
        again = stack.run_to_the_end("world")
        assert again < first / 2, "the second `up` makes nothing"
        stack.start_the_rest()
        yield stack
    finally:
        stack.stop()


def walk(stack: Stack) -> None:
    """A citizen signs in at two agencies with a card; a client of the tester's own redeems."""
    journey = Journey(World(stack.state, stack.ports, database=stack.database))
    journey.prepare()
    browser = Browser()
    signing_in = SignIn(journey, journey.with_card("active"), browser)
    signing_in.with_card()
    signing_in.single_sign_on()
    agency, verifier = AgencyClient(journey, journey.world.portals[0]), "v" * 43
    code = agency.code(browser, journey.with_card("active"), verifier)
    tokens = agency.redeem(code, verifier)
    assert tokens.status_code == 200
    assert agency.userinfo(tokens.json()["access_token"]).status_code == 200
    browser.close()


def test_the_demo_runs_as_the_compose_file_says(tmp_path: Path) -> None:
    with running(tmp_path, BASE) as stack:
        walk(stack)
        live = httpx2.get(f"http://127.0.0.1:{stack.ports.provider}/health/live", timeout=5)
        assert live.json() == {"status": "ok"}
        assert (stack.state / "eid.sqlite3").exists()


def test_the_overlay_puts_the_same_demo_on_postgresql(tmp_path: Path, postgres: Cluster) -> None:
    database = postgres.create("compose")
    with running(tmp_path, OVERLAID, database) as stack:
        walk(stack)
        assert not (stack.state / "eid.sqlite3").exists()
        assert OVERLAID["database"]["environment"]["POSTGRES_DB"] == "eid"


def test_pins_stand_in_no_container_file() -> None:
    for path in (*DOCKER.glob("compose*.yaml"), DOCKER / "Dockerfile"):
        assert PIN not in path.read_text(encoding="utf-8")


# The image


def instructions() -> list[tuple[str, list[str]]]:
    text = (DOCKER / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.partition(" ")[0], shlex.split(line)[1:]) for line in lines]


def copied_from_here() -> list[str]:
    found = [words for name, words in instructions() if name == "COPY" and "--from" not in words[0]]
    return [source for words in found for source in words[:-1]]


def test_what_the_image_copies_is_there_and_let_through() -> None:
    let_through = (DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert let_through[1] == "**", "everything is kept out first"
    assert sorted(copied_from_here()) == sorted(
        line[1:] for line in let_through if line.startswith("!")
    )
    for source in copied_from_here():
        assert (ROOT / source).exists(), source


def test_what_the_build_needs_is_copied_before_it_builds() -> None:
    steps = instructions()
    building = next(n for n, (name, w) in enumerate(steps) if name == "RUN" and w[-1] == ".")
    before = {source for name, words in steps[:building] if name == "COPY" for source in words[:-1]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"pyproject.toml", project["readme"], "LICENSE", *PACKAGES} <= before


def test_the_image_s_packages_are_hashed_and_one_of_them_builds_ours() -> None:
    locked = [w for name, w in instructions() if name == "RUN" and "--require-hashes" in w]
    assert [words[words.index("-r") + 1] for words in locked] == ["requirements.lock"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert re.search(r"^setuptools==", lock, flags=re.MULTILINE)
    pinned = re.findall(r"^[a-z0-9_.\-\[\]]+==.*$", lock, flags=re.MULTILINE)
    assert len(pinned) > 20
    assert lock.count("--hash=sha256:") >= len(pinned)


def test_the_image_runs_as_nobody_special_and_starts_a_command_of_ours() -> None:
    steps = instructions()
    last_stage = steps[max(n for n, (name, _) in enumerate(steps) if name == "FROM") :]
    (user,) = (words[0] for name, words in last_stage if name == "USER")
    assert user not in {"root", "0"}
    assert any(name == "RUN" and "useradd" in w and user in w for name, w in last_stage)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    command = next(" ".join(words) for name, words in last_stage if name == "CMD")
    assert json.loads(re.sub(r"([\w-]+)", r'"\1"', command))[0] in project["scripts"]
    needed = {one["command"][0] for one in OURS.values()}
    assert needed <= {*project["scripts"], "python", "uvicorn"}


def test_the_built_package_holds_every_file_of_the_sources(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    command += [
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--wheel-dir",
        str(tmp_path),
        ".",
    ]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        packed = set(opened.namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    endings = {Path(name).suffix for name in wanted}
    assert {".toml", ".html", ".css", ".js", ".mako", ".json", ".svg"} <= endings
    assert wanted - packed == set()
    assert any(name.endswith("LICENSE") for name in packed)


# Nothing names a place to fetch from


SKIPPED = {".git", ".venv", ".demo", "node_modules", "__pycache__", "artefacts", "build"}
REGISTRIES = re.compile(
    r"pypi\.org|python"
    r"hosted|npmjs\.(?:org|com)|crates\.io|repo1?\.maven|docker\.io|ghcr\.io|quay\.io"
    r"|proxy\.golang|(?:--(?:extra-)?index-url|--registry|registry)[ =]+https?:"
)


def texts() -> Iterator[Path]:
    for folder, names, files in os.walk(ROOT):
        names[:] = [
            n
            for n in names
            if n not in SKIPPED and not n.endswith(("_cache", ".egg-info")) and n != ".hypothesis"
        ]
        yield from (Path(folder) / name for name in files)


def test_no_registry_s_address_stands_anywhere() -> None:
    found = []
    for path in texts():
        if path == Path(__file__):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {word}" for word in REGISTRIES.findall(text)]
    assert found == []
