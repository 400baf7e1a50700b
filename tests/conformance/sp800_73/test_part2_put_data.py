"""NIST SP 800-73-4 part 2, 3.3.1: PUT DATA, for who holds the key 9B; part 1, table 7: sizes."""

from pathlib import Path

import pytest
from unit.chipcard_sim.cards import DISCOVERY, send, state_of, verify
from unit.chipcard_sim.piv_cards import manage, put, selected

from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.chaining import exchange

CONTENT = b"\x01\x02\x03"
SIZES = {  # table 7: what a card must at least be able to hold
    "5FC107": 287,
    "5FC102": 2916,
    "5FC105": 2005,
    "5FC10A": 2005,
    "5FC10B": 2005,
    "5FC101": 2005,
    "5FC106": 1336,
    "5FC10C": 128,
    "5FC103": 4006,
    "5FC108": 12710,
    "5FC109": 245,
    "5FC121": 7106,
}
OWN_SIZES = dict.fromkeys(["5FC105", "5FC10A", "5FC10B", "5FC101"], 3052)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


@pytest.fixture
def card(path: Path) -> Card:
    return selected(path)


def get(card: Card, tag: str) -> tuple[str, bytes]:
    data = tlv.build(0x5C, bytes.fromhex(tag))
    response = exchange(card, Command(0, 0xCB, 0x3F, 0xFF, data, 256))
    return f"{response.status:04X}", response.data


@pytest.mark.parametrize("tag", SIZES)
def test_what_was_written_is_read__sp800_73_4_p2_3_3_1(card: Card, tag: str) -> None:
    manage(card)
    assert put(card, tag, CONTENT) == "9000"
    send(card, verify())
    assert get(card, tag) == ("9000", tlv.build(0x53, CONTENT))


@pytest.mark.parametrize("tag", SIZES)
def test_nobody_else_writes__sp800_73_4_p2_3_3_1(card: Card, path: Path, tag: str) -> None:
    before = state_of(path)
    assert put(card, tag, CONTENT) == "6982"
    send(card, verify())
    assert put(card, tag, CONTENT) == "6982"
    assert put(card, tag, b"") == "6982"
    assert state_of(path) == before


def test_nobody_else_replaces_the_discovery_object__sp800_73_4_p2_3_3_1(
    card: Card, path: Path
) -> None:
    before = state_of(path)
    assert send(card, "00DB3FFF14" + DISCOVERY.hex()) == "6982"
    assert state_of(path) == before


def test_an_empty_content_deletes__sp800_73_4_p2_3_3_1(card: Card) -> None:
    manage(card)
    assert put(card, "5FC105", b"") == "9000"
    assert get(card, "5FC105")[0] == "6A82"
    assert put(card, "5FC105", b"") == "9000"


def test_the_discovery_object_comes_as_it_is__sp800_73_4_p2_3_3_1(card: Card) -> None:
    manage(card)
    assert send(card, "00DB3FFF027E00") == "9000"
    assert get(card, "7E")[0] == "6A82"
    assert send(card, "00DB3FFF14" + DISCOVERY.hex()) == "9000"
    assert get(card, "7E") == ("9000", DISCOVERY)
    assert put(card, "7E", DISCOVERY) == "6A80"


@pytest.mark.parametrize("tag", SIZES)
def test_an_object_of_the_guaranteed_size_fits__sp800_73_4_p1_a_table_7(
    card: Card, tag: str
) -> None:
    manage(card)
    content = bytes(index % 251 for index in range(SIZES[tag]))
    assert put(card, tag, content) == "9000"
    send(card, verify())
    assert get(card, tag) == ("9000", tlv.build(0x53, content))


@pytest.mark.parametrize("tag", SIZES)
def test_what_does_not_fit_is_6A84_and_changes_nothing__sp800_73_4_p2_3_3_1(
    card: Card, path: Path, tag: str
) -> None:
    before = state_of(path)
    manage(card)
    size = OWN_SIZES.get(tag, SIZES[tag])
    assert put(card, tag, bytes(size + 1)) == "6A84"
    assert state_of(path) == before
    assert put(card, tag, bytes(size)) == "9000"


@pytest.mark.parametrize("tag", ["5FC10D", "5FC120", "5FC122", "5FC123", "7F61", "5FFF00", "3F"])
def test_an_object_the_card_has_no_place_for_is_6A81__sp800_73_4_p2_3_3_1(
    card: Card, path: Path, tag: str
) -> None:
    before = state_of(path)
    manage(card)
    assert put(card, tag, CONTENT) == "6A81"
    assert state_of(path) == before


def test_another_place_than_the_current_file_is_6A86__sp800_73_4_p2_3_3_1(card: Card) -> None:
    manage(card)
    assert send(card, "00DB3F00085C035FC1065301AA") == "6A86"


def test_a_chain_that_breaks_writes_nothing__iso7816_4_5_3_3(card: Card, path: Path) -> None:
    manage(card)
    before = state_of(path)
    assert send(card, "10DB3FFF085C035FC1065304AA") == "9000"
    assert send(card, "00200080") == "6883"
    assert send(card, "00DB3FFF03BBCCDD") == "6A80"
    assert state_of(path) == before


def test_what_was_proven_is_asked_at_the_end_of_a_chain__sp800_73_4_p2_3_3_1(card: Card) -> None:
    manage(card)
    assert send(card, "10DB3FFF085C035FC1065304AA") == "9000"
    card.reset()
    send(card, "00A4040009A0000003080000100000")
    assert send(card, "00DB3FFF085C035FC1065301BB") == "6982"
