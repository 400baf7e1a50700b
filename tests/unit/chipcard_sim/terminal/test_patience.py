import threading
import time

import pytest
from unit.chipcard_sim.scripted import ScriptedCard

from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.transport import TransportLost
from chipcard_sim.terminal.connection import PATIENCE, Connection
from chipcard_sim.terminal.errors import NotACard
from chipcard_sim.terminal.patience import Patience, TooSlow

ASK = Command(0, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x7e", 256)


class SilentCard:
    """A card that does not answer until somebody lets it."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.asked = 0

    def transmit(self, command: bytes) -> bytes:
        del command
        self.asked += 1
        self.let.wait(10)
        return b"\x90\x00"


class Clock:
    """Time goes on by a second whenever somebody looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def test_a_card_that_never_answers_is_given_up__CV_43() -> None:
    card = SilentCard()
    begin = time.monotonic()
    with pytest.raises(NotACard, match="did not answer in time"):
        Connection(card, patience=0.05).ask(ASK)
    assert time.monotonic() - begin < 2
    card.let.set()


def test_a_card_that_was_given_up_is_asked_nothing_more__CV_43() -> None:
    card = SilentCard()
    connection = Connection(card, patience=0.05)
    for _ in range(3):
        with pytest.raises(NotACard, match="did not answer in time"):
            connection.ask(ASK)
    assert card.asked == 1
    card.let.set()


def test_all_pieces_of_an_answer_share_one_time__CV_42() -> None:
    card = ScriptedCard(for_ever="00" * 16 + "6110")
    patient = Patience(card, 4.5, Clock())
    for _ in range(4):
        assert patient.transmit(b"\x00\xc0\x00\x00\x10").hex().endswith("6110")
    with pytest.raises(TooSlow, match="too long"):
        patient.transmit(b"\x00\xc0\x00\x00\x10")
    assert len(card.asked) == 4


def test_each_command_has_its_time_anew() -> None:
    patient = Patience(ScriptedCard(for_ever="9000"), 2.5, Clock())
    for _ in range(20):
        patient.begin()
        assert patient.transmit(b"\x00\xa4\x04\x00") == b"\x90\x00"


def test_what_a_card_raises_comes_through() -> None:
    class Pulled:
        def transmit(self, command: bytes) -> bytes:
            raise TransportLost(command.hex())

    with pytest.raises(TransportLost, match="00a4"):
        Patience(Pulled(), 1).transmit(b"\x00\xa4")


def test_a_reader_ends_within_ten_seconds__CV_43() -> None:
    assert 0 < PATIENCE < 10
