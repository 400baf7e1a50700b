"""NIST SP 800-73-4 part 2, annex A.1 and A.2: the administrator, by the card management key 9B."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from unit.chipcard_sim.cards import PIV, WRONG_PIN, change_state, piv_card, send, verify
from unit.chipcard_sim.piv_cards import (
    BLOCKS,
    WRONG_KEY,
    answer,
    authenticate,
    decrypted,
    encrypted,
    is_managed,
    manage,
    selected,
)

from chipcard_sim.chip.card import Card

ALGORITHMS = list(BLOCKS)
CHALLENGE = (0x81, b"")
WITNESS = (0x80, b"")
PASSPORT = "00A4040C07A0000002471001"
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


@pytest.fixture
def card(path: Path) -> Card:
    return selected(path)


def asked_for_challenge(card: Card, algorithm: int = 0x03) -> bytes:
    return answer(card, algorithm, 0x9B, CHALLENGE, tag=0x81)


def asked_for_witness(card: Card, algorithm: int = 0x03) -> bytes:
    """The witness in plain."""
    return decrypted(algorithm, answer(card, algorithm, 0x9B, WITNESS, tag=0x80))


@every_algorithm
def test_who_encrypts_the_challenge_is_the_administrator__sp800_73_4_p2_a_1(
    path: Path, algorithm: int
) -> None:
    card = selected(path, management=algorithm)
    challenge = asked_for_challenge(card, algorithm)
    assert len(challenge) == BLOCKS[algorithm]
    assert not is_managed(card)
    response = encrypted(algorithm, challenge)
    assert authenticate(card, algorithm, 0x9B, (0x82, response)) == "9000"
    assert is_managed(card)


@every_algorithm
@pytest.mark.parametrize("wanted", [[], [(0x82, b"")]])
def test_each_proves_to_the_other_that_it_holds_the_key__sp800_73_4_p2_a_2(
    path: Path, algorithm: int, wanted: list[tuple[int, bytes]]
) -> None:
    card = selected(path, management=algorithm)
    witness = asked_for_witness(card, algorithm)
    challenge = bytes(range(BLOCKS[algorithm]))
    proof = answer(card, algorithm, 0x9B, (0x80, witness), (0x81, challenge), *wanted, tag=0x82)
    assert proof == encrypted(algorithm, challenge)
    assert is_managed(card)


@every_algorithm
def test_a_wrong_answer_is_6982_and_takes_away_what_was_proven__sp800_73_4_p2_3_2_4(
    path: Path, algorithm: int
) -> None:
    card = selected(path, management=algorithm)
    manage(card, algorithm)
    wrong = bytes(BLOCKS[algorithm])
    asked_for_challenge(card, algorithm)
    assert authenticate(card, algorithm, 0x9B, (0x82, wrong)) == "6982"
    assert not is_managed(card)
    manage(card, algorithm)
    asked_for_witness(card, algorithm)
    assert authenticate(card, algorithm, 0x9B, (0x80, wrong), (0x81, wrong)) == "6982"
    assert not is_managed(card)


def test_another_key_proves_nothing__sp800_73_4_p2_a_1(card: Card) -> None:
    response = encrypted(0x03, asked_for_challenge(card), WRONG_KEY)
    assert authenticate(card, 0x03, 0x9B, (0x82, response)) == "6982"
    assert not is_managed(card)


def test_the_challenge_unchanged_proves_nothing__sp800_73_4_p2_a_1(card: Card) -> None:
    assert authenticate(card, 0x03, 0x9B, (0x82, asked_for_challenge(card))) == "6982"


def test_the_witness_unchanged_proves_nothing__sp800_73_4_p2_a_2(card: Card) -> None:
    sent = answer(card, 0x03, 0x9B, WITNESS, tag=0x80)
    assert authenticate(card, 0x03, 0x9B, (0x80, sent), (0x81, bytes(8))) == "6982"


# Spent by whatever comes


def test_an_answer_is_good_once__sp800_73_4_p2_a_1(card: Card) -> None:
    response = encrypted(0x03, asked_for_challenge(card))
    assert authenticate(card, 0x03, 0x9B, (0x82, response)) == "9000"
    assert authenticate(card, 0x03, 0x9B, (0x82, response)) == "6982"
    assert not is_managed(card)


def test_a_witness_is_good_once__sp800_73_4_p2_a_2(card: Card) -> None:
    fields = (0x80, asked_for_witness(card)), (0x81, bytes(8))
    assert authenticate(card, 0x03, 0x9B, *fields) == "9000"
    assert authenticate(card, 0x03, 0x9B, *fields) == "6982"
    assert not is_managed(card)


def wrong_response(card: Card) -> None:
    assert authenticate(card, 0x03, 0x9B, (0x82, bytes(8))) == "6982"


def short_response(card: Card) -> None:
    assert authenticate(card, 0x03, 0x9B, (0x82, bytes(7))) == "6982"


def wrong_witness(card: Card) -> None:
    assert authenticate(card, 0x03, 0x9B, (0x80, bytes(8)), (0x81, bytes(8))) == "6982"


def no_witness_and_a_short_challenge(card: Card) -> None:
    assert authenticate(card, 0x03, 0x9B, WITNESS, (0x81, bytes(7))) == "6A80"


def other_algorithm(card: Card) -> None:
    assert authenticate(card, 0x08, 0x9B, (0x82, bytes(8))) == "6A86"


def other_challenge(card: Card) -> None:
    asked_for_challenge(card)


def other_witness(card: Card) -> None:
    asked_for_witness(card)


def select_again(card: Card) -> None:
    assert send(card, PIV).endswith("9000")


def other_application(card: Card) -> None:
    assert send(card, PASSPORT) == "9000"
    assert send(card, PIV).endswith("9000")


def reset(card: Card) -> None:
    card.reset()
    assert send(card, PIV).endswith("9000")


SPENDING: list[Callable[[Card], None]] = [
    wrong_response,
    short_response,
    wrong_witness,
    no_witness_and_a_short_challenge,
    other_algorithm,
    other_challenge,
    other_witness,
    select_again,
    other_application,
    reset,
]


@pytest.mark.parametrize("between", SPENDING)
def test_the_challenge_is_spent_by_whatever_comes__sp800_73_4_p2_a_1(
    card: Card, between: Callable[[Card], None]
) -> None:
    response = encrypted(0x03, asked_for_challenge(card))
    between(card)
    assert authenticate(card, 0x03, 0x9B, (0x82, response)) == "6982"
    assert not is_managed(card)


@pytest.mark.parametrize("between", SPENDING)
def test_the_witness_is_spent_by_whatever_comes__sp800_73_4_p2_a_2(
    card: Card, between: Callable[[Card], None]
) -> None:
    witness = asked_for_witness(card)
    between(card)
    assert authenticate(card, 0x03, 0x9B, (0x80, witness), (0x81, bytes(8))) == "6982"
    assert not is_managed(card)


def test_the_answer_of_one_flow_is_none_in_the_other__sp800_73_4_p2_a_2(card: Card) -> None:
    witness = asked_for_witness(card)
    assert authenticate(card, 0x03, 0x9B, (0x82, witness)) == "6982"
    response = encrypted(0x03, asked_for_challenge(card))
    assert authenticate(card, 0x03, 0x9B, (0x80, response), (0x81, bytes(8))) == "6982"
    assert not is_managed(card)


def test_an_answer_that_was_not_asked_for_is_6982__sp800_73_4_p2_3_2_4(card: Card) -> None:
    assert authenticate(card, 0x03, 0x9B, (0x82, bytes(8))) == "6982"
    assert authenticate(card, 0x03, 0x9B, (0x80, bytes(8)), (0x81, bytes(8))) == "6982"


# What the card does not do for strangers


def test_the_card_encrypts_nothing_for_strangers__sp800_73_4_p2_a_2(card: Card) -> None:
    """Who could have the card's challenge encrypted by the card would need no key."""
    challenge = asked_for_challenge(card)
    assert authenticate(card, 0x03, 0x9B, (0x82, b""), (0x81, challenge)) == "6A86"
    asked_for_witness(card)
    assert authenticate(card, 0x03, 0x9B, (0x80, bytes(8)), (0x81, challenge)) == "6982"


