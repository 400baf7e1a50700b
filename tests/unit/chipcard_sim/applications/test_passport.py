"""Beside the clauses of ICAO 9303: the card's default, its quirks, chips that lack something."""

from dataclasses import replace
from pathlib import Path

import pytest
from unit.chipcard_sim.cards import PIV, blank_card, change_state, issued_card, send, verify
from unit.chipcard_sim.passports import (
    CAN,
    CARD_ACCESS,
    COMMON,
    DG1,
    END_OF_NUMBER,
    MASTER_FILE,
    PASSPORT,
    PassportReader,
    opened,
    passport_card,
)

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.chip.application import Quirk
from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816 import tlv

FACTORY = "00A404000BF0454944464143544F5259"
FREE = CARD_ACCESS.hex().upper() + "9000"
VIETNAM = frozenset({Quirk.VN})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


# The default application


@pytest.mark.parametrize(
    "command", [PASSPORT, MASTER_FILE, "00A4020C02011C", "00A40000", "00B09C0000"]
)
def test_a_card_without_files_is_no_passport(path: Path, command: str) -> None:
    expected = {PASSPORT: "6A82", "00B09C0000": "6985"}.get(command, "6A86")
    assert send(issued_card(path), command) == expected
    assert send(blank_card(path.with_name("blank")), command) == expected


def test_with_nothing_selected_the_passport_answers(path: Path) -> None:
    card = passport_card(path)
    assert send(card, "00B09C0000") == FREE
    card.reset()
    assert PassportReader(card).pace() == "9000"
    card.reset()
    assert send(card, "00CADF3000") == "6D00"


def test_a_file_is_selected_from_within_piv(path: Path) -> None:
    card = passport_card(path)
    assert send(card, PIV).endswith("9000")
    assert send(card, verify()) == "9000"
    assert send(card, "00A4020C020101") == "6A82"  # unknown there: all stays as it was
    assert send(card, "00200080") == "9000"
    assert send(card, "00A4020C02011C") == "9000"
    assert send(card, "00B0000000") == FREE
    assert send(card, PIV).endswith("9000")
    assert send(card, "00200080") == "63C3"


def test_what_was_begun_is_forgotten_by_another_application(path: Path) -> None:
    card = passport_card(path)
    reader = PassportReader(card)
    assert reader.begin_pace() == "9000"
    send(card, PIV)
    send(card, MASTER_FILE)
    assert reader.step()[1] == "6985"
    send(card, PASSPORT)
    send(card, "00A4020C02011C")
    send(card, PIV)
    assert send(card, "00A4020C02011C") == "9000"  # the master file again, not the application


def test_a_factory_s_card_becomes_a_passport_while_it_is_powered(path: Path) -> None:
    issued_card(path)
    card = Card.open(path, applications=APPLICATIONS)
    assert send(card, MASTER_FILE) == "6A86"
    change_state(path, lambda state: replace(state, files={0x011C: CARD_ACCESS}))
    assert send(card, MASTER_FILE) == "9000"


def test_all_three_applications_answer_in_turn_behind_one_answer_to_reset(path: Path) -> None:
    card = passport_card(path)
    atr = card.reset()
    reader = opened(card, "bac")
    assert reader.read(0x0101) == DG1
    assert send(card, PIV).endswith("9000")
    assert send(card, verify()) == "9000"
    assert send(card, FACTORY + "00") == "6A82"  # issued: that door is a wall
    assert card.reset() == atr


# Quirks


def test_a_vietnamese_card_knows_no_master_file(path: Path) -> None:
    card = passport_card(path, VIETNAM)
    for select in (MASTER_FILE, "00A4000C", "00A40000023F0000", "00A4000000"):
        assert send(card, select) == "6D00"
    assert send(card, "00A4020C02011C") == "9000"
    assert send(card, "00B0000000") == FREE
    reader = opened(card)
    assert reader.ask(MASTER_FILE) == "6D00"
    assert reader.read(0x011E) == COMMON


def test_a_vietnamese_card_opens_by_the_end_of_the_number(path: Path) -> None:
    card = passport_card(path, VIETNAM)
    assert END_OF_NUMBER != CAN
    assert PassportReader(card).pace(CAN, 2) == "6300"
    assert PassportReader(card).pace(END_OF_NUMBER, 2) == "9000"
    assert PassportReader(passport_card(path)).pace(END_OF_NUMBER, 2) == "6300"


@pytest.mark.parametrize(
    "first_group",
    [
        None,
        b"",
        b"\x61\x00",
        b"\x61\x03\x5f\x1f\x00",
        tlv.build(0x61, tlv.build(0x5F1F, b"<" * 90)),
    ],
    ids=["absent", "empty", "no field", "no zone", "no number"],
)
def test_a_vietnamese_card_without_a_number_has_no_such_password(
    path: Path, first_group: bytes | None
) -> None:
    card = passport_card(path, VIETNAM)
    kept = {} if first_group is None else {0x0101: first_group}
    change_state(path, lambda state: replace(state, files={0x011C: CARD_ACCESS, **kept}))
    assert PassportReader(card).begin_pace(2) == "6A88"
    assert PassportReader(card).pace() == "9000"  # the zone's own secret opens as ever


# Chips that lack something


def test_a_chip_without_passwords_stays_closed(path: Path) -> None:
    card = passport_card(path)
    change_state(path, lambda state: replace(state, passwords={}))
    reader = PassportReader(card)
    assert reader.begin_pace(1) == "6A88"
    assert reader.begin_pace(2) == "6A88"
    assert send(card, PASSPORT) == "9000"
    assert reader.bac() == "6A88"


def test_an_empty_file_has_no_bytes_to_read(path: Path) -> None:
    card = passport_card(path)
    change_state(path, lambda state: replace(state, files={**state.files, 0x010D: b""}))
    reader = opened(card)
    assert reader.ask("00A4020C02010D") == "9000"
    assert reader.ask("00B0000000") == "6B00"


def test_a_file_longer_than_a_short_offset_reaches_is_read_by_the_far_one(path: Path) -> None:
    card, long = passport_card(path), bytes(40_000) + b"\x01"
    change_state(path, lambda state: replace(state, files={**state.files, 0x0102: long}))
    reader = opened(card)
    assert reader.ask("00A4020C020102") == "9000"
    assert len(reader.protected("00B07FFF00").data) == 223
    answer = reader.protected("00B1000004" + "5402" + "9C40" + "00")
    assert answer.data == b"\x53\x01\x01"
