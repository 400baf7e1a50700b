"""DG13 of the Vietnamese card: what is printed on it, in Vietnamese letters, as numbered texts.

ICAO leaves DG13 to each state. This layout is known from what readers of real cards decode, not
from a published standard; a sixteenth field, of whose meaning they disagree, is left unread.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from eid.domain.holder import Citizen, Sex
from eid.emrtd import tlv
from eid.emrtd.data_groups import TAGS
from eid.errors import BadChipData

_VERSION: Final = 1
_UTF8_TEXTS: Final = "1.0.10646.1.0.8"  # ISO/IEC 10646 in UTF-8
_TEXTS: Final = frozenset({tlv.UTF8_STRING, tlv.PRINTABLE_STRING})
_LAST_FIELD: Final = 16
_LONGEST_TEXT: Final = 1000  # octets
_PARENTS: Final = 13
_SPOUSE: Final = 14
_SINGLE: Final = {  # fields that hold one text
    1: "number",
    2: "name",
    3: "born",
    4: "sex",
    5: "nationality",
    6: "ethnicity",
    7: "religion",
    8: "origin",
    9: "residence",
    10: "features",
    11: "issued",
    12: "valid_until",
    15: "old_number",
}
_DAY: Final = "%d/%m/%Y"
_NO_END: Final = "Không thời hạn"
_SEXES: Final = {Sex.MALE: "Nam", Sex.FEMALE: "Nữ"}
_COUNTRIES: Final = {"VNM": "Việt Nam"}


@dataclass(frozen=True, slots=True)
class CitizenData:
    """The texts, as they stand on the card; None: the card does not say.

    Days are dd/mm/yyyy; `valid_until` may say that there is no end. `old_number` is the number of
    the paper before.
    """

    number: str | None = None
    name: str | None = None
    born: str | None = None
    sex: str | None = None
    nationality: str | None = None
    ethnicity: str | None = None
    religion: str | None = None
    origin: str | None = None
    residence: str | None = None
    features: str | None = None
    issued: str | None = None
    valid_until: str | None = None
    father: str | None = None
    mother: str | None = None
    spouse: str | None = None
    old_number: str | None = None


def citizen_data(citizen: Citizen, issued: date, valid_until: date | None) -> CitizenData:
    """Say of a citizen what this service knows; valid_until None: the card does not expire."""
    return CitizenData(
        number=citizen.number,
        name=citizen.name.full,
        born=citizen.born.strftime(_DAY),
        sex=_SEXES[citizen.sex],
        nationality=_COUNTRIES.get(citizen.nationality, citizen.nationality),
        issued=issued.strftime(_DAY),
        valid_until=_NO_END if valid_until is None else valid_until.strftime(_DAY),
    )


def build_dg13(data: CitizenData) -> bytes:
    """Write DG13. What is not known has no field: absent, never empty."""
    rows = [
        tlv.build(tlv.SEQUENCE, tlv.build_integer(number), value) for number, value in _values(data)
    ]
    return tlv.build(
        TAGS[13],
        tlv.build(
            tlv.SEQUENCE,
            tlv.build_integer(_VERSION),
            tlv.build_oid(_UTF8_TEXTS),
            tlv.build(tlv.SET, *sorted(rows)),
        ),
    )


def read_dg13(file: bytes) -> CitizenData:
    """Read DG13; raises BadChipData."""
    version, name, rows = tlv.values(
        tlv.value(tlv.value(file, TAGS[13]), tlv.SEQUENCE),
        *(tlv.INTEGER, tlv.OBJECT_IDENTIFIER, tlv.SET),
    )
    if tlv.read_integer(version) != _VERSION or tlv.read_oid(name) != _UTF8_TEXTS:
        raise BadChipData("DG13: of another version or alphabet")
    found: dict[int, tlv.Tlv] = {}
    for row in tlv.every(rows, tlv.SEQUENCE):
        number, value = _read_row(row)
        if number in found:
            raise BadChipData("DG13: a field stands twice")
        found[number] = value
    return CitizenData(**dict(_read_fields(found)))


def _values(data: CitizenData) -> Iterator[tuple[int, bytes]]:
    for number, name in _SINGLE.items():
        text: str | None = getattr(data, name)
        if text is not None:
            yield number, _build_text(text)
    # Two parents or none: by its place alone a single one could not be told from the other.
    if data.father is not None and data.mother is not None:
        yield _PARENTS, tlv.build(tlv.SEQUENCE, _build_text(data.father), _build_text(data.mother))
    if data.spouse is not None:
        yield _SPOUSE, tlv.build(tlv.SEQUENCE, _build_text(data.spouse))


def _read_row(row: bytes) -> tuple[int, tlv.Tlv]:
    found = tlv.fields(row)
    if len(found) != 2 or found[0].tag != tlv.INTEGER:  # noqa: PLR2004 - number and value
        raise BadChipData("DG13: not a number and a value")
    number = tlv.read_integer(found[0].value)
    if not 1 <= number <= _LAST_FIELD:
        raise BadChipData("DG13: there is no such field")
    return number, found[1]


def _read_fields(found: dict[int, tlv.Tlv]) -> Iterator[tuple[str, str]]:
    for number, name in _SINGLE.items():
        if number in found:
            yield name, _read_text(found[number])
    groups = {_PARENTS: ("father", "mother"), _SPOUSE: ("spouse",)}
    for number, names in groups.items():
        if number not in found:
            continue
        texts = tlv.fields(tlv.value(found[number].raw, tlv.SEQUENCE))
        if len(texts) != len(names):
            raise BadChipData("DG13: not the members of the family that are due")
        yield from zip(names, map(_read_text, texts), strict=True)


def _build_text(text: str) -> bytes:
    return tlv.build(tlv.UTF8_STRING, unicodedata.normalize("NFC", text).encode("utf-8"))


def _read_text(field: tlv.Tlv) -> str:
    """Read one text in Unicode form C, not empty and without control characters."""
    if field.tag not in _TEXTS or not 0 < len(field.value) <= _LONGEST_TEXT:
        raise BadChipData("DG13: not a text, or an empty or endless one")
    try:
        text = field.value.decode("utf-8" if field.tag == tlv.UTF8_STRING else "ascii")
    except UnicodeDecodeError:
        raise BadChipData("DG13: not a text in its alphabet") from None
    if not text.isprintable():
        raise BadChipData("DG13: a control character")
    return unicodedata.normalize("NFC", text)
