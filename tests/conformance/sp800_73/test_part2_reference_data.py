"""NIST SP 800-73-4 part 2, 3.2.2 CHANGE REFERENCE DATA and 3.2.3 RESET RETRY COUNTER."""

from pathlib import Path

import pytest
from unit.chipcard_sim.cards import (
    PIN,
    PUK,
    WRONG_PIN,
    WRONG_PUK,
    padded,
    piv_card,
    send,
    tries_left,
    verify,
)

from chipcard_sim.chip.card import Card

NEW = "24680246"
BAD = "1234"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


@pytest.fixture
def card(path: Path) -> Card:
    return piv_card(path)


def change(old: str, new: str, reference: str = "80") -> str:
    return f"002400{reference}10{padded(old).hex()}{padded(new).hex()}"


def unblock(puk: str, new: str) -> str:
    return f"002C008010{padded(puk).hex()}{padded(new).hex()}"


def test_a_change_sets_the_status_and_the_counter__sp800_73_4_p2_3_2_2(
    card: Card, path: Path
) -> None:
    send(card, verify(WRONG_PIN))
    assert send(card, change(PIN, NEW)) == "9000"
    assert tries_left(path) == 3
    assert send(card, "00200080") == "9000"
    assert send(card, verify(PIN)) == "63C2"
    assert send(card, verify(NEW)) == "9000"


def test_the_wrong_old_pin_takes_the_status_and_a_try__sp800_73_4_p2_3_2_2(
    card: Card, path: Path
) -> None:
    send(card, verify())
    assert send(card, change(WRONG_PIN, NEW)) == "63C2"
    assert tries_left(path) == 2
    assert send(card, "00200080") == "63C2"
    assert send(card, verify()) == "9000"


@pytest.mark.parametrize(("old", "new"), [(PIN, BAD), (BAD, NEW), (WRONG_PIN, BAD)])
def test_a_new_or_old_value_of_no_form_is_6A80_and_changes_nothing__sp800_73_4_p2_3_2_2(
    card: Card, path: Path, old: str, new: str
) -> None:
    send(card, verify())
    assert send(card, change(old, new)) == "6A80"
    assert tries_left(path) == 3
    assert send(card, "00200080") == "9000"


def test_a_blocked_pin_is_not_changed__sp800_73_4_p2_3_2_2(card: Card) -> None:
    for _ in range(3):
        send(card, verify(WRONG_PIN))
    assert send(card, change(PIN, NEW)) == "6983"
    send(card, unblock(PUK, PIN))
    assert send(card, verify(PIN)) == "9000"


def test_the_puk_is_changed_by_who_knows_it__sp800_73_4_p2_3_2_2(card: Card) -> None:
    assert send(card, change(PUK, "11112222", "81")) == "9000"
    assert send(card, unblock(PUK, NEW)) == "63C2"
    assert send(card, unblock("11112222", NEW)) == "9000"


def test_a_wrong_puk_in_a_change_takes_a_try_of_the_puk__sp800_73_4_p2_3_2_2(
    card: Card, path: Path
) -> None:
    assert send(card, change(WRONG_PUK, PUK, "81")) == "63C2"
    assert (tries_left(path, 0x80), tries_left(path, 0x81)) == (3, 2)


@pytest.mark.parametrize("reference", ["00", "82", "9B"])
def test_another_reference_is_6A88__sp800_73_4_p2_3_2_2(card: Card, reference: str) -> None:
    assert send(card, change(PIN, NEW, reference)) == "6A88"


def test_the_puk_sets_the_pin_and_its_counter_but_no_status__sp800_73_4_p2_3_2_3(
    card: Card, path: Path
) -> None:
    for _ in range(3):
        send(card, verify(WRONG_PIN))
    assert send(card, unblock(PUK, NEW)) == "9000"
    assert tries_left(path) == 3
    assert send(card, "00200080") == "63C3"
    assert send(card, verify(NEW)) == "9000"


def test_a_wrong_puk_takes_a_try_of_the_puk_alone__sp800_73_4_p2_3_2_3(
    card: Card, path: Path
) -> None:
    assert send(card, unblock(WRONG_PUK, NEW)) == "63C2"
    assert (tries_left(path, 0x80), tries_left(path, 0x81)) == (3, 2)
    assert send(card, verify()) == "9000"


def test_a_spent_puk_is_6983__sp800_73_4_p2_3_2_3(card: Card, path: Path) -> None:
    for _ in range(3):
        send(card, unblock(WRONG_PUK, NEW))
    assert send(card, unblock(PUK, NEW)) == "6983"
    assert tries_left(path, 0x81) == 0


def test_a_new_pin_of_no_form_is_6A80_and_costs_nothing__sp800_73_4_p2_3_2_3(
    card: Card, path: Path
) -> None:
    assert send(card, unblock(PUK, BAD)) == "6A80"
    assert tries_left(path, 0x81) == 3


def test_only_the_pin_has_a_counter_to_reset__sp800_73_4_p2_3_2_3(card: Card) -> None:
    data = (padded(PUK) + padded(NEW)).hex()
    assert send(card, "002C008110" + data) == "6A88"
    assert send(card, "002C010010" + data) == "6A86"
