from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.chipcard_sim.cards import (
    PIV,
    blank_card,
    open_card,
    piv_card,
    send,
    sign_command,
    state_of,
    verify,
)
from unit.chipcard_sim.piv_cards import manage, selected

from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.terminal.connection import Connection
from chipcard_sim.terminal.errors import TerminalError
from chipcard_sim.terminal.piv import PivClient

FACTORY = "00A404000BF0454944464143544F525900"
INSTRUCTIONS = [0x20, 0x24, 0x2C, 0x44, 0x47, 0x87, 0x88, 0xA4, 0xC0, 0xCB, 0xDB, 0xF7, 0xF8, 0xFD]
PARAMETERS = st.sampled_from(
    [0, 1, 3, 4, 0x11, 0x3F, 0x80, 0x81, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0xFF]
) | st.integers(0, 255)
TEMPLATES = ["5C035FC105", "7C0082", "7C028100", "7C028000", "7C0482008500", "AC03800111"]
LIKELY = st.builds(
    lambda cla, ins, p1, p2, data, size: Command(cla, ins, p1, p2, data, size).build(),
    st.sampled_from([0x00, 0x10, 0x80, 0x90, 0x0C, 0xFF]),
    st.sampled_from(INSTRUCTIONS),
    PARAMETERS,
    PARAMETERS,
    st.binary(max_size=40) | st.sampled_from([bytes.fromhex(each) for each in TEMPLATES]),
    st.sampled_from([0, 8, 256, 65536]),
)
COMMANDS = st.binary(max_size=60) | LIKELY
STARTS = [PIV, FACTORY, verify(), sign_command(0x9A, bytes(32))]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder)


def shaken(card: Card, commands: list[bytes]) -> set[int]:
    """What the card answers, each checked to be an answer that its command allows."""
    words = set()
    for command in commands:
        answer = card.transmit(command)
        assert 2 <= len(answer) <= 65538
        words.add(int.from_bytes(answer[-2:]))
    return words


@settings(max_examples=150, deadline=None)
@given(commands=st.lists(COMMANDS, max_size=12), opened=st.booleans())
def test_an_issued_card_answers_anything_and_never_with_6F00__CV_42(
    folder: Path,
    commands: list[bytes],
    opened: bool,  # noqa: FBT001 - drawn
) -> None:
    path = folder / "issued"
    card = piv_card(path)
    if opened:
        send(card, verify())
    before = state_of(path)
    assert 0x6F00 not in shaken(card, commands)
    after = state_of(path)
    assert (after.keys, after.objects, after.serial) == (before.keys, before.objects, before.serial)
    assert after.is_locked


@settings(max_examples=100, deadline=None)
@given(commands=st.lists(COMMANDS, max_size=12))
def test_a_card_with_its_administrator_answers_anything_and_never_with_6F00__CV_42(
    folder: Path, commands: list[bytes]
) -> None:
    path = folder / "whole"
    card = selected(path)
    manage(card)
    before = state_of(path)
    assert 0x6F00 not in shaken(card, commands)
    after = state_of(path)
    assert (after.serial, after.files, after.is_locked) == (before.serial, before.files, True)
    assert after.keys.keys() == before.keys.keys()
    assert after.keys[0x9B] == before.keys[0x9B]


@settings(max_examples=100, deadline=None)
@given(commands=st.lists(COMMANDS, max_size=12))
def test_a_blank_card_answers_anything_and_never_with_6F00__CV_42(
    folder: Path, commands: list[bytes]
) -> None:
    path = folder / "blank"
    path.unlink(missing_ok=True)
    card = blank_card(path)
    send(card, FACTORY)
    assert 0x6F00 not in shaken(card, commands)
    open_card(path)  # and its memory is still one


@settings(max_examples=100, deadline=None)
@given(which=st.sampled_from(STARTS), data=st.data())
def test_a_good_command_with_one_byte_changed_or_cut_is_answered__CV_41(
    folder: Path, which: str, data: st.DataObject
) -> None:
    card = piv_card(folder / "changed")
    raw = bytearray.fromhex(which)
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(1, len(raw))) :]
    assert 0x6F00 not in shaken(card, [bytes(raw)])


@pytest.mark.parametrize("size", [65535, 65536, 65544, 1_000_000])
@pytest.mark.parametrize("ins", INSTRUCTIONS)
def test_an_oversized_command_is_refused__CV_42(folder: Path, size: int, ins: int) -> None:
    card = piv_card(folder / "oversized")
    words = shaken(card, [bytes((0, ins, 0, 0x80)) + b"\x00\xff\xff" + bytes(size)])
    assert words <= {0x6700, 0x6A80, 0x6A86, 0x6A88, 0x6D00, 0x6A82, 0x6985}


@settings(max_examples=200, deadline=None)
@given(answers=st.lists(st.binary(max_size=300), min_size=1, max_size=4))
def test_a_reader_survives_any_answer__CV_42(answers: list[bytes]) -> None:
    class Liar:
        def __init__(self) -> None:
            self.asked = 0

        def transmit(self, command: bytes) -> bytes:
            del command
            self.asked += 1
            return answers[self.asked % len(answers)]

    liar = Liar()
    client = PivClient(liar)
    attempts: list[Callable[[], object]] = [
        client.select,
        client.pin_tries_left,
        partial(client.certificate, 0x9A),
        partial(client.sign, 0x9A, bytes(32)),
        partial(client.derive, 0x9D, bytes(65)),
        partial(client.decrypt, 0x9D, bytes(256)),
        partial(client.read_object, 0x7E),
        partial(client.authenticate_management, 0x03, bytes(range(24))),
        partial(client.authenticate_management, 0x0C, bytes(range(32))),
        partial(client.generate_key, 0x9A, "RS256"),
        partial(client.put_object, 0x5FC106, bytes(300)),
    ]
    for attempt in attempts:
        with suppress(TerminalError):
            attempt()
    assert liar.asked < 600 * len(attempts)


@settings(max_examples=50, deadline=None)
@given(rest=st.integers(1, 70_000), piece=st.integers(1, 256))
def test_a_reader_takes_what_an_answer_may_be_and_no_more__CV_42(rest: int, piece: int) -> None:
    class Pourer:
        def __init__(self) -> None:
            self.left = rest

        def transmit(self, command: bytes) -> bytes:
            size = min(piece, self.left, Command.read(command).answer_size)
            self.left -= size
            waits = b"\x61" + bytes((min(self.left, 255),))
            return bytes(size) + (waits if self.left else b"\x90\x00")

    ask = Command(0, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x7e", 256)
    try:
        data = Connection(Pourer()).ask(ask)
    except TerminalError:
        assert rest > 65536 or rest > piece * 512
    else:
        assert len(data) == rest <= 65536
