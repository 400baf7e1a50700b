"""Whom a certificate names: written by us in one way, and read back in that way alone."""

import re
from typing import Final

from cryptography.x509 import (
    Name,
    NameAttribute,
    ObjectIdentifier,
    RelativeDistinguishedName,
)
from cryptography.x509.oid import NameOID

from keys.errors import CertificateRejected, ProfileViolation

# ETSI EN 319 412-1 section 5.1.3: PNO, country, hyphen, the number in the national register
_PERSON: Final = re.compile(r"PNOVN-([0-9]{12})")
# the same: IDC, country, hyphen, the number of the identity card
_CARD: Final = re.compile(r"IDCVN-([A-Z0-9]{9})")
_COUNTRY: Final = "VN"
_ATTRIBUTES: Final = 3  # country, common name, serial number


def card_subject(latin_name: str, number: str) -> Name:
    """Name a holder: C=VN, CN=latin name, serialNumber=PNOVN-<twelve digits>.

    Raises ProfileViolation if the name is empty or too long, or the number is not twelve digits.
    """
    person = f"PNOVN-{number}"
    if _PERSON.fullmatch(person) is None:
        raise ProfileViolation("the number is not twelve digits")
    return _name(
        (NameOID.COUNTRY_NAME, _COUNTRY),
        (NameOID.COMMON_NAME, latin_name),
        (NameOID.SERIAL_NUMBER, person),
    )


def presence_subject(number: str) -> Name:
    """Name a card and nobody: C=VN, CN=its document number, serialNumber=IDCVN-<that number>.

    Raises ProfileViolation if the number is not nine characters A to Z and 0 to 9.
    """
    card = f"IDCVN-{number}"
    if _CARD.fullmatch(card) is None:
        raise ProfileViolation("the document number is not nine characters")
    return _name(
        (NameOID.COUNTRY_NAME, _COUNTRY),
        (NameOID.COMMON_NAME, number),
        (NameOID.SERIAL_NUMBER, card),
    )


def authority_subject(organisation: str, common_name: str) -> Name:
    """Name an authority: C=VN, O, CN. Raises ProfileViolation if a part is empty or too long."""
    return _name(
        (NameOID.COUNTRY_NAME, _COUNTRY),
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.COMMON_NAME, common_name),
    )


def personal_number(subject: Name) -> str:
    """Read the twelve digits of a holder; raises CertificateRejected if we did not write them so.

    One attribute to each part, each kind once, and each in the string type we write: two readers
    must never see two people in one name.
    """
    values = [str(attribute.value) for attribute in subject]
    match = _PERSON.fullmatch(values[-1]) if len(values) == _ATTRIBUTES else None
    if match is None or not values[1].isprintable():
        raise CertificateRejected("bad_subject")
    try:
        ours = card_subject(values[1], match[1])
    except ProfileViolation:
        raise CertificateRejected("bad_subject") from None
    # Another order, kind or string type (T61, BMP), or two attributes in one part: other bytes.
    if ours.public_bytes() != subject.public_bytes():
        raise CertificateRejected("bad_subject")
    return match[1]


def document_number(subject: Name) -> str:
    """Read the document number of a card; raises CertificateRejected if we did not write it so."""
    match = _CARD.fullmatch(str([*subject][-1].value)) if subject.rdns else None
    if match is None or presence_subject(match[1]).public_bytes() != subject.public_bytes():
        raise CertificateRejected("bad_subject")
    return match[1]


def _name(*attributes: tuple[ObjectIdentifier, str]) -> Name:
    try:
        # NameAttribute picks the string type: PrintableString for country and serialNumber
        # (RFC 5280 appendix A.1), UTF8String for the others.
        parts = [NameAttribute(oid, value) for oid, value in attributes]
    except ValueError as problem:
        raise ProfileViolation("a part of the subject is empty or too long") from problem
    return Name([RelativeDistinguishedName([part]) for part in parts])
