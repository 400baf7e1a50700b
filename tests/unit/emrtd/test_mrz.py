from dataclasses import replace

import pytest

from eid.emrtd import mrz
from eid.emrtd.mrz import Td1
from eid.errors import Malformed

ANNA = Td1(
    code="I",
    issuer="UTO",
    number="D23145890",
    born="740812",
    sex="F",
    expires="120415",
    nationality="UTO",
    primary="ERIKSSON",
    secondary="ANNA<MARIA",
)


@pytest.mark.parametrize(("text", "digit"), [("D23145890", "7"), ("740812", "2"), ("<<<", "0")])
def test_a_check_digit__icao9303_3_4_9(text: str, digit: str) -> None:
    assert mrz.check_digit(text) == digit


@pytest.mark.parametrize(
    ("line", "place"), [(0, 5), (0, 14), (1, 0), (1, 6), (1, 8), (1, 14), (1, 29)]
)
def test_one_altered_character_is_noticed(line: int, place: int) -> None:
    lines = list(mrz.build(ANNA))
    old = lines[line][place]
    new = "1" if old != "1" else "2"
    lines[line] = lines[line][:place] + new + lines[line][place + 1 :]
    with pytest.raises(Malformed, match="check digit"):
        mrz.parse((lines[0], lines[1], lines[2]))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": "d23145890"}, "document number"),
        ({"number": "A" * 23}, "document number"),
        ({"born": "74081"}, "date of birth"),
        ({"expires": "1204\uff115"}, "date of expiry"),
        ({"primary": "NGUYỄN"}, "primary name"),
        ({"secondary": "ANNA MARIA"}, "secondary name"),
        ({"sex": "X"}, "sex"),
        ({"optional_1": "A<"}, "optional data 1"),
    ],
)
def test_what_cannot_be_printed_is_refused_by_name(change: dict[str, str], field: str) -> None:
    with pytest.raises(Malformed, match=field):
        mrz.build(replace(ANNA, **change))


def test_too_much_optional_data_is_refused() -> None:
    with pytest.raises(Malformed, match="longer than 15"):
        mrz.build(replace(ANNA, optional_1="1" * 16))


def test_lines_of_another_length_are_refused() -> None:
    upper, middle, lower = mrz.build(ANNA)
    with pytest.raises(Malformed, match="three lines"):
        mrz.parse((upper, middle, lower + "<"))


@pytest.mark.parametrize(
    ("primary", "secondary", "printed"),
    [
        ("A" * 40, "B", "A" * 30),
        ("A" * 28, "BCD", "A" * 27 + "<<B"),
        ("A" * 27, "BCD", "A" * 27 + "<<B"),
        ("A" * 20, "BBBBBBB<CC", "A" * 20 + "<<BBBBBB<C"),
    ],
)
def test_a_cut_name_ends_in_a_letter__icao9303_3_4_6(
    primary: str, secondary: str, printed: str
) -> None:
    assert mrz.build(replace(ANNA, primary=primary, secondary=secondary))[2] == printed


def test_a_name_that_just_fits_is_not_cut() -> None:
    assert mrz.build(replace(ANNA, primary="A" * 30, secondary=""))[2] == "A" * 30
    assert mrz.build(replace(ANNA, primary="A" * 27, secondary="B"))[2] == "A" * 27 + "<<B"
