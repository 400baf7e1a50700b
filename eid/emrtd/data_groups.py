"""The files of the chip that are not about security: EF.COM, DG1, DG2, DG15 (ICAO Doc 9303-10).

Written here for our own cards, and read from any. Reading is not believing: that a data group is
what the issuing state wrote is `eid.proofs.document`'s to say.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from eid.emrtd import mrz, tlv
from eid.errors import BadChipData

# Doc 9303-10 table 38: the tag of each data group's file; DG1 is the first.
TAGS: Final = MappingProxyType(
    dict(enumerate(bytes.fromhex("6175637665666768696a6b6c6d6e6f70"), start=1))
)
LDS_VERSION: Final = "0107"
UNICODE_VERSION: Final = "040000"
_COM: Final = 0x60
_LDS_VERSION_TAG: Final = 0x5F01
_UNICODE_VERSION_TAG: Final = 0x5F36
_TAG_LIST: Final = 0x5C
_MRZ: Final = 0x5F1F
_TD1_LENGTH: Final = 3 * mrz.LINE_LENGTH

_BIOMETRIC_GROUP: Final = 0x7F61
_BIOMETRIC: Final = 0x7F60
_BIOMETRIC_HEADER: Final = 0xA1
_BIOMETRIC_DATA: Final = 0x5F2E
# ISO/IEC 7816-11 as Doc 9303-10 table 44 fills it: a face, in the format of ISO/IEC 19794-5
_FORMAT_OWNER: Final = tlv.build(0x87, bytes.fromhex("0101"))
_FORMAT_TYPE: Final = tlv.build(0x88, bytes.fromhex("0008"))
_FACE_HEADER: Final = (
    tlv.build(0x80, bytes.fromhex("0101")),  # version of the header
    tlv.build(0x81, bytes.fromhex("02")),  # a face
    tlv.build(0x82, bytes.fromhex("00")),  # no part of it
    _FORMAT_OWNER,
    _FORMAT_TYPE,
)
# ISO/IEC 19794-5: record header, face header without feature points, image header
_RECORD: Final = struct.Struct(">4s4sIH IHBBB3sH3s3s BBHHBBHH")
_RECORD_HEADER: Final = 14
_MAGIC: Final = b"FAC\0"
_VERSION: Final = b"010\0"
_JPEG: Final = 0
_FULL_FRONTAL: Final = 1
_RGB_24: Final = 1
_STATIC_PHOTO: Final = 1  # source: a photograph from an unknown kind of camera
_FRAME_MARKERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Contents:
    """What EF.COM says is on the chip. Nobody signs it: it is a table of contents, no evidence."""

    lds_version: str
    unicode_version: str
    data_groups: tuple[int, ...]


def build_com(numbers: Iterable[int]) -> bytes:
    """Write EF.COM: which data groups there are."""
    return tlv.build(
        _COM,
        tlv.build(_LDS_VERSION_TAG, LDS_VERSION.encode()),
        tlv.build(_UNICODE_VERSION_TAG, UNICODE_VERSION.encode()),
        tlv.build(_TAG_LIST, bytes(TAGS[number] for number in sorted(numbers))),
    )


def read_com(file: bytes) -> Contents:
    """Read EF.COM; raises BadChipData."""
    lds, unicode, tags = tlv.values(
        tlv.value(file, _COM), _LDS_VERSION_TAG, _UNICODE_VERSION_TAG, _TAG_LIST
    )
    numbers = {tag: number for number, tag in TAGS.items()}
    if (
        len(lds) != len(LDS_VERSION)
        or len(unicode) != len(UNICODE_VERSION)
        or not (
            (lds + unicode).isdigit()
            and set(tags) <= numbers.keys()
            and len(set(tags)) == len(tags)
        )
    ):
        raise BadChipData("EF.COM: not versions and tags of data groups")
    return Contents(lds.decode(), unicode.decode(), tuple(numbers[tag] for tag in tags))


def build_dg1(lines: tuple[str, str, str]) -> bytes:
    """Write DG1 from the three lines of a TD1 zone."""
    return tlv.build(TAGS[1], tlv.build(_MRZ, "".join(lines).encode("ascii")))


def read_dg1(file: bytes) -> tuple[str, str, str]:
    """Read the three lines of the zone in DG1; `mrz.parse` reads the zone.

    Raises:
        BadChipData: it is no DG1, or not one of a card of TD1 size: passports are not read here.
    """
    zone = tlv.value(tlv.value(file, TAGS[1]), _MRZ)
    if len(zone) != _TD1_LENGTH or not zone.isascii():
        raise BadChipData("DG1: not a zone of a TD1 card")
    text = zone.decode("ascii")
    return text[:30], text[30:60], text[60:]


def build_dg2(jpeg: bytes) -> bytes:
    """Write DG2 with one face: a JPEG in a facial record of ISO/IEC 19794-5.

    Raises:
        BadChipData: it is no JPEG of a known size.
    """
    width, height = _jpeg_size(jpeg)
    length = _RECORD.size + len(jpeg)
    record = _RECORD.pack(
        *(_MAGIC, _VERSION, length, 1),
        # No feature points; sex, eyes and hair unspecified; no pose.
        *(length - _RECORD_HEADER, 0, 0, 0, 0, bytes(3), 0, bytes(3), bytes(3)),
        *(_FULL_FRONTAL, _JPEG, width, height, _RGB_24, _STATIC_PHOTO, 0, 0),
    )
    face = tlv.build(
        _BIOMETRIC,
        tlv.build(_BIOMETRIC_HEADER, *_FACE_HEADER),
        tlv.build(_BIOMETRIC_DATA, record, jpeg),
    )
    return tlv.build(TAGS[2], tlv.build(_BIOMETRIC_GROUP, tlv.build_integer(1), face))


def read_dg2(file: bytes) -> bytes:
    """Read the JPEG of the one face in DG2; raises BadChipData for everything else."""
    count, face = tlv.values(
        tlv.value(tlv.value(file, TAGS[2]), _BIOMETRIC_GROUP), tlv.INTEGER, _BIOMETRIC
    )
    header, record = tlv.values(face, _BIOMETRIC_HEADER, _BIOMETRIC_DATA)
    known = {_FORMAT_OWNER, _FORMAT_TYPE}
    if count != b"\x01" or not known <= {one.raw for one in tlv.fields(header)}:
        raise BadChipData("DG2: not one face in the format of ISO/IEC 19794-5")
    if len(record) < _RECORD.size:
        raise BadChipData("DG2: a facial record cut short")
    magic, version, length, faces, block, points, *_, kind, _, _, _, _, _, _ = _RECORD.unpack_from(
        record
    )
    if (magic, version, faces, points, kind) != (_MAGIC, _VERSION, 1, 0, _JPEG):
        raise BadChipData("DG2: not one face as a JPEG without feature points")
    if (length, block) != (len(record), len(record) - _RECORD_HEADER):
        raise BadChipData("DG2: lengths that contradict each other")
    return record[_RECORD.size :]


def build_dg15(public_key: bytes) -> bytes:
    """Write DG15 around the SubjectPublicKeyInfo (DER) of the active authentication key."""
    return tlv.build(TAGS[15], public_key)


def read_dg15(file: bytes) -> bytes:
    """Read the SubjectPublicKeyInfo (DER) in DG15; raises BadChipData."""
    inside = tlv.value(file, TAGS[15])
    tlv.value(inside, tlv.SEQUENCE)
    return inside


def _jpeg_size(jpeg: bytes) -> tuple[int, int]:
    """Read width and height from the frame header (ITU-T T.81, B.2.2)."""
    position = 2
    while jpeg[:2] == b"\xff\xd8" and position + 9 <= len(jpeg) and jpeg[position] == 0xFF:  # noqa: PLR2004 - a marker
        marker, length = (
            jpeg[position + 1],
            int.from_bytes(jpeg[position + 2 : position + 4], "big"),
        )
        if marker in _FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", jpeg, position + 5)
            return width, height
        position += 2 + length
    raise BadChipData("DG2: not a JPEG with a frame")
