import errno
import json
import os
import re
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from unit.chipcard_sim.cards import SERIAL, issued_card, state_of

from chipcard_sim.chip.memory import CardState, Memory, MemoryDamaged


class PowerCut(BaseException):
    """No handler of ours may catch it: that is what a power cut is like."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


def with_object(state: CardState) -> CardState:
    return replace(state, objects={**state.objects, 0x5FC102: b"new"})


def test_what_is_written_is_read_again(path: Path) -> None:
    issued_card(path)
    before = state_of(path)
    copy = path.with_name("copy")
    Memory.create(copy, before)
    assert state_of(copy) == before
    assert len(before.keys) == len(before.references) == 2


def test_the_file_is_the_owners_alone(path: Path) -> None:
    old_mask = os.umask(0)
    try:
        memory = Memory.create(path, CardState(SERIAL))
        memory.update(with_object)
    finally:
        os.umask(old_mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_card_is_never_overwritten(path: Path) -> None:
    Memory.create(path, with_object(CardState(SERIAL)))
    with pytest.raises(FileExistsError):
        Memory.create(path, CardState(SERIAL))
    assert state_of(path).objects


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_power_off_while_writing_leaves_the_old_memory_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    memory = Memory.create(path, CardState(SERIAL))

    def cut(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync", cut) if step == "fsync" else (Path, "replace", cut)))
        with pytest.raises(PowerCut):
            memory.update(with_object)
    assert memory.read() == CardState(SERIAL)
    assert memory.update(with_object).objects == memory.read().objects != {}


def test_a_refused_change_writes_nothing(path: Path) -> None:
    memory = Memory.create(path, CardState(SERIAL))
    before = path.stat()

    def refuse(_: CardState) -> CardState:
        raise PermissionError

    with pytest.raises(PermissionError):
        memory.update(refuse)
    assert path.stat().st_ino == before.st_ino


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"[" * 100_000,
        b"\xff\xfe",
        (
            b'{"kind": "chipcard-sim.card:1", "serial": "AA==", "locked": false, "references": '
            b'{"80": {"salt": "", "digest": "", "triesLeft": Infinity, "triesAllowed": 3}}, '
            b'"keys": {}, "objects": {}}'
        ),
        b'{"kind": "another"}',
        b'{"kind": "chipcard-sim.card:1", "serial": "AA=="}',
        (
            b'{"kind": "chipcard-sim.card:1", "serial": "*", "locked": false, '
            b'"references": {}, "keys": {}, "objects": {}}'
        ),
    ],
)
def test_a_file_that_is_no_card_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(MemoryDamaged):
        Memory(path).read()


def test_a_missing_file_is_refused(path: Path) -> None:
    with pytest.raises(MemoryDamaged):
        Memory(path).read()


def test_a_lock_that_is_unclear_is_a_lock(path: Path) -> None:
    Memory.create(path, CardState(SERIAL))
    written = json.loads(path.read_bytes())
    del written["checksum"]
    path.write_text(json.dumps(written | {"locked": None}))
    assert Memory(path).read().is_locked


def test_a_card_from_before_the_checksum_is_still_one(path: Path) -> None:
    Memory.create(path, with_object(CardState(SERIAL)))
    written = json.loads(path.read_bytes())
    del written["checksum"]
    path.write_text(json.dumps(written))
    assert Memory(path).read() == with_object(CardState(SERIAL))


@pytest.fixture(scope="module")
def silicon(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    place = tmp_path_factory.mktemp("silicon") / "chip"
    issued_card(place)
    return place.read_bytes()


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_short_is_refused_by_name_and_left_alone(
    path: Path, silicon: bytes, part: float
) -> None:
    cut = silicon[: int(len(silicon) * part)]
    path.write_bytes(cut)
    with pytest.raises(MemoryDamaged, match=re.escape(str(path))) as refused:
        Memory(path).update(with_object)
    assert refused.value.path == path
    assert path.read_bytes() == cut


def test_a_key_with_one_letter_changed_is_refused(path: Path, silicon: bytes) -> None:
    at = silicon.index(b'"private"') + 60
    other = b"A" if silicon[at : at + 1] != b"A" else b"B"
    path.write_bytes(silicon[:at] + other + silicon[at + 1 :])
    with pytest.raises(MemoryDamaged):
        Memory(path).read()


def test_a_full_disk_leaves_the_last_good_state(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory.create(path, CardState(SERIAL))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            memory.update(with_object)
    assert memory.read() == CardState(SERIAL)


def test_secrets_are_not_in_the_repr(path: Path) -> None:
    issued_card(path)
    state = state_of(path)
    shown = repr(state)
    assert repr(state.keys[0x9A].private) not in shown
    assert repr(state.references[0x80].digest) not in shown


COUNT = """
import sys
from dataclasses import replace
from pathlib import Path
from chipcard_sim.chip.memory import Memory

def one_more(state):
    count = int.from_bytes(state.objects.get(1, b"\\0"), "big") + 1
    return replace(state, objects={1: count.to_bytes(2, "big")})

memory = Memory(Path(sys.argv[1]))
for _ in range(40):
    memory.update(one_more)
"""


def test_two_processes_lose_no_change(path: Path) -> None:
    memory = Memory.create(path, CardState(SERIAL))
    both = [subprocess.Popen([sys.executable, "-c", COUNT, path]) for _ in range(2)]
    assert [each.wait(timeout=60) for each in both] == [0, 0]
    assert int.from_bytes(memory.read().objects[1], "big") == 80
