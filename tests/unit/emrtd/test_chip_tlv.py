"""TLV of a chip's files: one spelling, and a refusal for all others."""

import pytest
from asn1crypto import core  # type: ignore[import-untyped]

from eid.emrtd import tlv
from eid.errors import BadChipData


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535])
def test_what_is_built_is_read_and_is_der(size: int) -> None:
    whole = tlv.build(tlv.OCTET_STRING, bytes(size))
    assert core.OctetString.load(whole, strict=True).native == bytes(size)
    assert whole == core.OctetString(bytes(size)).dump()
    assert tlv.value(whole, tlv.OCTET_STRING) == bytes(size)


def test_a_field_too_long_is_not_built() -> None:
    with pytest.raises(BadChipData):
        tlv.build(tlv.OCTET_STRING, bytes(65536))


def test_a_floor_is_read_field_by_field() -> None:
    data = tlv.build(0x5F1F, b"a") + tlv.build(0x61, b"b", b"c")
    first, second = tlv.fields(data)
    assert (first.tag, first.value, first.raw) == (0x5F1F, b"a", b"\x5f\x1f\x01a")
    assert (second.tag, second.value) == (0x61, b"bc")
    assert tlv.values(data, 0x5F1F, 0x61) == (b"a", b"bc")
    assert tlv.fields(b"") == ()


@pytest.mark.parametrize(
    "data",
    [
        "04",  # no length
        "0402aa",  # past the end
        "0480aa0000",  # unending
        "048101aa",  # a length that has a shorter form
        "04820001aa",
        "0482007f",
        "04820080" + "aa" * 128,
        "04830000ff" + "aa" * 255,
        "0483010000",  # absurd
        "0483010000" + "aa" * 65536,
        "0484ffffffff",
        "0481",  # a length cut off
        "048201",
        "0482ff",
        "04ff",
        "5f",  # a tag without an end
        "5f8101",  # a tag of three octets
        "5f810100",
        "1f8181810100",
        "0400ff",
    ],
)
def test_another_spelling_is_refused__CV_41(data: str) -> None:
    with pytest.raises(BadChipData):
        tlv.fields(bytes.fromhex(data))


@pytest.mark.parametrize("data", ["", "0400", "02000200", "0200040004", "04000200"])
def test_other_fields_than_are_due_are_refused__CV_41(data: str) -> None:
    with pytest.raises(BadChipData):
        tlv.values(bytes.fromhex(data), tlv.INTEGER, tlv.OCTET_STRING)


def test_every_field_has_the_tag() -> None:
    assert tlv.every(bytes.fromhex("04000401aa"), tlv.OCTET_STRING) == (b"", b"\xaa")
    assert tlv.every(b"", tlv.OCTET_STRING) == ()
    with pytest.raises(BadChipData):
        tlv.every(bytes.fromhex("04000200"), tlv.OCTET_STRING)


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, 32767, 32768, 2**256])
def test_whole_numbers(number: int) -> None:
    whole = tlv.build_integer(number)
    assert whole == core.Integer(number).dump()
    assert tlv.read_integer(tlv.value(whole, tlv.INTEGER)) == number


@pytest.mark.parametrize("octets", ["", "80", "ff", "0001", "0000", "ff01"])
def test_numbers_in_another_spelling_are_refused__CV_40(octets: str) -> None:
    with pytest.raises(BadChipData):
        tlv.read_integer(bytes.fromhex(octets))


@pytest.mark.parametrize(
    "dotted", ["2.23.136.1.1.1", "0.4.0.127.0.7.2.2.4.2.2", "1.2.840.113549.1.1.1", "2.999.3"]
)
def test_object_identifiers(dotted: str) -> None:
    whole = tlv.build_oid(dotted)
    assert whole == core.ObjectIdentifier(dotted).dump()
    assert tlv.read_oid(tlv.value(whole, tlv.OBJECT_IDENTIFIER)) == dotted


@pytest.mark.parametrize("octets", ["", "80", "8001", "2a80", "2a8001", "2a8181818101", "2aff"])
def test_object_identifiers_in_another_spelling_are_refused__CV_40(octets: str) -> None:
    with pytest.raises(BadChipData):
        tlv.read_oid(bytes.fromhex(octets))
