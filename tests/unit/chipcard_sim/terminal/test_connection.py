import pytest
from unit.chipcard_sim.scripted import ScriptedCard

from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.transport import TransportLost
from chipcard_sim.terminal.connection import Connection
from chipcard_sim.terminal.errors import CardRefused, NotACard, PinBlocked, WrongPin

ASK = Command(0, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x7e", 256)


class PulledCard:
    """A card that is pulled after so many commands."""

    def __init__(self, after: int) -> None:
        self._left = after

    def transmit(self, command: bytes) -> bytes:
        del command
        self._left -= 1
        if self._left < 0:
            raise TransportLost("pulled")
        return b"\x90\x00"


def test_data_come_back() -> None:
    assert Connection(ScriptedCard("AA6101", "BB9000")).ask(ASK).hex() == "aabb"


def test_a_wrong_pin_says_what_is_left() -> None:
    with pytest.raises(WrongPin) as wrong:
        Connection(ScriptedCard("63C2")).ask(ASK)
    assert wrong.value.tries_left == 2


def test_a_blocked_pin_is_told_apart() -> None:
    with pytest.raises(PinBlocked):
        Connection(ScriptedCard("6983")).ask(ASK)


@pytest.mark.parametrize("status", ["6A82", "6982", "6F00", "6281"])
def test_any_other_word_is_a_refusal(status: str) -> None:
    with pytest.raises(CardRefused) as refused:
        Connection(ScriptedCard(status)).ask(ASK)
    assert refused.value.status == int(status, 16)


@pytest.mark.parametrize("answer", ["", "90", "AA6A82"])
def test_what_does_not_speak_iso_7816_is_no_card__CV_42(answer: str) -> None:
    with pytest.raises(NotACard):
        Connection(ScriptedCard(answer)).ask(ASK)


def test_a_card_that_answers_for_ever_is_no_card__L_71() -> None:
    with pytest.raises(NotACard):
        Connection(ScriptedCard(for_ever="AA6110")).ask(ASK)


@pytest.mark.parametrize("after", [0, 1])
def test_a_pulled_card_is_no_card__CV_43(after: int) -> None:
    with pytest.raises(NotACard):
        Connection(PulledCard(after)).ask(Command(0, 0xDB, 0x3F, 0xFF, bytes(300)))


def test_an_application_that_is_not_there_is_no_card() -> None:
    with pytest.raises(NotACard):
        Connection(ScriptedCard("6A82")).select(b"\xa0\x00\x00\x03\x08")
