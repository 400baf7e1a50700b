"""Anything may be said to a passport chip, in the open or under a session: it has an answer."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.chipcard_sim.passports import (
    CHIP_AUTHENTICATION,
    DG1,
    MASTER_FILE,
    PACE,
    PASSPORT,
    PassportReader,
    opened,
    passport_card,
)

from chipcard_sim.chip.application import Quirk
from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816.apdu import Command, Response
from chipcard_sim.iso7816.curves import BRAINPOOL_P256R1
from chipcard_sim.iso7816.secure_messaging import MessagingBroken
from chipcard_sim.iso7816.status import StatusWord

INSTRUCTIONS = [0x22, 0x82, 0x84, 0x86, 0x87, 0x88, 0xA4, 0xB0, 0xB1, 0xC0]
POINT = BRAINPOOL_P256R1.encode(BRAINPOOL_P256R1.generator).hex()
GOOD = [
    MASTER_FILE,
    PASSPORT,
    "00A4020C02011C",
    "00A4020C020101",
    "00B0000000",
    "00B09C0000",
    "00B1000003540100" + "00",
    "0084000008",
    "0082000028" + "AB" * 40 + "28",
    f"0022C1A40F800A{PACE}830101",
    f"0022C1A412800A{PACE}83010284010C",
    f"002241A40C800A{CHIP_AUTHENTICATION}",
    "10860000027C0000",
    f"10860000457C438141{POINT}00",
    f"10860000457C438341{POINT}00",
    f"00860000457C438041{POINT}00",
    "008600000C7C0A8508" + "AB" * 8 + "00",
    "0088000008" + "AB" * 8 + "00",
]
BYTES = st.integers(0, 255)
PARAMETERS = st.sampled_from([0, 1, 2, 4, 0x0C, 0x41, 0x81, 0x9E, 0xA4, 0xC1]) | BYTES
LIKELY = st.builds(
    Command,
    st.sampled_from([0x00, 0x10]),
    st.sampled_from(INSTRUCTIONS),
    PARAMETERS,
    PARAMETERS,
    st.binary(max_size=80),
    st.sampled_from([0, 1, 8, 256, 65536]),
)


@st.composite
def changed(draw: st.DrawFn) -> Command:
    """A good command with one byte of its data or header changed, or its data cut."""
    good = Command.read(bytes.fromhex(draw(st.sampled_from(GOOD))))
    head = bytearray((good.cla, good.ins, good.p1, good.p2))
    data = bytearray(good.data)
    if data and draw(st.booleans()):
        data[draw(st.integers(0, len(data) - 1))] = draw(BYTES)
    elif data and draw(st.booleans()):
        del data[draw(st.integers(0, len(data) - 1)) :]
    else:
        head[draw(st.integers(1, 3))] = draw(BYTES)
    return Command(head[0], head[1], head[2], head[3], bytes(data), good.answer_size)


COMMANDS = (
    st.sampled_from(GOOD).map(lambda good: Command.read(bytes.fromhex(good))) | changed() | LIKELY
)
WORDS = {word.value for word in StatusWord} - {StatusWord.NO_PRECISE_DIAGNOSIS}


@pytest.fixture(scope="module")
def chips() -> Iterator[dict[bool, Card]]:
    with TemporaryDirectory() as folder:
        yield {
            quirky: passport_card(
                Path(folder) / str(quirky), frozenset({Quirk.VN} if quirky else ())
            )
            for quirky in (False, True)
        }


def is_defined(answer: bytes) -> bool:
    response = Response.read(answer)
    return response.status in WORDS or response.status >> 8 in {0x61, 0x63}


def say(reader: PassportReader, command: Command) -> None:
    """Under the session while it lasts, in the open afterwards; the answer must be defined."""
    if reader.session is None:
        assert is_defined(reader.card.transmit(command.build()))
        return
    answer = reader.card.transmit(reader.session.wrap(command).build())
    assert is_defined(answer)
    try:
        reader.session.unwrap_answer(Response.read(answer))
    except MessagingBroken:
        reader.session = None  # or the chip has new keys, which this reader does not know


@settings(max_examples=150, deadline=None)
@given(
    how=st.sampled_from(["closed", "bac", "pace"]),
    quirky=st.booleans(),
    commands=st.lists(COMMANDS, max_size=10),
)
def test_a_passport_answers_anything_with_a_defined_word__CV_41__CV_42(
    chips: dict[bool, Card], how: str, *, quirky: bool, commands: list[Command]
) -> None:
    card = chips[quirky]
    card.reset()
    reader = PassportReader(card) if how == "closed" else opened(card, how)
    for command in commands:
        say(reader, command)


@settings(max_examples=150, deadline=None)
@given(how=st.sampled_from(["closed", "bac"]), sent=st.lists(st.binary(max_size=60), max_size=8))
def test_a_passport_answers_any_bytes__CV_44(
    chips: dict[bool, Card], how: str, sent: list[bytes]
) -> None:
    card = chips[False]
    card.reset()
    if how == "bac":
        opened(card, how)
    for raw in sent:
        assert is_defined(card.transmit(raw))


@settings(max_examples=100, deadline=None)
@given(commands=st.lists(COMMANDS | st.builds(Command, BYTES, BYTES, BYTES, BYTES), max_size=10))
def test_nothing_said_in_the_open_opens_a_passport(
    chips: dict[bool, Card], commands: list[Command]
) -> None:
    """Without a password nothing of a protected file leaves the chip."""
    card = chips[False]
    card.reset()
    for command in commands:
        assert DG1[:8] not in card.transmit(command.build())
    card.transmit(bytes.fromhex(PASSPORT))  # may only break a chain that was begun
    assert card.transmit(bytes.fromhex(PASSPORT)) == b"\x90\x00"
    assert card.transmit(bytes.fromhex("00B0810000")) == b"\x69\x82"
