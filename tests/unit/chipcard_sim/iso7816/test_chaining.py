import pytest
from unit.chipcard_sim.scripted import ScriptedCard

from chipcard_sim.iso7816.apdu import Command, MalformedApdu
from chipcard_sim.iso7816.chaining import CommandChain, PendingAnswer, exchange, split
from chipcard_sim.iso7816.status import CardError, StatusWord

ASK = Command(0, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x7e", 256)
TELL = Command(0, 0x20, 0, 0x80, b"12345678")


def test_a_long_command_goes_in_pieces_and_comes_out_whole__iso7816_4_5_3_3() -> None:
    long = Command(0x80, 0xDB, 0x3F, 0xFF, bytes(range(256)) * 3, 16)
    pieces = split(long)
    assert [piece.cla for piece in pieces] == [0x90, 0x90, 0x90, 0x80]
    assert [piece.answer_size for piece in pieces] == [0, 0, 0, 16]
    chain = CommandChain()
    assert [chain.join(piece) for piece in pieces] == [None, None, None, long]


def test_a_short_command_is_not_chained() -> None:
    assert split(ASK) == [ASK]


@pytest.mark.parametrize("other", [Command(0, 0xDB, 0x3F, 0xFE), Command(0x80, 0xDB, 0x3F, 0xFF)])
def test_a_piece_of_another_command_breaks_the_chain__iso7816_4_5_3_3(other: Command) -> None:
    chain = CommandChain()
    chain.join(Command(0x10, 0xDB, 0x3F, 0xFF, b"first"))
    with pytest.raises(CardError) as refusal:
        chain.join(other)
    assert refusal.value.status == StatusWord.CHAIN_BROKEN
    assert chain.join(other) == other  # the broken chain is forgotten


def test_a_chain_does_not_grow_without_end__CV_42() -> None:
    chain = CommandChain()
    piece = Command(0x10, 0xDB, 0x3F, 0xFF, bytes(255))
    for _ in range(257):
        assert chain.join(piece) is None
    with pytest.raises(CardError) as refusal:
        chain.join(piece)
    assert refusal.value.status == StatusWord.WRONG_LENGTH


def test_a_long_answer_is_handed_out_in_pieces() -> None:
    pending = PendingAnswer()
    first = pending.begin(bytes(300), 256)
    assert (len(first.data), first.status) == (256, 0x612C)
    last = pending.more(256)
    assert (len(last.data), last.status) == (44, 0x9000)
    with pytest.raises(CardError):
        pending.more(256)


def test_who_does_not_say_how_much_gets_what_a_short_command_can_ask__L_71() -> None:
    """Nothing would be right by the letter; strangers' tools would fail or never come to an end."""
    pending = PendingAnswer()
    first = pending.begin(bytes(300), 0)
    assert (len(first.data), first.status) == (256, 0x612C)
    last = pending.more(0)
    assert (len(last.data), last.status) == (44, 0x9000)


def test_an_answer_is_fetched_to_its_end() -> None:
    card = ScriptedCard("AA6102", "BBCC9000")
    assert exchange(card, ASK).data.hex() == "aabbcc"
    assert card.asked[1] == "00C0000002"


def test_a_right_length_is_tried_once() -> None:
    card = ScriptedCard("6C03", "AABBCC9000")
    assert exchange(card, ASK).data.hex() == "aabbcc"
    assert card.asked == ["00CB3FFF035C017E00", "00CB3FFF035C017E03"]


def test_a_refused_piece_ends_the_chain() -> None:
    card = ScriptedCard("9000", "6A84")
    assert exchange(card, Command(0, 0xDB, 0x3F, 0xFF, bytes(700))).status == 0x6A84
    assert len(card.asked) == 2


@pytest.mark.parametrize("for_ever", ["6110", "AA6100", "00" * 256 + "6100", "6C10", "6C00"])
def test_an_answer_without_end_is_refused__CV_42(for_ever: str) -> None:
    card = ScriptedCard(for_ever=for_ever)
    with pytest.raises(MalformedApdu):
        exchange(card, ASK)
    assert len(card.asked) <= 520


@pytest.mark.parametrize(
    ("command", "answers"),
    [
        (ASK, ("",)),  # nothing
        (ASK, ("90",)),  # no status word
        (ASK, ("00" * 257 + "9000",)),  # more than was asked for
        (ASK, ("6105", "00" * 6 + "9000")),  # more than was announced
        (ASK, ("AA6A82",)),  # data beside an error
        (ASK, ("6105", "6C04")),  # a length after a length
        (TELL, ("AA9000",)),  # data nobody asked for
        (TELL, ("6108",)),  # and announced
        (TELL, ("6C08",)),
    ],
)
def test_an_answer_against_the_rules_is_refused__CV_42(
    command: Command, answers: tuple[str, ...]
) -> None:
    with pytest.raises(MalformedApdu):
        exchange(ScriptedCard(*answers), command)


def test_what_was_fetched_before_a_refusal_is_dropped() -> None:
    response = exchange(ScriptedCard("AA6105", "6F00"), ASK)
    assert (response.data, response.status) == (b"", 0x6F00)
