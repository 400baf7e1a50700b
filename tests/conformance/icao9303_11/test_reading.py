"""ICAO 9303-10, 3.6 and ISO/IEC 7816-4, 11.2.3: READ BINARY in all its forms, under a session."""

import pytest
from unit.chipcard_sim.passports import CARD_ACCESS, COMMON, DG2, MASTER_FILE, PassportReader

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command, Response


def test_a_short_identifier_selects_and_reads__9303_10_3_6(inside: PassportReader) -> None:
    assert inside.protected("00B09E0000").data == COMMON
    assert inside.protected("00B0000202").data == COMMON[2:4]
    assert inside.protected("00B0820104").data == DG2[1:5]
    assert inside.protected("00B0000004").data == DG2[:4]


def test_an_answer_is_as_long_as_a_protected_one_can_be(inside: PassportReader) -> None:
    wanted = inside.protected("00B0820000")
    assert wanted.is_ok
    assert len(wanted.data) in {223, 231}  # AES, 3DES
    assert wanted.data == DG2[: len(wanted.data)]


def test_an_extended_answer_holds_the_whole_file(inside: PassportReader) -> None:
    command = Command(0, 0xB0, 0x82, 0, b"", 65536)
    assert inside.session is not None
    wrapped = inside.session.wrap(command)
    answer = inside.session.unwrap_answer(Response.read(inside.card.transmit(wrapped.build())))
    assert answer.data == DG2


def test_the_odd_instruction_reads_from_an_offset__iso7816_4_11_2_3(
    inside: PassportReader,
) -> None:
    answer = inside.protected("00B10102" + "04" + "54020400" + "00")
    assert len(answer.data) in {222, 223, 230, 231}
    assert DG2[0x400:].startswith(tlv.value(answer.data, 0x53))
    answer = inside.protected("00B10000" + "03" + "540103" + "09")  # the current file
    assert answer.data == bytes((0x53, 7)) + DG2[3:10]
    answer = inside.protected("00B1001E" + "06" + "540400000002" + "06")
    assert answer.data == bytes((0x53, 4)) + COMMON[2:6]


@pytest.mark.parametrize("size", [3, 127, 128, 129, 130, 131, 200, 223])
def test_a_template_never_outgrows_what_was_asked(inside: PassportReader, size: int) -> None:
    answer = inside.protected(f"00B101020354{'01'}00{size:02X}")
    assert size - 1 <= len(answer.data) <= size
    assert DG2.startswith(tlv.value(answer.data, 0x53))


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("00B0001600", "6B00"),  # where the file ends
        ("00B07FFF00", "6B00"),
        ("00B09EFF00", "6B00"),
        ("00B100000454020016" + "00", "6B00"),
        ("00B100000654047FFFFFFF" + "00", "6B00"),
        ("00B09E00", "6700"),  # nothing wanted
        ("00B10000045402000000"[:-2], "6700"),
        ("00B09E0001AA00", "6700"),  # data, where there are none
        ("00B0800000", "6A86"),  # short identifier 0
        ("00B09F0000", "6A86"),  # and 31
        ("00B0A10000", "6A86"),
        ("00B0E10000", "6A86"),
        ("00B10000025400" + "00", "6A80"),  # an offset of no bytes
        ("00B1000007540500000000" + "00" + "00", "6A80"),  # of five
        ("00B1000003530100" + "00", "6A80"),
        ("00B1000002" + "5402" + "00", "6A80"),
        ("00B1000000", "6A80"),
        ("00B10000035401" + "0002", "6700"),  # no room for a template and one byte
        ("00B10103045402000000", "6A82"),
        ("00B1FFFF045402000000", "6A82"),
        ("00B13F00045402000000", "6A82"),  # the master file is no file to read
        ("00B10020045402000000", "6A82"),
    ],
)
def test_a_reading_out_of_place_is_refused(
    inside: PassportReader, command: str, status: str
) -> None:
    assert len(COMMON) == 0x16
    assert inside.ask("00A4020C02011E") == "9000"
    assert inside.ask(command) == status
    assert inside.protected("00B0000002").data == COMMON[:2]  # the file stays current


def test_no_file_is_current_at_first__iso7816_4_11_2_3(inside: PassportReader) -> None:
    assert inside.ask("00B0000000") == "6986"
    assert inside.ask("00B10000045402000000") == "6986"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00A40000023F0000", "6F0483023F009000"),
        ("00A4000000", "6F0483023F009000"),
        ("00A4020002011C00", "6F0A80040000002A8302011C9000"),
        ("00A4000C02011C", "9000"),
        ("00A4040007A000000247100100", "6F098407A00000024710019000"),
        ("00A4040C07A0000002471001", "9000"),
        ("00A4040C05A000000247", "9000"),
    ],
)
def test_selecting_tells_what_was_asked__iso7816_4_11_1_1(
    reader: PassportReader, command: str, answer: str
) -> None:
    assert len(CARD_ACCESS) == 0x2A
    assert reader.plain(command) == answer


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("00A4010C02011C", "6A86"),  # a directory below this one
        ("00A4030C", "6A86"),  # the parent
        ("00A4080C02011C", "6A86"),  # a path
        ("00A4020402011C00", "6A86"),  # control parameters
        ("00A4020D02011C", "6A86"),
        ("00A4020C", "6700"),
        ("00A4020C03011C00", "6700"),
        ("00A4000C01" + "3F", "6700"),
        ("00A4020C020000", "6A82"),
        ("00A4040C07A0000002471002", "6A82"),
        ("00A4040307A0000002471001", "6A86"),
    ],
)
def test_a_selection_out_of_place_is_refused(
    reader: PassportReader, command: str, status: str
) -> None:
    assert reader.plain(MASTER_FILE) == "9000"
    assert reader.plain("00A4020C02011C") == "9000"
    assert reader.plain(command) == status
    assert reader.plain("00B0000001") == "319000"  # all is as it was
