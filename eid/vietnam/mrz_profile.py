"""Which digits go where in the MRZ of the Vietnamese identity card.

The document number field holds the last nine digits of the personal number; the first optional
field holds all twelve, two fillers, and a check digit of its own over those fourteen characters.
That last digit is this country's habit: ICAO leaves optional data free.
"""

from dataclasses import dataclass
from datetime import date

from eid.domain.holder import PersonName, Sex
from eid.domain.identifiers import PersonalNumber
from eid.emrtd import mrz
from eid.errors import Malformed
from eid.vietnam import personal_number

_CODE = "ID"
_STATE = "VNM"
_NEVER = "991231"
_GAP = "<<"


@dataclass(frozen=True, slots=True)
class CardMrz:
    """What the zone of an identity card says. It fills a form; it proves nothing (AC-16)."""

    number: PersonalNumber
    latin_name: str
    born: date
    sex: Sex
    valid_until: date | None


def build_mrz(
    number: PersonalNumber, name: PersonName, born: date, sex: Sex, valid_until: date | None
) -> tuple[str, str, str]:
    """Write the three lines of a card. A card that never expires says 31 December 99.

    Raises:
        Malformed: the latin name cannot be printed.
    """
    primary, _, secondary = name.latin.partition(" ")
    optional = number + _GAP
    return mrz.build(
        mrz.Td1(
            code=_CODE,
            issuer=_STATE,
            number=number[3:],
            born=f"{born:%y%m%d}",
            sex=sex.value,
            expires=_NEVER if valid_until is None else f"{valid_until:%y%m%d}",
            nationality=_STATE,
            primary=primary,
            secondary=secondary.replace(" ", mrz.FILLER),
            optional_1=optional + mrz.check_digit(optional),
        )
    )


def read_mrz(lines: tuple[str, str, str]) -> CardMrz:
    """Read the three lines of a card.

    Raises:
        Malformed: it is no card of this country, or its parts contradict each other.
    """
    zone = mrz.parse(lines)
    number, digit = zone.optional_1[:12], zone.optional_1[-1:]
    if (zone.code, zone.issuer, zone.nationality) != (_CODE, _STATE, _STATE):
        raise Malformed("mrz: not an identity card of this country")
    if zone.optional_1 != number + _GAP + digit or digit != mrz.check_digit(number + _GAP):
        raise Malformed("mrz: check digit of personal number")
    if zone.number != number[3:] or not zone.sex:
        raise Malformed("mrz: parts contradict each other")
    parsed = personal_number.parse(number)
    return CardMrz(
        number=parsed,
        latin_name=f"{zone.primary} {zone.secondary.replace(mrz.FILLER, ' ')}".rstrip(),
        # Two digits do not say the century; the fourth digit of the number does.
        born=_date(personal_number.birth_year(parsed) // 100, zone.born),
        sex=Sex(zone.sex),
        valid_until=None if zone.expires == _NEVER else _date(20, zone.expires),
    )


def _date(century: int, digits: str) -> date:
    try:
        return date(100 * century + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError as error:
        raise Malformed("mrz: no day of the calendar") from error
