from hashlib import sha1

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipcard_sim.terminal.access_key import AccessKey, check_digit, mrz_information
from chipcard_sim.terminal.errors import UnusableAccessKey

# ICAO 9303-11, appendix D.2: the three worked examples, completed to whole zones.
LONG_NUMBER = (
    "I<UTOD23145890<7349<<<<<<<<<<<",
    "3407127M9507122UTO<<<<<<<<<<<2",
    "STEVENSON<<PETER<JOHN<<<<<<<<<",
)
SHORT_NUMBER = (
    "I<UTOL898902C<3<<<<<<<<<<<<<<<",
    "6908061F9406236UTO<<<<<<<<<<<2",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)
PASSPORT = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C<3UTO6908061F9406236ZE184226B<<<<<14",
)
FRENCH_SIZE = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L898902C<3UTO6908061F9406236<<<<<<<8")


@pytest.mark.parametrize(
    ("lines", "information"),
    [
        (LONG_NUMBER, "D23145890734934071279507122"),
        (SHORT_NUMBER, "L898902C<369080619406236"),
        (PASSPORT, "L898902C<369080619406236"),
        (FRENCH_SIZE, "L898902C<369080619406236"),
    ],
)
def test_the_information_is_three_fields_with_their_digits__icao9303_11_D_2(
    lines: tuple[str, ...], information: str
) -> None:
    assert mrz_information(lines) == information


def test_the_secret_is_the_sha_1_of_the_information__icao9303_11_D_2() -> None:
    key = AccessKey.from_mrz(PASSPORT)
    assert (key.number, key.secret.hex().upper()) == (
        1,
        "239AB9CB282DAF66231DC5A4DF6BFBAEDF477565",
    )


def test_a_card_access_number_is_taken_as_it_is_printed__icao9303_11_9_7_3() -> None:
    assert AccessKey.from_can("012345") == AccessKey(2, b"012345")


@pytest.mark.parametrize("can", ["", "12345", "1234567", "12345a", "12345\n", "٠١٢٣٤٥", "-12345"])
def test_what_is_no_card_access_number_is_refused(can: str) -> None:
    with pytest.raises(UnusableAccessKey):
        AccessKey.from_can(can)


@pytest.mark.parametrize(
    "lines",
    [
        (),
        PASSPORT[:1],
        (*PASSPORT, PASSPORT[0]),
        (PASSPORT[0], PASSPORT[1][:-1]),
        (PASSPORT[0], PASSPORT[1].lower()),
        (PASSPORT[0].replace("<", "\u0130"), PASSPORT[1]),
        (PASSPORT[0], PASSPORT[1].replace("L898902C<3", "L898902C<4")),
        (PASSPORT[0], PASSPORT[1].replace("6908061", "6908071")),
        (PASSPORT[0], PASSPORT[1].replace("9406236", "9406230")),
        (SHORT_NUMBER[0].replace("C<3", "C<4"), *SHORT_NUMBER[1:]),
        (LONG_NUMBER[0].replace("7349", "7340"), *LONG_NUMBER[1:]),
    ],
)
def test_what_is_no_zone_or_misread_is_refused_before_the_card_is_asked(
    lines: tuple[str, ...],
) -> None:
    with pytest.raises(UnusableAccessKey):
        AccessKey.from_mrz(lines)


@given(st.lists(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<", min_size=0, max_size=44)))
def test_any_lines_give_a_key_or_a_refusal(lines: list[str]) -> None:
    try:
        information = mrz_information(lines)
    except UnusableAccessKey:
        return
    assert AccessKey.from_mrz(lines).secret == sha1(information.encode()).digest()  # noqa: S324 - ICAO's choice


@pytest.mark.parametrize(
    ("text", "digit"), [("L898902C<", "3"), ("520727", "3"), ("AB2134<<<", "5"), ("", "0")]
)
def test_check_digits__icao9303_3_4_9(text: str, digit: str) -> None:
    assert check_digit(text) == digit


def test_the_secret_is_not_in_the_repr() -> None:
    assert "012345" not in repr(AccessKey.from_can("012345"))
