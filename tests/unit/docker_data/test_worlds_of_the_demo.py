"""What a made world tells a person: its commands, its settings, its folder of cards."""

import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from front import STATE, FrontedWorld
from world import ROOT, Ports, World, WorldError, chosen_database, settings_told

DATABASE = "EID_DATABASE__URL"


def made(kind: type[World], state: Path, ports: Ports) -> World:
    state.mkdir(parents=True, exist_ok=True)
    (state / "made").write_text(f"{ports}\n")
    return kind(state, Ports.free())


@pytest.mark.parametrize(
    ("kind", "command"), [(World, "make demo"), (FrontedWorld, "make front")], ids=str
)
def test_a_world_elsewhere_is_told_by_the_command_that_begins_it(
    kind: type[World], command: str, tmp_path: Path
) -> None:
    ports = Ports.free()
    with pytest.raises(WorldError) as refusal:
        made(kind, tmp_path, ports).is_made()
    told = str(refusal.value)
    assert f"(EID_DEMO_PORTS={ports} {command})" in told
    assert ("make demo FRESH=1" in told) == (kind is World)
    assert (f"rm -r {tmp_path}; make front" in told) == (kind is FrontedWorld)


def test_the_front_s_port_in_use_is_moved_by_its_own_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("world.is_taken", lambda port: port == Ports().tax)
    with pytest.raises(WorldError, match=r"8102 \(tax\).*EID_DEMO_PORTS=\S+ make front"):
        FrontedWorld(tmp_path, Ports()).require_free_ports()
    (tmp_path / "made").touch()
    with pytest.raises(WorldError, match=rf"rm -r {tmp_path}; EID_DEMO_PORTS=\S+ make front"):
        FrontedWorld(tmp_path, Ports()).require_free_ports()


def test_cards_are_named_where_the_card_program_would_look_elsewhere(tmp_path: Path) -> None:
    front = FrontedWorld(STATE, Ports())
    assert front.environment()["EID_DEMO__CARDS"] == ".demo/front/cards"
    assert "EID_DEMO__CARDS" not in World(ROOT / ".demo", Ports()).environment()
    assert World(tmp_path, Ports()).environment()["EID_DEMO__CARDS"] == str(tmp_path / "cards")


def test_a_shell_reads_the_settings_of_a_world_and_nobody_else_does(tmp_path: Path) -> None:
    state = tmp_path / "a folder's"
    state.mkdir()
    world = World(state, Ports(), database="postgresql://eid:pass'word@localhost/eid")
    world.settings.touch(mode=0o644)
    world.write_settings()
    assert world.settings.stat().st_mode & 0o777 == 0o600
    words = f"set -a; . {shlex.quote(str(world.settings))}; set +a; env -0"
    read = subprocess.run(["sh", "-c", words], env={}, capture_output=True, text=True, check=True)
    told = dict(entry.split("=", 1) for entry in read.stdout.split("\0") if entry)
    ours = {name: value for name, value in world.environment().items() if name.startswith("EID_")}
    assert {name: told[name] for name in ours} == ours
    assert "PORTAL_ISSUER" not in told
    assert Path(told["EID_KEYS__WRAPPING_KEY"]).is_absolute()


def test_settings_are_told_as_they_are_typed_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "set -a; . .demo/env; set +a" in settings_told(World(tmp_path / ".demo", Ports()))
    assert "set -a; . /elsewhere/env; set +a" in settings_told(World(Path("/elsewhere"), Ports()))


def test_settings_that_were_read_choose_no_database_for_another_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = World(tmp_path, Ports()).environment()[DATABASE]
    monkeypatch.setenv(DATABASE, url)
    assert chosen_database() == url, "somebody's own"
    World(tmp_path, Ports()).write_settings()
    assert chosen_database() is None
    for own in ("postgresql://eid@localhost/eid", "sqlite:///", None):
        monkeypatch.setenv(DATABASE, own or "")
        assert chosen_database() == own


@dataclass
class Rehearsed(World):
    """A world whose processes are only written down."""

    begun: list[Sequence[str]] = field(default_factory=list)

    def _spawn(self, _name: str, words: Sequence[str], _environment: dict[str, str]) -> None:
        self.begun.append(words)


def test_a_fault_is_played_by_the_world_s_own_bridge(tmp_path: Path) -> None:
    plain, spoilt = Rehearsed(tmp_path, Ports()), Rehearsed(tmp_path, Ports(), fault="altered-dg1")
    for world in (plain, spoilt):
        world._spawn_bridge()
    assert spoilt.begun == [[*plain.begun[0], "--fault", "altered-dg1"]]


def test_a_misspelt_fault_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    World(tmp_path, Ports(), fault="altered-dg1").require_known_fault()
    World(tmp_path, Ports()).require_known_fault()
    with pytest.raises(WorldError, match="Did you mean altered-dg1"):
        World(tmp_path, Ports(), fault="alterd-dg1").require_known_fault()
