"""NIST SP 800-73-4 part 2, 3.1.1: SELECT card command."""

from pathlib import Path

import pytest
from unit.chipcard_sim.cards import PIV, issued_card, piv_card, send, sign_command, verify

from chipcard_sim.iso7816 import tlv


@pytest.mark.parametrize("aid", ["A000000308", "A00000030800001000", "A000000308000010000100"])
def test_the_application_is_found_by_its_name_or_its_beginning__sp800_73_4_p2_3_1_1(
    tmp_path: Path, aid: str
) -> None:
    card = issued_card(tmp_path / "chip")
    answer = bytes.fromhex(send(card, f"00A40400{len(aid) // 2:02X}{aid}00"))
    assert answer[-2:] == b"\x90\x00"
    template = tlv.by_tag(tlv.value(answer[:-2], 0x61))
    assert template[0x4F] == bytes.fromhex("000010000100")
    assert tlv.value(template[0x79], 0x4F) == bytes.fromhex("A000000308")


def test_an_unknown_application_is_6A82__sp800_73_4_p2_3_1_1(tmp_path: Path) -> None:
    assert send(issued_card(tmp_path / "chip"), "00A4040007A000000247100100") == "6A82"


def test_selecting_it_again_changes_no_security_status__sp800_73_4_p2_3_1_1(tmp_path: Path) -> None:
    card = piv_card(tmp_path / "chip")
    send(card, verify())
    send(card, PIV)
    assert send(card, sign_command(0x9A, bytes(32))).endswith("9000")


def test_a_select_that_fails_leaves_piv_selected__sp800_73_4_p2_3_1_1(tmp_path: Path) -> None:
    card = piv_card(tmp_path / "chip")
    send(card, verify())
    send(card, "00A4040007A000000247100100")
    assert send(card, "00200080") == "9000"
