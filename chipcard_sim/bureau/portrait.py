"""The picture inside DG2 (ICAO 9303-10, 4.7.2): ISO/IEC 19794-5 inside ISO/IEC 7816-11.

The factory prints what the issuer put on the chip, so it looks it up there and needs no second
copy on the wire.
"""

from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.iso7816 import tlv

_FACE = 0x75
_GROUP, _TEMPLATE, _COUNT = 0x7F61, 0x7F60, 0x02
_PLAIN, _CONSTRUCTED = 0x5F2E, 0x7F2E
_PICTURES = (b"\xff\xd8\xff", b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")  # JPEG, JPEG 2000
# ISO/IEC 19794-5:2005, 5.4 to 5.8: the sizes of what stands before a picture.
_FACIAL_HEADER, _FACIAL_INFORMATION, _FEATURE_POINT, _IMAGE_INFORMATION = 14, 20, 8, 12
_POINTS_AT = _FACIAL_HEADER + 4
_FORMAT = b"FAC\x00"


def read_portrait(file: bytes) -> bytes:
    """The first picture of a DG2 file.

    Raises:
        DocumentMalformed: there is none that can be found.
    """
    try:
        block = _biometric_block(file)
    except (tlv.MalformedTlv, KeyError) as error:
        raise _unreadable() from error
    points = int.from_bytes(block[_POINTS_AT : _POINTS_AT + 2], "big")
    start = _FACIAL_HEADER + _FACIAL_INFORMATION + _FEATURE_POINT * points + _IMAGE_INFORMATION
    end = _FACIAL_HEADER + int.from_bytes(block[_FACIAL_HEADER : _FACIAL_HEADER + 4], "big")
    picture = block[start:end]
    if block[:4] != _FORMAT or not picture.startswith(_PICTURES):
        raise _unreadable()
    return picture


def _biometric_block(file: bytes) -> bytes:
    """The biometric data block of the first template."""
    group = tlv.read(tlv.value(tlv.value(file, _FACE), _GROUP))
    template = next((each.value for each in group if each.tag == _TEMPLATE), b"")
    fields = tlv.by_tag(template)
    return fields[_PLAIN] if _PLAIN in fields else fields[_CONSTRUCTED]


def _unreadable() -> DocumentMalformed:
    return DocumentMalformed("files[0102].content", "has no portrait that can be read")
