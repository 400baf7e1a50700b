from datetime import date

import pytest

from eid.domain.holder import Sex
from eid.domain.identifiers import PersonalNumber
from eid.errors import BadNumber
from eid.vietnam import personal_number
from eid.vietnam.personal_number import StructureWarning, structure_warnings

MAU = PersonalNumber("001190000001")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00119000000",
        "0011900000011",
        "\uff10\uff10\uff11\uff11\uff19\uff10\uff10\uff10\uff10\uff10\uff10\uff11",
        "٠٠١١٩٠٠٠٠٠٠١",
        "001 190000001",
        " 001190000001",
        "001190000001\n",
        "001190000001\0",
        "+01190000001",
        "-01190000001",
        "0011900000O1",
        "001190000001.",
        "00119000000²",
    ],
)
def test_nothing_but_twelve_ascii_digits_is_a_number__AC_09(text: str) -> None:
    with pytest.raises(BadNumber):
        personal_number.parse(text)


def test_twelve_digits_are_kept_as_they_are__AC_09() -> None:
    assert personal_number.parse("001190000001") == MAU


@pytest.mark.parametrize(
    ("digit", "sex", "year"),
    [
        ("0", Sex.MALE, 1990),
        ("1", Sex.FEMALE, 1990),
        ("2", Sex.MALE, 2090),
        ("3", Sex.FEMALE, 2090),
        ("4", Sex.MALE, 2190),
        ("9", Sex.FEMALE, 2390),
    ],
)
def test_the_fourth_digit_tells_century_and_sex(digit: str, sex: Sex, year: int) -> None:
    number = PersonalNumber(f"001{digit}90000001")
    assert personal_number.birth_year(number) == year
    assert structure_warnings(number, date(year, 5, 1), sex) == ()


@pytest.mark.parametrize(
    ("number", "born", "sex", "warning"),
    [
        (MAU, date(1990, 1, 15), Sex.MALE, StructureWarning.SEX_DIFFERS),
        (MAU, date(1991, 1, 15), Sex.FEMALE, StructureWarning.YEAR_DIFFERS),
        (MAU, date(2090, 1, 15), Sex.FEMALE, StructureWarning.CENTURY_DIFFERS),
        ("003190000001", date(1990, 1, 15), Sex.FEMALE, StructureWarning.PLACE_UNASSIGNED),
    ],
)
def test_a_structure_that_does_not_fit_only_warns__AC_09(
    number: str, born: date, sex: Sex, warning: StructureWarning
) -> None:
    assert structure_warnings(personal_number.parse(number), born, sex) == (warning,)


def test_a_place_beyond_the_provinces_may_be_abroad() -> None:
    assert structure_warnings(PersonalNumber("199190000001"), date(1990, 1, 1), Sex.FEMALE) == ()
