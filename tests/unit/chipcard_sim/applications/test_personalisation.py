from pathlib import Path

import pytest
from unit.chipcard_sim.cards import SERIAL, blank_card, issued_card, open_card, send, state_of

from chipcard_sim.applications.personalisation.commands import (
    SetManagementKey,
    SetPassword,
    SetReference,
)
from chipcard_sim.chip.card import Card
from chipcard_sim.chip.memory import StoredKey

FACTORY = "00A404000BF0454944464143544F525900"
SET_PIN = "8024018008313233343536FFFF"
SET_PUK = "80240181083837363534333231"
GENERATE = "8047009A05AC0380011100"
PROVE = "8088009A20" + "AB" * 32 + "00"
PUT = "80DB3FFF0A5C035FC1025303AABBCC"
PUT_FILE = "80DB010105" + "5303" + "610101"
SET_MRZ = "8024010114" + "AB" * 20
SET_CAN = "8024010206" + "323731383238"
SET_MANAGEMENT_KEY = "8024019B1D" + "800103" + "5318" + "0102030405060708" * 3
LOCK = "80440000"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


@pytest.fixture
def factory(path: Path) -> Card:
    card = blank_card(path)
    assert send(card, FACTORY).endswith("9000")
    return card


def test_the_door_opens_with_the_serial_number(path: Path) -> None:
    assert SERIAL.hex().upper() in send(blank_card(path), FACTORY)


def test_a_key_is_made_and_proves_itself(factory: Card) -> None:
    assert send(factory, GENERATE).startswith("7F4943864104")
    assert send(factory, PROVE).endswith("9000")


def test_a_key_that_was_not_made_proves_nothing(factory: Card) -> None:
    assert send(factory, PROVE) == "6A88"


def test_objects_are_written_replaced_and_taken_away(factory: Card, path: Path) -> None:
    assert send(factory, PUT) == "9000"
    assert state_of(path).objects == {0x5FC102: b"\xaa\xbb\xcc"}
    assert send(factory, "80DB3FFF085C035FC1025301DD") == "9000"
    assert state_of(path).objects == {0x5FC102: b"\xdd"}
    assert send(factory, "80DB3FFF075C035FC1025300") == "9000"
    assert state_of(path).objects == {}


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("0047009A05AC03800111", "6E00"),
        ("80870000", "6D00"),
        ("8047019A05AC03800111", "6A86"),
        ("8047009B05AC03800111", "6A86"),
        ("8047009A05AC03800106", "6A80"),
        ("8047009A06AC0480021111", "6A80"),
        ("8047009A038001" + "11", "6A80"),
        ("8088009B20" + "AB" * 32, "6A86"),
        ("80DB3F0009" + "5C035FC10253" + "01AA01", "6A86"),
        ("80DB3FFF045C005300", "6A80"),
        ("80DB3FFF055301AA5C00", "6A80"),
        ("8024008008313233343536FFFF", "6A86"),
        ("8024018208313233343536FFFF", "6A88"),
        ("802401800831323334FFFFFFFF", "6A80"),
        ("8024018107" + "31" * 7, "6A80"),
        ("80DB020105" + "5303610101", "6A86"),  # not a file of the passport application
        ("80DB010105" + "5C03610101", "6A80"),
        ("80DB010103" + "610101", "6A80"),
        ("8024010113" + "AB" * 19, "6A80"),
        ("8024010205" + "3237313832", "6A80"),
        ("8024010206" + "32373138AA38", "6A80"),
        ("80240103063237313832" + "38", "6A88"),
        ("8024019B1C" + "800103" + "5317" + "01" * 23, "6A80"),  # too short for 3DES
        ("8024019B1D" + "800104" + "5318" + "01" * 24, "6A80"),  # no such algorithm
        ("8024019B05" + "5303010203", "6A80"),
        ("80440001", "6A86"),
        (LOCK, "6985"),  # without PIN and PUK
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    factory: Card, path: Path, command: str, status: str
) -> None:
    before = state_of(path)
    assert send(factory, command) == status
    assert state_of(path) == before


def test_a_card_without_puk_is_not_finished(factory: Card) -> None:
    assert send(factory, SET_PIN) == "9000"
    assert send(factory, LOCK) == "6985"
    assert send(factory, SET_PUK) == "9000"
    assert send(factory, LOCK) == "9000"


def locked(card: Card) -> Card:
    for command in (SET_PIN, SET_PUK, LOCK):
        assert send(card, command) == "9000"
    return card


def test_files_and_secrets_are_written(factory: Card, path: Path) -> None:
    for command in (PUT_FILE, SET_MRZ, SET_CAN, SET_MANAGEMENT_KEY):
        assert send(factory, command) == "9000"
    state = state_of(path)
    assert state.files == {0x0101: b"a\x01\x01"}
    assert state.passwords == {1: b"\xab" * 20, 2: b"271828"}
    assert state.keys == {0x9B: StoredKey(0x03, bytes(range(1, 9)) * 3)}
    assert send(factory, "80DB0101025300") == "9000"
    assert state_of(path).files == {}


@pytest.mark.parametrize("slot", ["9A", "9C", "9D", "9E", "AA", "CA"])
def test_every_slot_takes_a_key_of_its_own(factory: Card, path: Path, slot: str) -> None:
    assert send(factory, f"804700{slot}05AC0380011100").endswith("9000")
    assert send(factory, f"808800{slot}20" + "AB" * 32 + "00").endswith("9000")
    assert list(state_of(path).keys) == [int(slot, 16)]


@pytest.mark.parametrize("command", [PUT_FILE, SET_MRZ, SET_CAN, SET_MANAGEMENT_KEY])
def test_after_lock_no_file_and_no_secret_is_written(
    factory: Card, path: Path, command: str
) -> None:
    locked(factory)
    before = state_of(path)
    assert send(factory, command) == "6985"
    assert state_of(path) == before


@pytest.mark.parametrize("command", [SET_PIN, SET_PUK, GENERATE, PROVE, PUT, LOCK])
def test_after_lock_the_open_conversation_is_over_too(
    factory: Card, path: Path, command: str
) -> None:
    locked(factory)
    before = state_of(path)
    assert send(factory, command) == "6985"
    assert state_of(path) == before


def test_another_conversation_sees_the_lock(factory: Card, path: Path) -> None:
    other = open_card(path)
    assert send(other, FACTORY).endswith("9000")
    locked(factory)
    assert send(other, PUT) == "6985"
    assert send(other, GENERATE) == "6985"


def test_the_door_stays_locked_for_ever(factory: Card, path: Path) -> None:
    locked(factory)
    for card in (factory, open_card(path)):
        card.reset()
        assert send(card, FACTORY) == "6A82"


def test_an_issued_card_cannot_be_made_anew(path: Path) -> None:
    card = issued_card(path)
    before = state_of(path)
    for command in (FACTORY, GENERATE, PROVE, PUT, SET_PIN):
        assert send(card, command) in {"6A82", "6985"}
    assert state_of(path) == before


def test_the_pin_is_not_in_the_repr__CV_52() -> None:
    assert "13579135" not in repr(SetReference(0x80, b"13579135"))
    assert "271828" not in repr(SetPassword(2, b"271828"))
    assert "13579135" not in repr(SetManagementKey(0x08, b"13579135" * 2))
