"""Debian's libeac: PACE and secure messaging by other people's code, keys and points and all."""

from collections.abc import Callable
from pathlib import Path

import pytest
from foreign.pcsc.strangers import Said, run
from passport_cards import CAN, MRZ, NUMBER, PassportCard
from virtual_reader import reader_of

from chipcard_sim.chip.memory import Memory

pytestmark = pytest.mark.pcsc

P_256, BRAINPOOL_P256R1 = 12, 13  # ICAO 9303-11, 9.5.1
ZONE, ACCESS_NUMBER = 1, 2
REFUSED = 3

OpenWith = Callable[..., Said]


@pytest.fixture
def open_with(pace_by_libeac: Path) -> OpenWith:
    """Run the reader with a kind of password, the password and a curve, on a slot."""

    def open_card(kind: int, secret: str, curve: int, slot: int = 0) -> Said:
        return run(pace_by_libeac, reader_of(slot), kind, secret, curve)

    return open_card


@pytest.mark.parametrize("curve", [P_256, BRAINPOOL_P256R1])
@pytest.mark.parametrize(("kind", "secret"), [(ZONE, "".join(MRZ)), (ACCESS_NUMBER, CAN)])
def test_it_opens_the_card_and_reads_under_protection__icao9303_11_4_4(
    open_with: OpenWith, inserted: PassportCard, kind: int, secret: str, curve: int
) -> None:
    said = open_with(kind, secret, curve)
    assert said.code == 0, said.text
    files = Memory(inserted.place).read().files
    read = [bytes.fromhex(line) for line in said.text.split()]
    assert read == [files[0x011C], files[0x011E], files[0x0101]]


@pytest.mark.parametrize("curve", [P_256, BRAINPOOL_P256R1])
@pytest.mark.parametrize("can", ["000000", "271829"])
def test_another_number_does_not_open_the_card__icao9303_11_4_4(
    open_with: OpenWith, inserted: PassportCard, can: str, curve: int
) -> None:
    del inserted
    said = open_with(ACCESS_NUMBER, can, curve)
    assert (said.code, "6300 the card refused" in said) == (REFUSED, True)


def test_a_card_of_the_field_opens_with_the_end_of_the_personal_number(
    open_with: OpenWith, inserted_in_the_field: PassportCard
) -> None:
    del inserted_in_the_field
    assert open_with(ACCESS_NUMBER, NUMBER[-6:], BRAINPOOL_P256R1, slot=1).code == 0
    assert open_with(ACCESS_NUMBER, CAN, BRAINPOOL_P256R1, slot=1).code == REFUSED


def test_a_hundred_fresh_sessions_all_open__icao9303_11_4_4_3_3_1(
    open_with: OpenWith, inserted: PassportCard
) -> None:
    """One secret in 256 begins with a zero byte: whoever strips it fails now and then."""
    del inserted
    assert {open_with(ACCESS_NUMBER, CAN, curve).code for curve in [12, 13] * 50} == {0}
