"""Whom a card certificate names: read in one way or not at all."""

import warnings

import pytest
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID
from unit.keys.pki.makers import (
    SUBJECT,
    children,
    holder,
    name,
    sequence,
    tlv,
)
from unit.keys.pki.trial import PKI, refusal

COUNTRY = (NameOID.COUNTRY_NAME, "VN")
COMMON = (NameOID.COMMON_NAME, "NGUYEN THI MAU")
PERSON = (NameOID.SERIAL_NUMBER, "PNOVN-001190000001")


def typed(value: str, kind: _ASN1Type, oid: x509.ObjectIdentifier) -> x509.Name:
    """The good name with one attribute in another string type."""
    parts = [
        x509.NameAttribute(o, value, kind) if o == oid else x509.NameAttribute(o, v)
        for o, v in (COUNTRY, COMMON, PERSON)
    ]
    return x509.Name(parts)


@pytest.mark.parametrize(
    "subject",
    [
        name(COUNTRY, COMMON, PERSON, (NameOID.SERIAL_NUMBER, "PNOVN-001190000002")),
        name(COUNTRY, COMMON, PERSON, PERSON),
        name(COUNTRY, PERSON, (NameOID.SERIAL_NUMBER, "PNOVN-001190000002")),
        name(COUNTRY, COMMON, COMMON, PERSON),
        name(COUNTRY, COMMON),
        name(COMMON, PERSON),
        name(PERSON, COMMON, COUNTRY),
        name(COUNTRY, COMMON, (NameOID.USER_ID, "PNOVN-001190000001")),
        name((NameOID.COUNTRY_NAME, "LA"), COMMON, PERSON),
        name((NameOID.COUNTRY_NAME, "vn"), COMMON, PERSON),
        x509.Name([]),
        x509.Name(
            [
                x509.RelativeDistinguishedName(
                    [x509.NameAttribute(*COMMON), x509.NameAttribute(*PERSON)]
                ),
                x509.RelativeDistinguishedName([x509.NameAttribute(*COUNTRY)]),
            ]
        ),
        name(COUNTRY, (NameOID.COMMON_NAME, "NGUYEN\0MAU"), PERSON),
        typed(COMMON[1], _ASN1Type.T61String, NameOID.COMMON_NAME),
        typed(COMMON[1], _ASN1Type.BMPString, NameOID.COMMON_NAME),
        typed(COMMON[1], _ASN1Type.PrintableString, NameOID.COMMON_NAME),
        typed(PERSON[1], _ASN1Type.BMPString, NameOID.SERIAL_NUMBER),
        typed(PERSON[1], _ASN1Type.T61String, NameOID.SERIAL_NUMBER),
        typed(PERSON[1], _ASN1Type.UTF8String, NameOID.SERIAL_NUMBER),
        *(
            holder(number)
            for number in (
                "001190000001",
                "pnovn-001190000001",
                "PNOLA-001190000001",
                "IDCVN-001190000001",
                "PNOVN-00119000000",
                "PNOVN-0011900000011",
                "PNOVN-001190000001 ",
                " PNOVN-001190000001",
                "PNOVN001190000001",
            )
        ),
    ],
    ids=lambda subject: subject.rfc4514_string(),
)
def test_a_subject_that_two_readers_could_read_differently_is_refused__CV_27(
    subject: x509.Name,
) -> None:
    assert refusal(PKI.leaf(subject=subject)) in {"bad_subject", "malformed"}


@pytest.mark.parametrize(
    "person",
    [
        tlv(0x13, b"PNOVN-001190000001\0"),
        tlv(0x13, b"PNOVN-001190000001\n"),
        tlv(0x0C, "PNOVN-00119000000\u0661".encode()),
        tlv(0x0C, b"PNOVN-001190000001\0"),
        tlv(0x0C, b"PNOVN-00119000000\xff"),
        tlv(0x1E, "PNOVN-001190000001".encode("utf-16-be")),
        tlv(0x03, b"\0PNOVN-001190000001"),
        tlv(0x04, b"PNOVN-001190000001"),
        tlv(0x05),
    ],
    ids=lambda person: person.hex(),
)
def test_a_number_in_other_bytes_is_refused__CV_27(person: bytes) -> None:
    serial_number = bytes.fromhex("0603550405")

    def edit(fields: list[bytes]) -> list[bytes]:
        parts = list(children(fields[SUBJECT]))
        fields[SUBJECT] = sequence(*parts[:2], tlv(0x31, sequence(serial_number, person)))
        return fields

    assert refusal(PKI.edited(edit)) in {"bad_subject", "malformed"}


@pytest.mark.parametrize("common_name", ["", "N" * 65, "NGUYEN\u200bTHI", "\u202eUAM"])
def test_a_name_that_we_would_not_write_is_refused__CV_27(common_name: str) -> None:
    common = sequence(bytes.fromhex("0603550403"), tlv(0x0C, common_name.encode()))

    def edit(fields: list[bytes]) -> list[bytes]:
        parts = list(children(fields[SUBJECT]))
        fields[SUBJECT] = sequence(parts[0], tlv(0x31, common), parts[2])
        return fields

    leaf = PKI.edited(edit)
    # The library warns of a length out of range. Here warnings are errors, in service they are not.
    assert refusal(leaf) in {"bad_subject", "malformed"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert refusal(leaf) == "bad_subject"
