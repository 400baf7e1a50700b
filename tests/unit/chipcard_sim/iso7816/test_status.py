import pytest

from chipcard_sim.iso7816.status import (
    CardError,
    StatusWord,
    describe,
    length_told,
    more_told,
    more_word,
    tries_told,
    tries_word,
)


@pytest.mark.parametrize(("status", "tries"), [(0x63C0, 0), (0x63C3, 3), (0x63CF, 15)])
def test_tries_are_told(status: int, tries: int) -> None:
    assert tries_told(status) == tries
    assert tries_word(tries) == status


@pytest.mark.parametrize("status", [0x9000, 0x6300, 0x6983, 0x62C1])
def test_other_words_tell_no_tries(status: int) -> None:
    assert tries_told(status) is None


@pytest.mark.parametrize(
    ("remaining", "word"), [(1, 0x6101), (255, 0x61FF), (256, 0x6100), (900, 0x6100)]
)
def test_more_is_told_up_to_256(remaining: int, word: int) -> None:
    assert more_word(remaining) == word
    assert more_told(word) == min(remaining, 256)


def test_a_right_length_is_told() -> None:
    assert length_told(0x6C10) == 16
    assert length_told(0x6C00) == 256
    assert length_told(0x9000) is None


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (0x9000, "9000 OK"),
        (0x63C2, "63C2 TRIES_LEFT_2"),
        (0x6110, "6110 16_BYTES_WAIT"),
        (0x6C08, "6C08 RIGHT_LENGTH_IS_8"),
        (0x6581, "6581 OTHER"),
    ],
)
def test_a_status_word_is_told_in_words(status: int, text: str) -> None:
    assert describe(status) == text


def test_a_refusal_says_its_status_word() -> None:
    assert str(CardError(StatusWord.BLOCKED)) == "6983 BLOCKED"
