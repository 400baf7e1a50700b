from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eid.proofs.activation_code import code_hash, make, matches, normalise

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
LINK, OTHER_LINK = b"l" * 32, b"m" * 32
KEPT = code_hash(KEY, LINK, "48151623")


@pytest.mark.parametrize("length", [6, 8, 12])
def test_a_code_is_so_many_digits__AC_02(length: int) -> None:
    code = make(length)
    assert len(code) == length
    assert normalise(code) == code


def test_codes_are_not_alike_and_use_every_digit__AC_02() -> None:
    codes = [make(8) for _ in range(400)]
    assert len(set(codes)) > 395
    assert Counter("".join(codes)).keys() == set("0123456789")


@pytest.mark.parametrize(
    "typed", ["48151623", "4815 1623", "48-15-16-23", " 4815-1623 ", "4 8 1 5 1 6 2 3"]
)
def test_a_code_may_be_typed_as_the_letter_prints_it(typed: str) -> None:
    assert matches(KEY, LINK, typed, KEPT)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "-",
        "48151624",
        "4815162",
        "481516234",
        "4815.1623",
        "+48151623",
        "48151623\n",
        "48151623\x00",
        "4815\u00a01623",
        "\uff14\uff18\uff11\uff15\uff11\uff16\uff12\uff13",  # full-width digits
        "٤٨١٥١٦٢٣",
        "4815162³",
        "0" * 100_000,
        "\ud800",
    ],
)
def test_anything_else_is_not_the_code__AC_09(typed: str) -> None:
    assert not matches(KEY, LINK, typed, KEPT)


def test_an_empty_code_never_matches__AC_02() -> None:
    kept = code_hash(KEY, LINK, "")
    assert not matches(KEY, LINK, "", kept)
    assert not matches(KEY, LINK, "no digits", kept)


def test_a_code_counts_for_its_own_case_alone__AC_06() -> None:
    assert not matches(KEY, OTHER_LINK, "48151623", KEPT)


def test_a_kept_code_says_nothing_without_the_key__AC_02() -> None:
    assert not matches(OTHER_KEY, LINK, "48151623", KEPT)
    assert b"48151623" not in KEPT


@given(st.text(max_size=80))
def test_any_text_may_be_typed(typed: str) -> None:
    code = normalise(typed)
    assert code == "" or (code.isascii() and code.isdigit())
    assert normalise(code) == code
