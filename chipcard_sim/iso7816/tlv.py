"""BER-TLV as smart cards use it (ISO/IEC 7816-4, 6.3), bounded on every side.

Only one floor is read at a time and nothing here calls itself: data nest as deep as the caller
names tags, never as deep as the sender likes.
"""

from dataclasses import dataclass

LONGEST_TAG = 3
LONGEST_VALUE = 65535
_MORE_TAG = 0x1F
_TAG_GOES_ON = 0x80
_ONE_BYTE = 0x81
_TWO_BYTES = 0x82


class MalformedTlv(ValueError):
    """Bytes that are no BER-TLV, or not the fields that were due."""


@dataclass(frozen=True, slots=True)
class Tlv:
    """One field: its tag as a number (0x5FC105) and its value."""

    tag: int
    value: bytes


def build(tag: int, value: bytes) -> bytes:
    """One field with the shortest length that says it."""
    if len(value) > LONGEST_VALUE:
        raise MalformedTlv("longer than a field may be")
    return _build_tag(tag) + _build_length(len(value)) + value


def read(data: bytes) -> tuple[Tlv, ...]:
    """Every field of one floor, filling the data to the last byte.

    Lengths need not be the shortest possible: BER allows it and common tools write `82 00 FF`.

    Raises:
        MalformedTlv: cut short, an unending or absurd length, a tag of more than three bytes.
    """
    fields = []
    position = 0
    while position < len(data):
        tag, position = _read_tag(data, position)
        length, position = _read_length(data, position)
        if length > len(data) - position:
            raise MalformedTlv("a field reaches past the end")
        fields.append(Tlv(tag, data[position : position + length]))
        position += length
    return tuple(fields)


def values(data: bytes, *tags: int) -> tuple[bytes, ...]:
    """The values of exactly these tags in exactly this order.

    Raises:
        MalformedTlv: one is missing, repeated, out of order, or there is another.
    """
    fields = read(data)
    if tuple(each.tag for each in fields) != tags:
        raise MalformedTlv("not the fields that were due")
    return tuple(each.value for each in fields)


def value(data: bytes, tag: int) -> bytes:
    """The value of the one field that the data must be.

    Raises:
        MalformedTlv: it is another field, or more than one.
    """
    return values(data, tag)[0]


def by_tag(data: bytes) -> dict[int, bytes]:
    """Every field of one floor by its tag.

    Raises:
        MalformedTlv: unreadable, or a tag stands twice: which one holds would be a guess.
    """
    fields = read(data)
    found = {each.tag: each.value for each in fields}
    if len(found) != len(fields):
        raise MalformedTlv("a tag is repeated")
    return found


def told_size(head: bytes) -> int:
    """How many bytes the first field takes, tag and length and all, as its first bytes tell.

    Raises:
        MalformedTlv: they do not tell it.
    """
    if not head:
        raise MalformedTlv("nothing")
    _, position = _read_tag(head, 0)
    length, position = _read_length(head, position)
    return position + length


def _build_tag(tag: int) -> bytes:
    raw = tag.to_bytes(max(1, (tag.bit_length() + 7) // 8), "big")
    if _read_tag(raw, 0) != (tag, len(raw)):
        raise MalformedTlv("not one tag")
    return raw


def _build_length(length: int) -> bytes:
    if length < _TAG_GOES_ON:
        return bytes((length,))
    if length <= 0xFF:  # noqa: PLR2004 - what one byte holds
        return bytes((_ONE_BYTE, length))
    return bytes((_TWO_BYTES,)) + length.to_bytes(2, "big")


def _read_tag(data: bytes, start: int) -> tuple[int, int]:
    end = start + 1
    if data[start] & _MORE_TAG == _MORE_TAG:
        while end < len(data) and end - start < LONGEST_TAG and data[end] & _TAG_GOES_ON:
            end += 1
        if end >= len(data) or data[end] & _TAG_GOES_ON or end - start >= LONGEST_TAG:
            raise MalformedTlv("a tag has no end, or is longer than three bytes")
        end += 1
    # ISO/IEC 7816-4, 6.3: 00 and FF are padding, never a tag.
    if data[start] in {0x00, 0xFF}:
        raise MalformedTlv("padding where a tag is due")
    return int.from_bytes(data[start:end], "big"), end


def _read_length(data: bytes, start: int) -> tuple[int, int]:
    if start >= len(data):
        raise MalformedTlv("no length")
    first = data[start]
    if first < _TAG_GOES_ON:
        return first, start + 1
    width = {_ONE_BYTE: 1, _TWO_BYTES: 2}.get(first)
    # 80 is the indefinite form, 83 and up say more than one command can carry.
    if width is None or start + 1 + width > len(data):
        raise MalformedTlv("an unending, absurd or cut length")
    return int.from_bytes(data[start + 1 : start + 1 + width], "big"), start + 1 + width
