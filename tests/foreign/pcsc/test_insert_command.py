"""`chipcard-sim insert` as a person runs it: what it starts, says, waits for and leaves behind."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

import pytest
from foreign.pcsc.personalised import PIN, HandedOut, hand_out
from foreign.pcsc.strangers import PATIENCE, succeed
from virtual_reader import give_up, reader_of, the_only_user, wait_for

from chipcard_sim.commands import daemon

pytestmark = pytest.mark.pcsc
PROGRAM = (sys.executable, "-m", "chipcard_sim", "insert")


@dataclass
class Running:
    """The command, running. It is heard up to a sentence, so it never runs ahead of a test."""

    process: subprocess.Popen[str]
    heard: str = ""

    def hear(self, sentence: str) -> str:
        """What it says until a sentence comes; whatever was heard before is forgotten."""
        assert self.process.stderr is not None
        overdue = Timer(PATIENCE, self.process.kill)
        overdue.start()
        self.heard = ""
        try:
            while sentence not in self.heard:
                line = self.process.stderr.readline()
                assert line, f"it ended without {sentence!r}, with {self.heard!r}"
                self.heard += line
        finally:
            overdue.cancel()
        return self.heard

    def end(self, number: int = signal.SIGINT) -> tuple[int, str, str]:
        """Send a signal; exit code and the rest of both outputs."""
        self.process.send_signal(number)
        said, told = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said, told


Insert = Callable[..., Running]


@pytest.fixture(scope="module", autouse=True)
def alone() -> Iterator[None]:
    """Nobody else uses a daemon meanwhile, and none of the system's own is running."""
    with the_only_user():
        if daemon.is_running():
            give_up("a PC/SC daemon runs already")
        yield


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> HandedOut:
    card = hand_out(tmp_path_factory.mktemp("folder"))
    shutil.copy(card.path, card.path.with_name("VN0000002.card"))
    return card


@pytest.fixture
def insert(cards: HandedOut) -> Iterator[Insert]:
    started: list[subprocess.Popen[str]] = []

    def start(name: str, *options: str) -> Running:
        pipe = subprocess.PIPE
        words = [*PROGRAM, name, "--cards", str(cards.path.parent), *options]
        process = subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True)
        started.append(process)
        return Running(process)

    yield start
    for process in reversed(started):
        process.terminate()
        process.communicate(timeout=PATIENCE)


def test_it_starts_the_daemon_shows_what_passes_and_cleans_up(insert: Insert) -> None:
    first = insert("VN0000001", "--pcscd", "--trace")
    said = first.hear("Ctrl-C pulls the card.")
    assert re.search(r"Started \S+/pcscd --foreground \(process \d+\)\.", said)
    assert f"“{reader_of(0)}”" in said
    second = insert("VN0000002", "--slot", "1", "--pcscd")
    assert "pcscd runs already and is used as it is." in second.hear("Ctrl-C pulls the card.")
    listed = succeed("opensc-tool", "--list-readers")
    assert listed.text.count("Yes") == 2
    succeed("pkcs11-tool", "--login", "--pin", PIN, "--list-objects")
    assert second.end(signal.SIGTERM)[:2] == (0, "")
    code, traced, told = first.end()
    assert (code, told) == (0, "Stopped pcscd.\nThe card is pulled.\n")
    assert "> VERIFY" in traced
    assert "[blanked]" in traced
    assert PIN.encode().hex() not in traced
    assert not daemon.is_running()


def test_a_card_waits_for_a_reader_that_was_killed(insert: Insert) -> None:
    first = insert("VN0000001", "--pcscd")
    said = first.hear("Ctrl-C pulls the card.")
    found = re.search(r"process (\d+)", said)
    assert found is not None
    os.kill(int(found[1]), signal.SIGKILL)
    first.hear("The reader went away. The card waits for it.")
    assert Path("/run/pcscd/pcscd.comm").exists(), "what a killed daemon leaves"
    second = insert("VN0000002", "--slot", "1", "--pcscd")
    assert "Removed /run/pcscd/pcscd.comm" in second.hear("Ctrl-C pulls the card.")
    first.hear("The reader is back, with the card in it.")
    wait_for(lambda: succeed("opensc-tool", "-l").text.count("Yes") == 2, "both cards")
    assert first.end()[0] == 0
