"""NIST SP 800-73-4 part 2, 3.1.2: GET DATA card command; part 1, table 2: who may read what."""

from dataclasses import replace
from pathlib import Path

import pytest
from unit.chipcard_sim.cards import CHUID, PRINTED, change_state, piv_card, send, verify

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.chaining import exchange


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


def get(tag: str) -> str:
    return f"00CB3FFF{len(tag) // 2 + 2:02X}5C{len(tag) // 2:02X}{tag}00"


def test_an_object_stands_in_a_53__sp800_73_4_p2_3_1_2(path: Path) -> None:
    answer = bytes.fromhex(send(piv_card(path), get("5FC102")))
    assert tlv.value(answer[:-2], 0x53) == CHUID


def test_the_discovery_object_stands_alone__sp800_73_4_p2_3_1_2(path: Path) -> None:
    assert send(piv_card(path), get("7E")).startswith("7E124F0BA000000308")


@pytest.mark.parametrize("tag", ["5FC107", "5FC1FF", "7F61", "00", "5F2F"])
def test_an_object_that_is_not_there_is_6A82__sp800_73_4_p2_3_1_2(path: Path, tag: str) -> None:
    assert send(piv_card(path), get(tag)) == "6A82"


@pytest.mark.parametrize("tag", ["5FC103", "5FC108", "5FC109", "5FC121"])
def test_biometrics_and_what_is_printed_want_the_pin__sp800_73_4_p1_3_table_2(
    path: Path, tag: str
) -> None:
    assert send(piv_card(path), get(tag)) == "6982"


def test_what_is_printed_is_read_after_the_pin__sp800_73_4_p1_3_table_2(path: Path) -> None:
    card = piv_card(path)
    send(card, verify())
    assert PRINTED.hex().upper() in send(card, get("5FC109"))


@pytest.mark.parametrize("size", [1, 252, 253, 254, 255, 256, 257, 511, 512, 12_704])
def test_an_object_of_any_size_is_read_whole__sp800_73_4_p2_3_1_2(path: Path, size: int) -> None:
    card = piv_card(path)
    content = bytes(index % 251 for index in range(size))

    change_state(path, lambda state: replace(state, objects={0x5FC106: content}))
    ask = Command(0, 0xCB, 0x3F, 0xFF, b"\x5c\x03\x5f\xc1\x06", 256)
    assert tlv.value(exchange(card, ask).data, 0x53) == content


def test_another_place_than_the_current_file_is_6A86__sp800_73_4_p2_3_1_2(path: Path) -> None:
    assert send(piv_card(path), "00CB3F00035C017E00") == "6A86"