def test_the_pin_is_not_the_administrator_s_nor_he_the_holder__sp800_73_4_p1_3_table_4a(
    card: Card,
) -> None:
    send(card, verify())
    assert not is_managed(card)
    card.reset()
    send(card, PIV)
    manage(card)
    assert send(card, "00200080") == "63C3"
    assert authenticate(card, 0x11, 0x9A, (0x82, b""), (0x81, bytes(32))) == "6982"


@pytest.mark.parametrize("between", [other_application, reset])
def test_what_was_proven_ends_with_the_session__sp800_73_4_p2_3_1_1(
    card: Card, between: Callable[[Card], None]
) -> None:
    manage(card)
    between(card)
    assert not is_managed(card)


def test_what_was_proven_ends_with_the_power__sp800_73_4_p2_3_1_1(card: Card) -> None:
    manage(card)
    card.power_off()
    reset(card)
    assert not is_managed(card)


def wrong_pin(card: Card) -> None:
    assert send(card, verify(WRONG_PIN)) == "63C2"


def log_out(card: Card) -> None:
    assert send(card, "0020FF80") == "9000"


def failed_select(card: Card) -> None:
    assert send(card, "00A4040007A000000247100200") == "6A82"


@pytest.mark.parametrize(
    "between", [select_again, failed_select, wrong_pin, log_out, other_witness]
)
def test_what_was_proven_stays_otherwise__sp800_73_4_p2_3_1_1(
    card: Card, between: Callable[[Card], None]
) -> None:
    manage(card)
    between(card)
    assert is_managed(card)


