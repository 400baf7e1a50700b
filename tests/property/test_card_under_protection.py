"""What reaches a chip past a first defence: spoilt objects under a right checksum, and more."""

import random  # noqa: TID251 - seeded on purpose: a failure can be played again
from collections.abc import Iterator
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soak import talks
from soak.card_doors import card_files
from soak.mutation import shaken
from unit.chipcard_sim.cards import PIV, blank_card, send
from unit.chipcard_sim.passports import passport_card

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.chip.card import Card
from chipcard_sim.chip.memory import MemoryDamaged
from chipcard_sim.transport.vpcd import VirtualSlot

SEEDS = st.integers(0, 2**32)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def chip(folder: Path) -> Card:
    return passport_card(folder / "passport")


@pytest.mark.parametrize("how", ["bac", "pace"])
@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_spoilt_objects_under_a_right_checksum__CV_41(chip: Card, how: str, seed: int) -> None:
    talks.talk_under_protection(chip, random.Random(seed), how)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_spoilt_orders_at_the_factory_s_door__CV_41(folder: Path, seed: int) -> None:
    path = folder / "blank"
    path.unlink(missing_ok=True)
    card = blank_card(path)
    talks.tell(card, talks.FACTORY[0])
    talks.talk_in_the_open(card, random.Random(seed), talks.FACTORY)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_a_spoilt_card_file_is_refused_by_name_and_left_as_it_is__CV_44(
    folder: Path, seed: int
) -> None:
    path = folder / "spoilt"
    dice = random.Random(seed)
    spoilt = shaken(dice, card_files())
    path.write_bytes(spoilt)
    try:
        card = Card.open(path, applications=APPLICATIONS)
    except MemoryDamaged as error:
        refused = error
    else:
        send(card, PIV)
        return
    assert str(path) in str(refused)
    assert path.read_bytes() == spoilt


class Line:
    """The reader's end of a socket: what it says, in pieces; what it hears."""

    def __init__(self, said: bytes, dice: random.Random) -> None:
        self._said, self._dice = said, dice
        self.heard = b""

    def setsockopt(self, *option: int) -> None:
        """Nothing waits here."""

    def recv(self, count: int) -> bytes:
        size = self._dice.randint(1, count)
        piece, self._said = self._said[:size], self._said[size:]
        return piece

    def sendall(self, answer: bytes) -> None:
        self.heard += answer


class Watched:
    """A card that never says 6F00. Without power nobody answers, and the slot says 6F00 itself."""

    def __init__(self, card: Card) -> None:
        self.reset, self.power_off = card.reset, card.power_off
        self._card = card

    def transmit(self, command: bytes) -> bytes:
        answer = self._card.transmit(command)
        assert answer[-2:] != b"\x6f\x00"
        return answer


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_a_slot_serves_a_reader_that_says_anything__CV_42(chip: Card, seed: int) -> None:
    """Whatever comes is a message or the end, and each answer stands in its frame."""
    dice = random.Random(seed)
    good = (b"\x04", b"\x01", b"\x02", b"\x00", *talks.RAW)
    said = b"".join(len(each).to_bytes(2, "big") + each for each in dice.choices(good, k=6))
    line = Line(shaken(dice, (said,)), dice)
    VirtualSlot(Watched(chip), cast("socket", line)).serve()
    rest = line.heard
    while rest:
        size = int.from_bytes(rest[:2], "big")
        assert 2 <= size <= len(rest) - 2
        rest = rest[2 + size :]
