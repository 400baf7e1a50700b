"""ICAO 9303-11, 4.2 and 9303-10, 3: what may be read before and after access is opened."""

import pytest
from unit.chipcard_sim.passports import (
    CARD_ACCESS,
    COMMON,
    DG1,
    DG2,
    MASTER_FILE,
    PASSPORT,
    SECURITY_OBJECT,
    PassportReader,
)

from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816.apdu import Command

FREE = CARD_ACCESS.hex().upper() + "9000"
PROTECTED = [0x011E, 0x011D, 0x0101, 0x0102, 0x0103, 0x010D, 0x0110]


@pytest.mark.parametrize(
    "ways",
    [
        ("00A4020C02011C", "00B0000000"),
        (MASTER_FILE, "00A4020C02011C", "00B0000000"),
        ("00A4000C", "00B09C0000"),
        ("00B09C0000",),
        ("00B1001C0454020000" + "00",),
        ("00B1011C0454020000" + "00",),
    ],
    ids=lambda ways: ways[-1],
)
def test_card_access_is_read_freely__9303_11_4_2(
    reader: PassportReader, ways: tuple[str, ...]
) -> None:
    *before, read = ways
    assert [reader.plain(way) for way in before] == ["9000"] * len(before)
    answer = reader.plain(read)
    assert answer in {FREE, f"53{len(CARD_ACCESS):02X}" + FREE}


@pytest.mark.parametrize("identifier", PROTECTED)
def test_no_other_file_is_selected_or_read_before__9303_11_4_2(
    reader: PassportReader, identifier: int
) -> None:
    reader.plain(PASSPORT)
    assert reader.plain(f"00A4020C02{identifier:04X}") == "6982"
    assert reader.plain(f"00B0{0x80 | identifier & 0x1F:02X}0000") == "6982"
    assert reader.plain(f"00B1{identifier:04X}045402000000") == "6982"
    assert reader.plain("00B0000000") == "6986"  # and none became current


@pytest.mark.parametrize("by_chip", [False, True])
def test_all_files_are_read_after__9303_11_4_2(inside: PassportReader, *, by_chip: bool) -> None:
    if by_chip:
        assert inside.ask("00A4040C07A0000002471001") == "9000"
    assert inside.read(0x011E) == COMMON
    assert inside.read(0x0101) == DG1
    assert inside.read(0x0102) == DG2
    assert inside.read(0x011D) == SECURITY_OBJECT


def test_files_that_the_card_has_not_are_unknown_after(inside: PassportReader) -> None:
    for identifier in (0x0103, 0x010F, 0x0110, 0x0100, 0x0111, 0x2F00, 0x2F01, 0x011C):
        assert inside.ask(f"00A4020C02{identifier:04X}") == "6A82"
    assert inside.ask("00B0830000") == "6A82"  # DG3: no fingerprints here


@pytest.mark.parametrize("name", ["2F00", "2F01", "011D", "0101", "011E"])
def test_the_master_file_has_nothing_else(reader: PassportReader, name: str) -> None:
    assert reader.plain(MASTER_FILE) == "9000"
    assert reader.plain(f"00A4020C02{name}") == "6A82"


def test_the_right_to_read_ends_with_the_session__9303_11_9_8_3(inside: PassportReader) -> None:
    assert inside.ask("00A4020C020101") == "9000"
    assert inside.plain("00B0000000") == "6982"
    assert inside.plain("00A4020C020101") == "6982"
    assert inside.plain("00B0810000") == "6982"


def test_selecting_the_master_file_keeps_the_session(inside: PassportReader) -> None:
    assert inside.ask(MASTER_FILE) == "9000"
    assert inside.ask("00B09C0000").startswith(CARD_ACCESS.hex().upper())
    assert inside.ask("00A4020C020101") == "6A82"  # it is not here
    assert inside.ask(PASSPORT) == "9000"
    assert inside.read(0x0101) == DG1


@pytest.mark.parametrize("how", ["reset", "power"])
def test_reset_and_power_off_close_the_card(card: Card, inside: PassportReader, how: str) -> None:
    if how == "power":
        card.power_off()
    card.reset()
    assert inside.session is not None
    honest = inside.session.wrap(Command(0, 0xB0, 0x81, 0, b"", 256)).build()
    assert card.transmit(honest) == b"\x68\x82"
    assert inside.plain(PASSPORT) == "9000"
    assert inside.plain("00B0810000") == "6982"
