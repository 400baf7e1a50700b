"""Every transcript again, through pcscd and pyscard: the same answers as in process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import pytest
from foreign.pcsc.line import Line
from unit.chipcard_sim.cards import PIN, PIV, issued_card, tries_left, verify
from vectors.transcripts.player import CARDS, TRANSCRIPTS, play, read
from virtual_reader import in_slot

from chipcard_sim.chip.card import Card

pytestmark = pytest.mark.pcsc


class Exchangeable:
    """One place in the reader for many cards: waiting for pcscd to see each of them takes long."""

    card: Card

    def reset(self) -> bytes:
        return self.card.reset()

    def power_off(self) -> None:
        self.card.power_off()

    def transmit(self, command: bytes) -> bytes:
        return self.card.transmit(command)


@pytest.fixture(scope="module")
def place(
    reader: None,  # noqa: ARG001 - it runs
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Exchangeable]:
    held = Exchangeable()
    held.card = issued_card(tmp_path_factory.mktemp("first") / "chip")
    with in_slot(held):
        yield held


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_the_card_answers_through_a_reader_as_in_process(
    place: Exchangeable, path: Path, tmp_path: Path
) -> None:
    transcript = read(path)
    place.card = CARDS[transcript["card"]](tmp_path / "chip")
    with Line() as line:
        line.cut_power()
        play(transcript, line.transmit, line.cut_power)


def test_a_command_does_not_wait_for_an_acknowledgement(
    place: Exchangeable, tmp_path: Path
) -> None:
    """Forty milliseconds is what it costs then, on an idle machine and on a busy one."""
    place.card = issued_card(tmp_path / "chip")
    with Line() as line:
        times = [_milliseconds(lambda: line.transmit(bytes.fromhex(PIV))) for _ in range(50)]
    assert median(times) < 20


def _milliseconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return (perf_counter() - started) * 1000


def test_pulling_a_card_loses_its_session_and_nothing_else(
    reader: None,  # noqa: ARG001 - it runs
    tmp_path: Path,
) -> None:
    path = tmp_path / "chip"
    card = issued_card(path)
    select, right, wrong = (bytes.fromhex(each) for each in (PIV, verify(), verify("000000")))
    signing = bytes.fromhex("0087119A267C228200811E") + bytes(32)
    with in_slot(card, 1), Line(1) as line:
        assert line.transmit(select)[-2:] == b"\x90\x00"
        assert line.transmit(wrong)[-2:] == b"\x63\xc2"
        assert line.transmit(right)[-2:] == b"\x90\x00"
        assert line.transmit(wrong)[-2:] == b"\x63\xc2"
    assert tries_left(path) == 2
    with in_slot(card, 1), Line(1) as line:
        assert line.transmit(signing)[-2:] != b"\x90\x00", "nothing is selected any more"
        assert line.transmit(select)[-2:] == b"\x90\x00"
        assert line.transmit(bytes.fromhex("00200080"))[-2:] == b"\x63\xc2", "as it was left"
        assert line.transmit(right)[-2:] == b"\x90\x00"
    assert tries_left(path) == 3
    assert PIN not in path.read_text()
