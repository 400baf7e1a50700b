"""A card in the virtual reader's slot, with a reader made for the moment at the other end."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.chipcard_sim.cards import issued_card

from chipcard_sim.iso7816.transport import TransportLost
from chipcard_sim.transport import vpcd
from chipcard_sim.transport.vpcd import (
    Control,
    InsertedCard,
    ReaderAbsent,
    SlotTaken,
    VirtualSlot,
    inserted,
)

HERE = "127.0.0.1"
COMMAND = bytes.fromhex("00A4040000")
PATIENCE = 5


@dataclass
class NotedCard:
    """Notes what a reader does to it, and answers with the command turned round."""

    notes: list[str] = field(default_factory=list)
    resets: int = 0
    is_gone: bool = False

    def reset(self) -> bytes:
        self.notes.append("reset")
        self.resets += 1
        return bytes((0x3B, self.resets))

    def power_off(self) -> None:
        self.notes.append("off")

    def transmit(self, command: bytes) -> bytes:
        self.notes.append(command.hex())
        if self.is_gone:
            raise TransportLost("pulled")
        return command[::-1]


@dataclass
class Reader:
    """The reader's end: it listens, the card calls."""

    listener: socket.socket
    line: socket.socket = field(init=False)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def accept(self) -> None:
        self.line, _ = self.listener.accept()
        self.line.settimeout(PATIENCE)

    def say(self, *messages: bytes) -> None:
        self.line.sendall(b"".join(len(each).to_bytes(2) + each for each in messages))

    def hear(self) -> bytes:
        return self.read(int.from_bytes(self.read(2)))

    def read(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            piece = self.line.recv(count - len(found))
            assert piece, "the card hung up"
            found += piece
        return found


@pytest.fixture
def reader() -> Iterator[Reader]:
    with socket.create_server((HERE, 0)) as listener:
        made = Reader(listener)
        yield made
        if hasattr(made, "line"):
            made.line.close()


@dataclass
class Stay:
    """A card in the reader, served by a thread of its own."""

    card: InsertedCard
    reader: Reader
    outcome: list[Any] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.thread = Thread(target=self._serve)
        self.thread.start()
        self.reader.accept()
        return self

    def __exit__(self, *_: object) -> None:
        self.reader.line.close()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "the card did not see the reader go"

    def _serve(self) -> None:
        try:
            with inserted(self.card, HERE, self.reader.port) as slot:
                slot.serve()
            self.outcome.append("reader gone")
        except TransportLost:
            self.outcome.append("card gone")


def test_a_command_is_answered(reader: Reader) -> None:
    with Stay(NotedCard(), reader):
        reader.say(COMMAND)
        assert reader.hear() == COMMAND[::-1]


def test_control_codes_are_obeyed_and_only_the_atr_is_answered(reader: Reader) -> None:
    card = NotedCard()
    with Stay(card, reader):
        reader.say(b"\x00", b"\x01", b"\x02", b"\x04")
        assert reader.hear() == bytes((0x3B, 3)), "that of the last reset"
        reader.say(b"\x04")
        assert reader.hear() == bytes((0x3B, 3)), "asking is no reset"
        assert card.notes == ["reset", "off", "reset", "reset"]


def test_a_command_without_power_is_a_failure_and_reaches_no_card(reader: Reader) -> None:
    card = NotedCard()
    stay = Stay(card, reader)
    with stay:
        reader.say(b"\x00", COMMAND, b"\x00", COMMAND)
        assert [reader.hear(), reader.hear()] == [b"\x6f\x00"] * 2
        reader.say(b"\x04")
        assert reader.hear() == bytes((0x3B, 1)), "the card is still there"
        for power_on in (b"\x01", b"\x02"):
            reader.say(b"\x00", power_on, COMMAND)
            assert reader.hear() == COMMAND[::-1]
    assert stay.outcome == ["reader gone"]
    assert card.notes[:3] == ["reset", "off", "off"]


def test_a_simulated_card_outlives_a_command_without_power(reader: Reader, tmp_path: Path) -> None:
    stay = Stay(issued_card(tmp_path / "chip"), reader)
    with stay:
        reader.say(b"\x00", COMMAND, b"\x01", bytes.fromhex("00A4040005A000000308"))
        assert reader.hear() == b"\x6f\x00"
        assert reader.hear()[-2] in {0x61, 0x90}
    assert stay.outcome == ["reader gone"]


def test_any_other_single_byte_is_a_command() -> None:
    slot = VirtualSlot(NotedCard(), Pieces(b"", []))  # type: ignore[arg-type]
    for code in sorted(set(range(256)) - set(Control)):
        assert slot._answer(bytes((code,))) == bytes((code,))


def test_a_reader_that_sends_nothing_as_a_command_is_answered(reader: Reader) -> None:
    with Stay(NotedCard(), reader):
        reader.say(b"")
        assert reader.hear() == b""


@given(cuts=st.lists(st.integers(1, 12), max_size=8))
def test_messages_come_in_any_pieces(cuts: list[int]) -> None:
    said = b"".join(len(m).to_bytes(2) + m for m in (b"\x02", COMMAND, b"\x04", COMMAND[:4]))
    slot = VirtualSlot(NotedCard(), Pieces(said, cuts))  # type: ignore[arg-type]
    assert [slot._receive() for _ in range(4)] == [b"\x02", COMMAND, b"\x04", COMMAND[:4]]
    assert slot._receive() is None


class Pieces:
    """A line that hands out no more at a time than it was told."""

    def __init__(self, said: bytes, cuts: list[int]) -> None:
        self.said = said
        self.cuts = cuts
        self.calls: list[str] = []

    def setsockopt(self, *option: int) -> None:
        assert option == (socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self.calls.append("acknowledge")

    def recv(self, count: int) -> bytes:
        self.calls.append("receive")
        size = min(count, self.cuts.pop(0) if self.cuts else count)
        piece, self.said = self.said[:size], self.said[size:]
        return piece


def test_each_piece_is_acknowledged_at_once() -> None:
    line = Pieces(len(COMMAND).to_bytes(2) + COMMAND, [1, 1, 2])
    slot = VirtualSlot(NotedCard(), line)  # type: ignore[arg-type]
    assert slot._receive() == COMMAND
    assert line.calls == ["acknowledge", "receive"] * 4


@pytest.mark.parametrize("said", [b"", b"\x00", b"\x00\x05", b"\x00\x05\x00\xa4\x04"])
def test_a_reader_that_goes_in_the_middle_of_a_message_costs_nothing(
    reader: Reader, said: bytes
) -> None:
    card = NotedCard()
    with Stay(card, reader) as stay:
        reader.line.sendall(said)
    assert stay.outcome == ["reader gone"]
    assert card.notes == ["reset", "off"], "no half command reaches the card"


def test_the_card_has_no_power_when_it_is_pulled(reader: Reader) -> None:
    card = NotedCard()
    with Stay(card, reader):
        reader.say(COMMAND)
        reader.hear()
    assert card.notes[-1] == "off"
    again = Stay(card, reader)
    with again:
        reader.say(b"\x04")
        assert reader.hear() == bytes((0x3B, 2)), "it comes back freshly reset"


def test_a_card_that_goes_away_by_itself_is_pulled(reader: Reader) -> None:
    stay = Stay(NotedCard(is_gone=True), reader)
    with stay:
        reader.say(COMMAND)
        assert reader.line.recv(1) == b"", "the reader sees it go"
    assert stay.outcome == ["card gone"]


def test_a_pulled_card_ends_its_service(reader: Reader) -> None:
    with inserted(NotedCard(), HERE, reader.port) as slot:
        reader.accept()
        thread = Thread(target=slot.serve)
        thread.start()
        slot.pull()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        slot.pull()


def test_an_answer_too_long_for_the_line_is_a_failure_of_the_card(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    card = NotedCard()
    monkeypatch.setattr(card, "transmit", lambda _: bytes(65538))
    slot = VirtualSlot(card, Pieces(b"", []))  # type: ignore[arg-type]
    assert slot._answer(COMMAND) == b"\x6f\x00"


def test_no_reader_is_told() -> None:
    with socket.create_server((HERE, 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(ReaderAbsent), inserted(NotedCard(), HERE, port):
        pytest.fail("there is nobody")


def test_a_slot_that_another_card_holds_is_told(reader: Reader) -> None:
    with inserted(NotedCard(), HERE, reader.port) as slot, pytest.raises(SlotTaken):
        slot.await_reader(0.01)


def test_the_reader_s_first_word_is_waited_for_and_kept(reader: Reader) -> None:
    with inserted(NotedCard(), HERE, reader.port) as slot:
        reader.accept()
        reader.say(b"\x04")
        slot.await_reader(PATIENCE)
        assert slot._receive() == b"\x04"
        reader.line.close()
        slot.await_reader(PATIENCE)
        assert slot._receive() is None


def test_two_slots_have_two_ports() -> None:
    assert (vpcd.FIRST_PORT, vpcd.SLOTS) == (0x8C7B, 2)
