"""Just enough TLV for the files of a travel document, in its one spelling (DER lengths).

The simulator has a codec of its own, on purpose: a reader that shared it with the card could not
see its mistakes. One floor is read at a time and nothing here calls itself, so data nest as deep
as the caller names tags, never as deep as the sender likes.
"""

from dataclasses import dataclass
from typing import Final

from eid.errors import BadChipData

LONGEST: Final = 0xFFFF
MOST_FIELDS: Final = 64  # on one floor; no file of a travel document has more than about twenty
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
UTF8_STRING: Final = 0x0C
PRINTABLE_STRING: Final = 0x13
SEQUENCE: Final = 0x30
SET: Final = 0x31
_LONG_FORM: Final = 0x80
_LONG_TAG: Final = 0x1F
_SEPTET: Final = 0x7F
_TAGS_OF_ONE_BYTE: Final = 0xFF
_MOST_ARC_OCTETS: Final = 4
_FIRST_ARCS: Final = 40
_FIELD: Final = "chip data: not the fields that are due"


@dataclass(frozen=True, slots=True)
class Tlv:
    """One field: its tag as a number (0x5F1F), its value, and the whole as it came."""

    tag: int
    value: bytes
    raw: bytes


def build(tag: int, *parts: bytes) -> bytes:
    """Write one field around the parts."""
    value = b"".join(parts)
    octets = tag.to_bytes(2 if tag > _TAGS_OF_ONE_BYTE else 1, "big")
    if len(value) < _LONG_FORM:
        return octets + bytes([len(value)]) + value
    if len(value) > LONGEST:
        raise BadChipData("chip data: longer than a field may be")
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return octets + bytes([_LONG_FORM | len(length)]) + length + value


def fields(data: bytes) -> tuple[Tlv, ...]:
    """Read every field of one floor, to the last byte.

    Raises:
        BadChipData: cut short, too many, or a length that is unending, absurd or not the shortest.
    """
    found: list[Tlv] = []
    position = 0
    while position < len(data):
        if len(found) == MOST_FIELDS:
            raise BadChipData("chip data: too many fields")
        tag, start = _read_tag(data, position)
        length, start = _read_length(data, start)
        end = start + length
        if end > len(data):
            raise BadChipData("chip data: a field reaches past the end")
        found.append(Tlv(tag, data[start:end], data[position:end]))
        position = end
    return tuple(found)


def values(data: bytes, *tags: int) -> tuple[bytes, ...]:
    """Read the values of exactly these tags in exactly this order.

    Raises:
        BadChipData: one is missing, repeated or out of order, or there is another.
    """
    found = fields(data)
    if tuple(one.tag for one in found) != tags:
        raise BadChipData(_FIELD)
    return tuple(one.value for one in found)


def value(data: bytes, tag: int) -> bytes:
    """Read the one field that the data must be; raises BadChipData."""
    return values(data, tag)[0]


def every(data: bytes, tag: int) -> tuple[bytes, ...]:
    """Read the values of fields that all have this tag; raises BadChipData."""
    found = fields(data)
    if any(one.tag != tag for one in found):
        raise BadChipData(_FIELD)
    return tuple(one.value for one in found)


def build_integer(number: int) -> bytes:
    """Write a DER INTEGER that is not negative."""
    return build(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def read_integer(octets: bytes) -> int:
    """Read the value of an INTEGER that is not negative; raises BadChipData."""
    number = int.from_bytes(octets, "big")
    if build_integer(number) != build(INTEGER, octets):  # negative, empty, or with leading zeros
        raise BadChipData("chip data: not a whole number")
    return number


def build_oid(dotted: str) -> bytes:
    """Write an OBJECT IDENTIFIER."""
    first, second, *others = (int(arc) for arc in dotted.split("."))
    arcs = [first * _FIRST_ARCS + second, *others]
    return build(OBJECT_IDENTIFIER, *(_build_arc(arc) for arc in arcs))


def read_oid(octets: bytes) -> str:
    """Read the value of an OBJECT IDENTIFIER; raises BadChipData."""
    arcs: list[int] = []
    arc, length = 0, 0
    for octet in octets:
        arc, length = arc << 7 | octet & _SEPTET, length + 1
        if (arc == 0 and octet & _LONG_FORM) or length > _MOST_ARC_OCTETS:
            raise BadChipData("chip data: an absurd object identifier")
        if not octet & _LONG_FORM:
            arcs.append(arc)
            arc, length = 0, 0
    if not arcs or length:
        raise BadChipData("chip data: an object identifier without an end")
    first = min(arcs[0] // _FIRST_ARCS, 2)
    return ".".join(str(one) for one in (first, arcs[0] - first * _FIRST_ARCS, *arcs[1:]))


def _build_arc(arc: int) -> bytes:
    septets = [arc & _SEPTET]
    while arc := arc >> 7:
        septets.append(arc & _SEPTET | _LONG_FORM)
    return bytes(reversed(septets))


def _read_tag(data: bytes, start: int) -> tuple[int, int]:
    if data[start] & _LONG_TAG != _LONG_TAG:
        return data[start], start + 1
    # No tag of a travel document is longer than two octets.
    if start + 1 >= len(data) or data[start + 1] & _LONG_FORM:
        raise BadChipData("chip data: a tag of more than two octets, or without an end")
    return int.from_bytes(data[start : start + 2], "big"), start + 2


def _read_length(data: bytes, start: int) -> tuple[int, int]:
    if start >= len(data):
        raise BadChipData("chip data: no length")
    first = data[start]
    if first < _LONG_FORM:
        return first, start + 1
    end = start + 1 + (first & _SEPTET)
    length = int.from_bytes(data[start + 1 : end], "big")
    # The unending form, three octets and more, one written too long; or cut off, which is the same.
    shortest = (length.bit_length() + 7) // 8
    if not _LONG_FORM <= length <= LONGEST or end - start - 1 != shortest:
        raise BadChipData("chip data: a length that is not in its one form")
    return length, end