def test_guesses_are_not_counted__sp800_73_4_p1_3_table_4a(card: Card) -> None:
    """The key is as long as a cipher's: it needs no counter, and none can be run down."""
    for _ in range(20):
        asked_for_challenge(card)
        wrong_response(card)
    manage(card)
    assert is_managed(card)


# Algorithms, and random bytes


@every_algorithm
def test_the_number_of_another_algorithm_is_6A86__sp800_73_4_p2_3_2_4(
    path: Path, algorithm: int
) -> None:
    card = selected(path, management=algorithm)
    for other in {0x03, 0x08, 0x0A, 0x0C, 0x07, 0x11} - {algorithm}:
        assert authenticate(card, other, 0x9B, CHALLENGE) == "6A86"
        assert authenticate(card, other, 0x9B, WITNESS) == "6A86"


def test_00_is_another_name_of_triple_des__sp800_78_5_table_6_2(card: Card) -> None:
    response = encrypted(0x03, asked_for_challenge(card, 0x00))
    assert authenticate(card, 0x00, 0x9B, (0x82, response)) == "9000"
    sent = answer(card, 0x00, 0x9B, WITNESS, tag=0x80)
    fields = (0x80, decrypted(0x03, sent)), (0x81, bytes(8))
    assert authenticate(card, 0x00, 0x9B, *fields) == "9000"


@pytest.mark.parametrize("algorithm", [0x08, 0x0A, 0x0C])
def test_00_asks_any_card_for_random_bytes_that_prove_nothing__sp800_73_4_p2_a_1(
    path: Path, algorithm: int
) -> None:
    card = selected(path, management=algorithm)
    challenge = asked_for_challenge(card, 0x00)
    response = encrypted(algorithm, challenge)
    assert authenticate(card, 0x00, 0x9B, (0x82, response)) == "6A86"
    asked_for_challenge(card, 0x00)
    assert authenticate(card, algorithm, 0x9B, (0x82, response)) == "6982"
    assert authenticate(card, 0x00, 0x9B, WITNESS) == "6A86"


def test_random_bytes_are_never_the_same(card: Card) -> None:
    for flow, tag in ((CHALLENGE, 0x81), (WITNESS, 0x80)):
        seen = {answer(card, 0x03, 0x9B, flow, tag=tag) for _ in range(20)}
        assert len(seen) == 20


def test_a_card_without_the_key_has_no_administrator__sp800_73_4_p2_3_2_4(path: Path) -> None:
    card = piv_card(path)
    change_state(path, lambda state: replace(state, keys={0x9A: state.keys[0x9A]}))
    assert len(asked_for_challenge(card, 0x00)) == 16
    for algorithm in (0x00, 0x03):
        assert authenticate(card, algorithm, 0x9B, WITNESS) == "6A86"
        assert authenticate(card, algorithm, 0x9B, (0x82, bytes(8))) == "6A86"
    assert not is_managed(card)


@pytest.mark.parametrize("slot", [0x9A, 0x9C, 0x9D, 0x9E, 0x82, 0x04])
@pytest.mark.parametrize("fields", [[CHALLENGE], [WITNESS], [(0x82, bytes(8))]])
def test_no_other_key_has_an_administrator__sp800_73_4_p2_3_2_4(
    card: Card, slot: int, fields: list[tuple[int, bytes]]
) -> None:
    assert authenticate(card, 0x03, slot, *fields) == "6A86"
