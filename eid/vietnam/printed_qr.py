"""The QR code printed on the identity card: it fills a form and proves nothing (AC-16).

Plain text without a signature; anybody can print one. Seven fields on the cards of 2021; newer
cards may add more at the end, which are left unread.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from eid.domain.holder import Sex
from eid.domain.identifiers import PersonalNumber
from eid.errors import Malformed
from eid.vietnam import personal_number

_SEPARATOR = "|"
_FIELDS = 7
_MOST_CHARACTERS = 1000
_OLD_NUMBER_LENGTH = 9
_DAY = "%d%m%Y"
_DAY_LENGTH = 8
_SEXES = {"Nam": Sex.MALE, "Nữ": Sex.FEMALE}
_WORDS = {sex: word for word, sex in _SEXES.items()}


@dataclass(frozen=True, slots=True)
class PrintedQr:
    """The seven fields. `old_number` is the nine-digit number of the paper before, if any."""

    number: PersonalNumber
    old_number: str | None
    name: str
    born: date
    sex: Sex
    address: str
    issued: date


def parse(text: str) -> PrintedQr:
    """Read the text of the code, in Unicode form C.

    Raises:
        Malformed: a field is missing or not of its shape; the detail names it.
        BadNumber: the first field is no personal number.
    """
    if len(text) > _MOST_CHARACTERS:
        raise Malformed("qr: too long")
    fields = unicodedata.normalize("NFC", text).split(_SEPARATOR)
    if len(fields) < _FIELDS:
        raise Malformed("qr: too few fields")
    number, old_number, name, born, sex, address, issued = fields[:_FIELDS]
    if old_number and not (_is_digits(old_number) and len(old_number) == _OLD_NUMBER_LENGTH):
        raise Malformed("qr: old number")
    if not name.strip():
        raise Malformed("qr: name")
    if sex not in _SEXES:
        raise Malformed("qr: sex")
    return PrintedQr(
        number=personal_number.parse(number),
        old_number=old_number or None,
        name=name,
        born=_day(born, "date of birth"),
        sex=_SEXES[sex],
        address=address,
        issued=_day(issued, "date of issue"),
    )


def build(printed: PrintedQr) -> str:
    """Write the text of the code.

    Raises:
        Malformed: a field holds the separator.
    """
    fields = (
        printed.number,
        printed.old_number or "",
        printed.name,
        printed.born.strftime(_DAY),
        _WORDS[printed.sex],
        printed.address,
        printed.issued.strftime(_DAY),
    )
    if any(_SEPARATOR in field for field in fields):
        raise Malformed("qr: a field holds the separator")
    return unicodedata.normalize("NFC", _SEPARATOR.join(fields))


def _day(digits: str, name: str) -> date:
    if len(digits) != _DAY_LENGTH or not _is_digits(digits):
        raise Malformed(f"qr: {name}")
    try:
        return datetime.strptime(digits, _DAY).date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError as error:
        raise Malformed(f"qr: {name}") from error


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
