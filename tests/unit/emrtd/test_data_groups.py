"""EF.COM, DG1, DG2 and DG15: written for our cards, read from any (ICAO Doc 9303-10)."""

import struct
from collections.abc import Callable

import pytest
from chips_for_tests import GERMAN_ZONE, ZONE
from chips_for_tests import field as tlv

from eid.emrtd.data_groups import (
    TAGS,
    Contents,
    build_com,
    build_dg1,
    build_dg2,
    build_dg15,
    read_com,
    read_dg1,
    read_dg2,
    read_dg15,
)
from eid.errors import BadChipData

# A JPEG of 3 by 4, as far as its frame header.
JPEG = bytes.fromhex("ffd8 ffe00010 4a46494600010100000100010000 ffc00011 08 0004 0003 03") + b"..."


def test_the_tags_are_those_of_the_book__icao_9303_10_table_38() -> None:
    assert {number: TAGS[number] for number in (1, 2, 3, 4, 13, 14, 15, 16)} == {
        1: 0x61,
        2: 0x75,
        3: 0x63,
        4: 0x76,
        13: 0x6D,
        14: 0x6E,
        15: 0x6F,
        16: 0x70,
    }
    assert len(set(TAGS.values())) == len(TAGS) == 16


def test_the_table_of_contents_byte_for_byte__icao_9303_10_table_35() -> None:
    file = bytes.fromhex("60 16 5f01 04 30313037 5f36 06 303430303030 5c 04 6175766c")
    assert build_com([12, 1, 4, 2]) == file
    assert read_com(file) == Contents("0107", "040000", (1, 2, 4, 12))


def contents(wrapper: str = "60", **changes: str) -> bytes:
    said = {"5f01": "30313037", "5f36": "303430303030", "5c": "6175"} | {
        name.removeprefix("t"): value for name, value in changes.items()
    }
    return tlv(wrapper, *(tlv(tag, bytes.fromhex(value)) for tag, value in said.items()))


def test_another_table_of_contents_is_refused__CV_41() -> None:
    assert read_com(contents()).data_groups == (1, 2)
    for file in (
        b"",
        tlv("60"),
        contents("61"),
        contents(t5f01="30313041"),  # a letter in the version
        contents(t5f01="303130"),
        contents(t5f36="3034303030"),
        contents(t5f36="3034303030ff"),
        contents(t5c="6171"),  # no such data group
        contents(t5c="6161"),  # one twice
        contents(t5f2e="00"),  # a field more
    ):
        with pytest.raises(BadChipData):
            read_com(file)


@pytest.mark.parametrize("zone", [ZONE, GERMAN_ZONE])
def test_the_zone_of_a_card(zone: tuple[str, str, str]) -> None:
    file = build_dg1(zone)
    assert file == tlv("61", tlv("5f1f", "".join(zone).encode()))
    assert read_dg1(file) == zone


@pytest.mark.parametrize(
    "file",
    [
        b"",
        tlv("61"),
        tlv("61", tlv("5f1f", b"P" * 88)),  # a passport
        tlv("61", tlv("5f1f", b"I" * 72)),
        tlv("61", tlv("5f1f", b"I" * 89)),
        tlv("61", tlv("5f1f", b"I" * 91)),
        tlv("61", tlv("5f1f", b"\xff" * 90)),
        tlv("61", tlv("5f1e", b"I" * 90)),
        tlv("6d", tlv("5f1f", b"I" * 90)),
        tlv("61", tlv("5f1f", b"I" * 90), tlv("5f1f", b"I" * 90)),
    ],
)
def test_another_zone_is_refused__CV_41(file: bytes) -> None:
    with pytest.raises(BadChipData):
        read_dg1(file)


def test_a_face_is_a_jpeg_in_a_facial_record__iso19794_5() -> None:
    file = build_dg2(JPEG)
    assert read_dg2(file) == JPEG
    record = file[file.index(b"FAC\0") :]
    assert record[:8] == b"FAC\x00010\x00"
    length, faces, block, points = struct.unpack_from(">IHIH", record, 8)
    assert (length, faces, block, points) == (46 + len(JPEG), 1, 32 + len(JPEG), 0)
    # image header: full frontal, JPEG, 3 wide, 4 high
    assert record[34:40] == bytes([1, 0, 0, 3, 0, 4])
    assert record[46:] == JPEG
    assert file[:1] + file[2:5] == bytes.fromhex("75 7f61") + file[4:5]
    for part in ("020101", "80020101", "810102", "820100", "87020101", "88020008", "5f2e"):
        assert bytes.fromhex(part) in file


def face(change: Callable[[bytearray], None] | None = None) -> bytes:
    """A good DG2 of which one thing is other; the record begins at `FAC`."""
    file = bytearray(build_dg2(JPEG))
    if change is not None:
        change(file)
    return bytes(file)


def setting(at: int, value: int) -> Callable[[bytearray], None]:
    def change(file: bytearray) -> None:
        file[file.index(b"FAC\0") + at] = value

    return change


OTHER_FACES: dict[str, bytes] = {
    "nothing": b"",
    "another record": face(setting(0, 0x47)),
    "another version": face(setting(5, 0x32)),
    "another length": face(setting(11, 0)),
    "two faces": face(setting(13, 2)),
    "another length of the face": face(setting(17, 0)),
    "feature points": face(setting(19, 1)),
    "JPEG 2000": face(setting(35, 1)),
    "two biometrics": build_dg2(JPEG).replace(b"\x02\x01\x01\x7f\x60", b"\x02\x01\x02\x7f\x60"),
    "another owner of the format": build_dg2(JPEG).replace(
        b"\x87\x02\x01\x01", b"\x87\x02\x01\x02"
    ),
    "a record cut short": tlv(
        "75",
        tlv(
            "7f61",
            b"\x02\x01\x01",
            tlv(
                "7f60",
                tlv("a1", tlv("87", b"\x01\x01"), tlv("88", b"\x00\x08")),
                tlv("5f2e", b"FAC\0"),
            ),
        ),
    ),
}


@pytest.mark.parametrize("which", OTHER_FACES)
def test_another_face_is_refused__CV_41(which: str) -> None:
    with pytest.raises(BadChipData):
        read_dg2(OTHER_FACES[which])


@pytest.mark.parametrize(
    "jpeg",
    [
        b"",
        b"\x89PNG",
        b"\xff\xd8",
        b"\xff\xd8\xff\xe0\x00\x02",
        JPEG[:24],
        b"\xff\xd8" + b"\0" * 20,
    ],
)
def test_what_is_no_jpeg_is_not_written(jpeg: bytes) -> None:
    with pytest.raises(BadChipData):
        build_dg2(jpeg)


def test_a_chip_s_public_key() -> None:
    assert build_dg15(b"\x30\x00") == b"\x6f\x02\x30\x00"
    assert read_dg15(b"\x6f\x02\x30\x00") == b"\x30\x00"
    for file in (
        b"",
        b"\x6f\x00",
        b"\x6e\x02\x30\x00",
        b"\x6f\x02\x31\x00",
        b"\x6f\x04\x30\x00\x30\x00",
    ):
        with pytest.raises(BadChipData):
            read_dg15(file)
