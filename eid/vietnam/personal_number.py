"""The twelve digits of a personal number: a wrong shape is an error, a wrong structure a warning.

Three digits for the place where the birth was registered, one for century and sex, two for the
year, six at random (Decree 137/2015, Art. 13; Circular 07/2016/TT-BCA). Since July 2024 the law
asks only for twelve unique digits (Law on Identification, Art. 12), so a structure that does not
fit cannot refuse anybody. There is no check digit.
"""

import re
from datetime import date
from enum import StrEnum

from eid.domain.holder import Sex
from eid.domain.identifiers import PersonalNumber
from eid.errors import BadNumber
from eid.vietnam.place_codes import is_assigned, is_beyond_provinces

_SHAPE = re.compile(r"[0-9]{12}")
_FIRST_CENTURY = 19


class StructureWarning(StrEnum):
    """What in a number does not fit its holder. Somebody should look; nobody is refused."""

    PLACE_UNASSIGNED = "place_unassigned"
    CENTURY_DIFFERS = "century_differs"
    SEX_DIFFERS = "sex_differs"
    YEAR_DIFFERS = "year_differs"


def parse(text: str) -> PersonalNumber:
    """Read a personal number: twelve ASCII digits and nothing else (AC-09).

    Nothing is folded: full-width or Arabic-Indic digits, spaces and signs are refused, so that
    two spellings cannot become two accounts.

    Raises:
        BadNumber: it is anything else.
    """
    if _SHAPE.fullmatch(text) is None:
        raise BadNumber("not twelve digits")
    return PersonalNumber(text)


def place_code(number: PersonalNumber) -> str:
    """Where the birth was registered: never where the holder lives now."""
    return number[:3]


def birth_year(number: PersonalNumber) -> int:
    """The year that the fourth to sixth digit tell."""
    return 100 * (_FIRST_CENTURY + int(number[3]) // 2) + int(number[4:6])


def structure_warnings(
    number: PersonalNumber, born: date, sex: Sex
) -> tuple[StructureWarning, ...]:
    """Compare the number's structure with what its holder declares."""
    told = birth_year(number)
    place = place_code(number)
    found = {
        StructureWarning.PLACE_UNASSIGNED: not (is_assigned(place) or is_beyond_provinces(place)),
        StructureWarning.CENTURY_DIFFERS: told // 100 != born.year // 100,
        # The fourth digit is even for men and odd for women.
        StructureWarning.SEX_DIFFERS: (int(number[3]) % 2 == 0) is not (sex is Sex.MALE),
        StructureWarning.YEAR_DIFFERS: told % 100 != born.year % 100,
    }
    return tuple(warning for warning, differs in found.items() if differs)
