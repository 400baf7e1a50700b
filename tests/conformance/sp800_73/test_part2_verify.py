"""NIST SP 800-73-4 part 2, 3.2.1: VERIFY card command."""

from pathlib import Path

import pytest
from unit.chipcard_sim.cards import (
    WRONG_PIN,
    padded,
    piv_card,
    send,
    sign_command,
    tries_left,
    verify,
)

from chipcard_sim.chip.card import Card


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


@pytest.fixture
def card(path: Path) -> Card:
    return piv_card(path)


def test_the_right_pin_sets_the_status_and_the_counter__sp800_73_4_p2_3_2_1(
    card: Card, path: Path
) -> None:
    send(card, verify(WRONG_PIN))
    assert send(card, verify()) == "9000"
    assert tries_left(path) == 3
    assert send(card, sign_command(0x9A, bytes(32))).endswith("9000")


def test_a_wrong_pin_takes_the_status_and_a_try__sp800_73_4_p2_3_2_1(
    card: Card, path: Path
) -> None:
    send(card, verify())
    assert send(card, verify(WRONG_PIN)) == "63C2"
    assert tries_left(path) == 2
    assert send(card, sign_command(0x9A, bytes(32))) == "6982"


def test_a_spent_counter_is_6983_and_compares_nothing__sp800_73_4_p2_3_2_1(
    card: Card, path: Path
) -> None:
    for _ in range(3):
        send(card, verify(WRONG_PIN))
    assert send(card, verify()) == "6983"
    assert tries_left(path) == 0
    assert send(card, sign_command(0x9A, bytes(32))) == "6982"


@pytest.mark.parametrize(
    "data",
    [
        "31" * 5 + "FF" * 3,
        "31" * 6,
        "31" * 9,
        "41" * 8,
        "FF" * 8,
        "313233FF343536FF",
        "31" * 7 + "00",
    ],
)
def test_what_has_not_the_form_of_a_pin_is_6A80_and_changes_nothing__sp800_73_4_p2_3_2_1(
    card: Card, path: Path, data: str
) -> None:
    send(card, verify())
    assert send(card, f"00200080{len(data) // 2:02X}{data}") == "6A80"
    assert tries_left(path) == 3
    assert send(card, "00200080") == "9000"


def test_without_data_it_asks__sp800_73_4_p2_3_2_1(card: Card, path: Path) -> None:
    assert send(card, "00200080") == "63C3"
    send(card, verify())
    assert send(card, "00200080") == "9000"
    send(card, verify(WRONG_PIN))
    assert send(card, "00200080") == "63C2"
    assert tries_left(path) == 2


def test_p1_ff_logs_out_and_leaves_the_counter__sp800_73_4_p2_3_2_1(card: Card, path: Path) -> None:
    send(card, verify(WRONG_PIN))
    send(card, verify())
    send(card, verify(WRONG_PIN))
    assert send(card, "0020FF80") == "9000"
    assert tries_left(path) == 2
    assert send(card, "00200080") == "63C2"
    assert send(card, sign_command(0x9A, bytes(32))) == "6982"


@pytest.mark.parametrize("reference", ["00", "81", "96", "98"])
def test_a_reference_that_the_card_has_not_is_6A88__sp800_73_4_p2_3_2_1(
    card: Card, reference: str
) -> None:
    assert send(card, f"002000{reference}08{padded('123456').hex()}") == "6A88"


def test_another_p1_is_6A86__sp800_73_4_p2_3_2_1(card: Card) -> None:
    assert send(card, "00200180") == "6A86"


def test_the_card_gives_at_most_ten_tries__sp800_73_5(card: Card) -> None:
    words = [send(card, verify(WRONG_PIN)) for _ in range(11)]
    assert words[-1] == "6983"
