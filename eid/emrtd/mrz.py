"""The machine readable zone of a TD1 card: three lines of thirty (ICAO Doc 9303-5, 4.2).

Read and written here, never trusted: an MRZ is printed text, anybody can print one.
"""

import re
from dataclasses import dataclass

from eid.errors import Malformed

LINE_LENGTH = 30
FILLER = "<"
_NUMBER_LENGTH = 9
_OPTIONAL_1_LENGTH = 15
_OPTIONAL_2_LENGTH = 11
_WEIGHTS = (7, 3, 1)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)} | {FILLER: 0}
_LINE = re.compile(r"[0-9A-Z<]{30}")
_CODE = re.compile(r"[A-Z][0-9A-Z<]?")
_STATE = re.compile(r"[A-Z]{1,3}")
_NUMBER = re.compile(r"[0-9A-Z]{1,22}")
_DATE = re.compile(r"[0-9]{6}")
_OPTIONAL = re.compile(r"([0-9A-Z<]*[0-9A-Z])?")
_NAME = re.compile(r"[A-Z]+(<[A-Z]+)*")


@dataclass(frozen=True, slots=True)
class Td1:
    """What a TD1 zone says. Dates are six digits, yymmdd: the century is not printed.

    `optional_1` and `optional_2` are the two fields that a state may use as it likes, without
    trailing fillers. Names are words of A to Z joined by single fillers; `secondary` may be empty.
    """

    code: str
    issuer: str
    number: str
    born: str
    sex: str
    expires: str
    nationality: str
    primary: str
    secondary: str
    optional_1: str = ""
    optional_2: str = ""


def check_digit(text: str) -> str:
    """The check digit of a field (Doc 9303-3, 4.9): weights 7, 3, 1 and the remainder by ten."""
    return str(sum(_VALUES[letter] * _WEIGHTS[i % 3] for i, letter in enumerate(text)) % 10)


def build(zone: Td1) -> tuple[str, str, str]:
    """Write the three lines. A name that is too long is cut as Doc 9303-3, 4.6 tells.

    Raises:
        Malformed: a field holds what the zone cannot print, or more than it has room for.
    """
    _require_printable(zone)
    upper = _fill(zone.code, 2) + _fill(zone.issuer, 3) + _build_number(zone)
    middle = _checked(zone.born) + (zone.sex or FILLER) + _checked(zone.expires)
    middle += _fill(zone.nationality, 3) + _fill(zone.optional_2, _OPTIONAL_2_LENGTH)
    return upper, middle + _composite(upper, middle), _build_name(zone.primary, zone.secondary)


def parse(lines: tuple[str, str, str]) -> Td1:
    """Read the three lines, and check every check digit.

    Raises:
        Malformed: the shape or a check digit is wrong; the detail names the field, not its value.
    """
    upper, middle, lower = lines
    if not all(_LINE.fullmatch(line) for line in lines):
        raise Malformed("mrz: not three lines of thirty")
    number, optional_1 = _parse_number(upper)
    _require_check(middle[:6], middle[6], "date of birth")
    _require_check(middle[8:14], middle[14], "date of expiry")
    if _composite(upper, middle) != middle[29]:
        raise Malformed("mrz: composite check digit")
    primary, _, secondary = lower.rstrip(FILLER).partition(FILLER * 2)
    zone = Td1(
        code=upper[:2].rstrip(FILLER),
        issuer=upper[2:5].rstrip(FILLER),
        number=number,
        born=middle[:6],
        sex=middle[7].rstrip(FILLER),
        expires=middle[8:14],
        nationality=middle[15:18].rstrip(FILLER),
        primary=primary,
        secondary=secondary,
        optional_1=optional_1,
        optional_2=middle[18:29].rstrip(FILLER),
    )
    _require_printable(zone)
    return zone


def _build_number(zone: Td1) -> str:
    """Positions 6 to 30 of the upper line.

    A number of more than nine characters goes on in the optional field, with its check digit
    behind it and a filler in the digit's usual place (Doc 9303-5, 4.2.4, note j).
    """
    if len(zone.number) <= _NUMBER_LENGTH:
        number = _fill(zone.number, _NUMBER_LENGTH)
        return number + check_digit(number) + _fill(zone.optional_1, _OPTIONAL_1_LENGTH)
    rest = zone.number[_NUMBER_LENGTH:] + check_digit(zone.number) + FILLER + zone.optional_1
    return zone.number[:_NUMBER_LENGTH] + FILLER + _fill(rest.rstrip(FILLER), _OPTIONAL_1_LENGTH)


def _parse_number(upper: str) -> tuple[str, str]:
    head, digit, optional = upper[5:14], upper[14], upper[15:]
    if digit != FILLER or head.endswith(FILLER):
        _require_check(head, digit, "document number")
        return head.rstrip(FILLER), optional.rstrip(FILLER)
    rest, _, optional = optional.partition(FILLER)
    _require_check(head + rest[:-1], rest[-1:], "document number")
    return head + rest[:-1], optional.rstrip(FILLER)


def _build_name(primary: str, secondary: str) -> str:
    name = f"{primary}{FILLER * 2}{secondary}".rstrip(FILLER)
    while len(name) > LINE_LENGTH and name[LINE_LENGTH - 1] == FILLER:
        # A letter in the last place tells the reader that the name was cut (Doc 9303-3, 4.6):
        # the part before gives up a letter so that the next part's first letter moves in.
        last = len(name[:LINE_LENGTH].rstrip(FILLER)) - 1
        name = name[:last] + name[last + 1 :]
    return _fill(name[:LINE_LENGTH], LINE_LENGTH)


def _composite(upper: str, middle: str) -> str:
    return check_digit(upper[5:30] + middle[0:7] + middle[8:15] + middle[18:29])


def _checked(field: str) -> str:
    return field + check_digit(field)


def _fill(text: str, length: int) -> str:
    if len(text) > length:
        raise Malformed(f"mrz: longer than {length} characters")
    return text.ljust(length, FILLER)


def _require_check(field: str, digit: str, name: str) -> None:
    if check_digit(field) != digit:
        raise Malformed(f"mrz: check digit of {name}")


def _require_printable(zone: Td1) -> None:
    wrong = [
        name
        for name, pattern, text in (
            ("code", _CODE, zone.code),
            ("issuer", _STATE, zone.issuer),
            ("document number", _NUMBER, zone.number),
            ("date of birth", _DATE, zone.born),
            ("date of expiry", _DATE, zone.expires),
            ("nationality", _STATE, zone.nationality),
            ("optional data 1", _OPTIONAL, zone.optional_1),
            ("optional data 2", _OPTIONAL, zone.optional_2),
            ("primary name", _NAME, zone.primary),
        )
        if pattern.fullmatch(text) is None
    ]
    if zone.secondary and _NAME.fullmatch(zone.secondary) is None:
        wrong.append("secondary name")
    if zone.sex not in {"F", "M", ""}:
        wrong.append("sex")
    if wrong:
        raise Malformed(f"mrz: {wrong[0]}")
