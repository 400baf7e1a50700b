from pathlib import Path

import pytest
from unit.chipcard_sim.cards import (
    PIV,
    SERIAL,
    blank_card,
    issued_card,
    open_card,
    piv_card,
    send,
    sign_command,
    state_of,
    verify,
)

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.chip.card import Card
from chipcard_sim.chip.memory import MemoryDamaged
from chipcard_sim.iso7816.transport import TransportLost

FACTORY = "00A404000BF0454944464143544F5259"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


def test_the_answer_to_reset_checks_itself__iso7816_3_8_2_5(path: Path) -> None:
    atr = blank_card(path).reset()
    assert len(atr) == 19
    check = 0
    for byte in atr[1:]:
        check ^= byte
    assert check == 0
    assert atr[1] & 0x0F == 11  # so many historical bytes stand before the check byte
    assert atr[7:18] == bytes.fromhex("80F9A00000030800001000")


def test_nobody_takes_the_card_for_a_key_on_usb_or_a_contactless_one(path: Path) -> None:
    """OpenSC takes `3B 8x 80 01` for contactless, ykman `3B Fx` for its maker's key on USB."""
    atr = blank_card(path).reset()
    assert atr[1] >> 4 not in {0x8, 0xF}


@pytest.mark.parametrize("forget", ["reset", "power"])
def test_power_off_and_reset_forget_what_is_volatile(path: Path, forget: str) -> None:
    card = piv_card(path)
    assert send(card, verify()) == "9000"
    if forget == "power":
        card.power_off()
    card.reset()
    assert send(card, "00200080") == "6985"  # no application
    send(card, PIV)
    assert send(card, "00200080") == "63C3"
    assert send(card, sign_command(0x9A, bytes(32))) == "6982"


def test_a_card_without_power_does_not_answer(path: Path) -> None:
    card = piv_card(path)
    card.power_off()
    with pytest.raises(TransportLost):
        send(card, "00200080")


@pytest.mark.parametrize("again", ["the same reader", "another reader"])
def test_a_card_pulled_within_a_chain_loses_nothing__CV_43(path: Path, again: str) -> None:
    card = blank_card(path)
    assert send(card, FACTORY + "00").endswith("9000")
    before = state_of(path)
    assert send(card, "90DB3FFF" + "FF" + "5C035FC10253820200" + "00" * 246) == "9000"
    card.power_off()
    if again == "another reader":
        card = open_card(path)
    card.reset()
    assert state_of(path) == before
    assert send(card, FACTORY + "00").endswith("9000")  # and not the broken chain's next piece
    assert send(card, "80DB3FFF" + "04" + "00000000") == "6A80"  # no chain to be the end of
    assert state_of(path) == before


def test_a_chain_pulled_before_its_end_spends_no_verification(path: Path) -> None:
    card = piv_card(path)
    send(card, verify())
    whole = sign_command(0x9C, bytes(32))
    body = bytes.fromhex(whole)[5:-1]
    assert send(card, f"1087119C10{body[:16].hex()}") == "9000"
    assert send(card, f"0087119C{len(body) - 16:02X}{body[16:].hex()}00").endswith("9000")


def test_an_answer_not_fetched_is_dropped_by_the_next_command(path: Path) -> None:
    card = piv_card(path)
    assert send(card, "00CB3FFF055C035FC10508").startswith("5382")
    assert send(card, "00200080") == "63C3"
    assert send(card, "00C0000000") == "6985"


def test_a_long_answer_goes_at_once_when_asked_so(path: Path) -> None:
    card = piv_card(path)
    whole = card.transmit(bytes.fromhex("00CB3FFF000005" + "5C035FC105" + "0000"))
    assert len(whole) > 256
    assert whole.endswith(b"\x90\x00")


def test_an_answer_comes_also_to_who_does_not_say_how_long_it_may_be(path: Path) -> None:
    card = piv_card(path)
    assert send(card, "00CB3FFF035C017E").startswith("7E12")
    first = send(card, "00CB3FFF055C035FC105")
    assert (len(first) // 2 - 2, first[-4:-2]) == (256, "61")
    assert send(card, "00C00000").endswith("9000")


def test_a_failed_select_leaves_all_as_it_was__sp800_73_4_p2_3_1_1(path: Path) -> None:
    card = piv_card(path)
    send(card, verify())
    assert send(card, "00A4040007A000000247100100") == "6A82"
    assert send(card, FACTORY + "00") == "6A82"
    assert send(card, sign_command(0x9C, bytes(32))).endswith("9000")


def test_selecting_again_keeps_the_security_status__sp800_73_4_p2_3_1_1(path: Path) -> None:
    card = piv_card(path)
    send(card, verify())
    send(card, PIV)
    assert send(card, "00200080") == "9000"


def test_another_application_starts_with_nothing_proven__sp800_73_4_p2_3_1_1(path: Path) -> None:
    card = blank_card(path)
    send(card, FACTORY + "00")
    send(card, "8024018008" + "313233343536FFFF")
    send(card, PIV)
    assert send(card, verify()) == "9000"
    send(card, FACTORY + "00")
    send(card, PIV)
    assert send(card, "00200080") == "63C3"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("FFCA000000", "6E00"),  # the reader's own class
        ("00", "6700"),
        ("00A4000000", "6A86"),  # select by file identifier
        ("00A404000400000000", "6A82"),  # shorter than a provider
        ("00A4040000", "6A82"),
        ("00CADF3000", "6985"),
        ("00C0000000", "6985"),
    ],
)
def test_a_command_out_of_place_is_refused(path: Path, command: str, status: str) -> None:
    assert send(blank_card(path), command) == status


def test_whatever_breaks_is_6F00(path: Path) -> None:
    card = piv_card(path)
    path.unlink()
    assert send(card, "00200080") == "6F00"
    assert send(card, verify()) == "6F00"


def test_a_serial_number_is_16_bytes(path: Path) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Card.create(path, serial=b"short", applications=APPLICATIONS)


def test_a_card_is_made_once(path: Path) -> None:
    blank_card(path)
    with pytest.raises(FileExistsError):
        Card.create(path, serial=SERIAL, applications=APPLICATIONS)


def test_a_card_that_is_not_there_cannot_be_opened(path: Path) -> None:
    with pytest.raises(MemoryDamaged):
        open_card(path)


def test_a_card_is_the_same_after_it_is_opened_again(path: Path) -> None:
    issued_card(path)
    before = state_of(path)
    open_card(path).reset()
    assert state_of(path) == before
