"""DG13 of the Vietnamese card. The people are invented."""

import unicodedata
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from asn1crypto import core  # type: ignore[import-untyped]
from builders import make_citizen
from chips_for_tests import field as tlv

from eid.domain.holder import PersonName, Sex
from eid.errors import BadChipData
from eid.vietnam.citizen_data import CitizenData, build_dg13, citizen_data, read_dg13

ALPHABET = core.ObjectIdentifier("1.0.10646.1.0.8").dump()
WHOLE = CitizenData(
    number="001190000001",
    name="Nguyễn Thị Mẫu",
    born="15/01/1990",
    sex="Nữ",
    nationality="Việt Nam",
    ethnicity="Kinh",
    religion="Không",
    origin="Ba Đình, Hà Nội",
    residence="Hoàn Kiếm, Hà Nội",
    features="Nốt ruồi",
    issued="01/07/2021",
    valid_until="15/01/2030",
    father="Nguyễn Văn Cha",
    mother="Trần Thị Mẹ",
    spouse="Lê Văn Chồng",
    old_number="000000001",
)


def row(number: int, *value: bytes) -> bytes:
    return tlv("30", core.Integer(number).dump(), *value)


def file_of(*rows: bytes, version: int = 1, alphabet: bytes = ALPHABET) -> bytes:
    return tlv("6d", tlv("30", core.Integer(version).dump(), alphabet, tlv("31", *rows)))


def utf8(text: str) -> bytes:
    whole: bytes = core.UTF8String(text).dump()
    return whole


def test_a_citizen_is_said_as_printed_on_the_card() -> None:
    citizen = replace(
        make_citizen(),
        name=PersonName("Nguyễn Thị Mẫu", "NGUYEN THI MAU"),
        born=date(1990, 1, 15),
        sex=Sex.FEMALE,
    )
    said = citizen_data(citizen, date(2021, 7, 1), date(2030, 1, 15))
    assert said == CitizenData(
        number=citizen.number,
        name="Nguyễn Thị Mẫu",
        born="15/01/1990",
        sex="Nữ",
        nationality="Việt Nam",
        issued="01/07/2021",
        valid_until="15/01/2030",
    )
    never = citizen_data(replace(citizen, sex=Sex.MALE), date(2021, 7, 1), None)
    assert (never.sex, never.valid_until) == ("Nam", "Không thời hạn")


class Field(core.Sequence):  # type: ignore[misc]
    _fields = [("number", core.Integer), ("value", core.Any)]  # noqa: RUF012


class Fields(core.SetOf):  # type: ignore[misc]
    _child_spec = Field


class Data(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("alphabet", core.ObjectIdentifier),
        ("fields", Fields),
    ]


def test_what_we_write_others_read() -> None:
    file = build_dg13(WHOLE)
    assert file[0] == 0x6D
    said = Data.load(file[4:], strict=True)
    assert said.dump(force=True) == file[4:], "in the order of DER"
    assert (said["version"].native, said["alphabet"].dotted) == (1, "1.0.10646.1.0.8")
    rows: dict[int, Any] = {one["number"].native: one["value"].native for one in said["fields"]}
    assert rows.keys() == set(range(1, 16))
    assert (rows[1], rows[2], rows[12]) == ("001190000001", "Nguyễn Thị Mẫu", "15/01/2030")
    assert list(rows[13].values()) == ["Nguyễn Văn Cha", "Trần Thị Mẹ"]
    assert list(rows[14].values()) == ["Lê Văn Chồng"]
    assert read_dg13(file) == WHOLE


@pytest.mark.parametrize("name", [one.name for one in fields(CitizenData)])
def test_what_is_not_known_has_no_field(name: str) -> None:
    without = replace(WHOLE, **{name: None})
    if name in {"father", "mother"}:  # two parents or none: one could not be told from the other
        without = replace(WHOLE, father=None, mother=None)
        assert build_dg13(replace(WHOLE, **{name: None})) == build_dg13(without)
    assert len(build_dg13(without)) < len(build_dg13(WHOLE))
    assert read_dg13(build_dg13(without)) == without


def test_nothing_known_is_a_table_without_fields() -> None:
    assert build_dg13(CitizenData()) == file_of()
    assert read_dg13(file_of()) == CitizenData()


def test_letters_are_kept_in_form_c() -> None:
    apart = unicodedata.normalize("NFD", "Nguyễn Thị Mẫu")
    assert build_dg13(CitizenData(name=apart)) == file_of(row(2, utf8("Nguyễn Thị Mẫu")))
    assert read_dg13(file_of(row(2, utf8(apart)))).name == "Nguyễn Thị Mẫu"


def test_cards_of_others_may_use_plain_letters_any_order_and_a_sixteenth_field() -> None:
    file = file_of(
        row(16, core.PrintableString("0123456789ABCDEF").dump()),
        row(5, utf8("Việt Nam")),
        row(1, core.PrintableString("001190000001").dump()),
    )
    assert read_dg13(file) == CitizenData(number="001190000001", nationality="Việt Nam")


BAD: dict[str, bytes] = {
    "nothing": b"",
    "another wrapper": tlv("6e", file_of()[2:]),
    "another version": file_of(version=2),
    "another alphabet": file_of(alphabet=core.ObjectIdentifier("1.2.3").dump()),
    "a field twice": file_of(row(1, utf8("1")), row(1, utf8("2"))),
    "field 0": file_of(row(0, utf8("1"))),
    "field 17": file_of(row(17, utf8("1"))),
    "a negative field": file_of(row(-1, utf8("1"))),
    "a field without a value": file_of(row(1)),
    "a field with two values": file_of(row(1, utf8("1"), utf8("2"))),
    "a number that is a text": file_of(tlv("30", utf8("1"), utf8("2"))),
    "a value that is no text": file_of(row(1, core.Integer(1).dump())),
    "an empty text": file_of(row(1, utf8(""))),
    "an endless text": file_of(row(8, utf8("x" * 1001))),
    "a control character": file_of(row(2, utf8("Nguyễn\x00"))),
    "a line break": file_of(row(2, utf8("Nguyễn\nThị"))),
    "broken UTF-8": file_of(row(2, tlv("0c", b"\xc3"))),
    "other letters as plain ones": file_of(row(2, tlv("13", "Mẫu".encode()))),
    "one parent": file_of(row(13, tlv("30", utf8("Cha")))),
    "three parents": file_of(row(13, tlv("30", *[utf8("Cha")] * 3))),
    "parents as a text": file_of(row(13, utf8("Cha, Mẹ"))),
    "two spouses": file_of(row(14, tlv("30", utf8("A"), utf8("B")))),
    "no row": file_of(b"\x05\x00"),
}


@pytest.mark.parametrize("which", BAD)
def test_another_table_is_refused__CV_41(which: str) -> None:
    with pytest.raises(BadChipData):
        read_dg13(BAD[which])


def test_a_text_is_read_up_to_its_longest() -> None:
    assert read_dg13(file_of(row(8, utf8("x" * 1000)))).origin == "x" * 1000
