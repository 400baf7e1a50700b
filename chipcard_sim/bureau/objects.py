"""The objects the factory writes (SP 800-73-4, part 1, appendix A): the content of tag 53.

One of them the factory cannot make alone: the security object (5FC106) is a signature over others,
and who signs here, signs the passport application's own (EF.SOD); the factory holds no such key.
"""

from collections.abc import Iterable
from datetime import date

from chipcard_sim.bureau.fascn import build_fascn
from chipcard_sim.iso7816.tlv import build

CARD_CAPABILITIES = 0x5FC107
CARDHOLDER_IDENTIFIER = 0x5FC102
DISCOVERY = 0x7E
PRINTED_INFORMATION = 0x5FC109
KEY_HISTORY = 0x5FC10C
SECURITY_OBJECT = 0x5FC106
FIRST_NUMBER = 3  # 1 and 2 would be a passport's zone and face: nobody is to take it for one
SIGNED = {
    CARDHOLDER_IDENTIFIER: 0x3000,
    CARD_CAPABILITIES: 0xDB00,
    PRINTED_INFORMATION: 0x3001,
    KEY_HISTORY: 0x6060,
}
"""Tag -> container identifier (table 3) of what the security object covers, in its order.

SP 800-73-4, part 1, 3.1.7 wants every object there that is not signed itself, as certificates are.
The discovery object stays out: it stands in no 53, so the clause does not say what of it to hash,
and it is the same on every card, so nothing can be spliced with it.
"""
CERTIFICATES = {"9A": 0x5FC105, "9C": 0x5FC10A, "9D": 0x5FC10B, "9E": 0x5FC101}
"""Key slot -> the object that holds its certificate (table 3)."""

# The longest day that a date of eight digits can say stands for "never", as in RFC 5280, 4.1.2.5.
_NEVER = date(9999, 12, 31)
_NO_ERROR_CODE = build(0xFE, b"")  # error detection code: a PC/SC reader has its own
_AFFILIATION = b"CITIZEN"  # where a federal card has "Employee" or "Contractor"
_LONGEST_NAME = 125
_ISSUER_SIZE = 15
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_PIV_AID = bytes.fromhex("A000000308000010000100")
_CARD_IDENTIFIER = bytes.fromhex("A000000116FF02")  # registered identifier, maker, card type


def build_certificate(der: bytes) -> bytes:
    """A certificate object: the certificate, not compressed (table 10)."""
    return build(0x70, der) + build(0x71, b"\x00") + _NO_ERROR_CODE


def build_cardholder_identifier(guid: bytes, valid_until: date | None) -> bytes:
    """The CHUID (table 9): `guid` has 16 bytes; None means that the card never expires.

    The issuer's signature is empty: CHUID authentication is gone since SP 800-73-5, and nothing
    here trusts the object for more than the card's name in a list.
    """
    expiry = (valid_until or _NEVER).isoformat().replace("-", "")
    return (
        build(0x30, build_fascn())
        + build(0x34, guid)
        + build(0x35, expiry.encode("ascii"))
        + build(0x3E, b"")
        + _NO_ERROR_CODE
    )


def build_card_capabilities(guid: bytes) -> bytes:
    """The card capability container (table 8): all that PIV fixes, nothing more."""
    fixed = (
        (0xF0, _CARD_IDENTIFIER + guid[-14:]),
        (0xF1, b"\x21"),  # capability container version
        (0xF2, b"\x21"),  # capability grammar version
        (0xF3, b""),
        (0xF4, b"\x00"),  # PKCS#15: no
        (0xF5, b"\x10"),  # registered data model number
        (0xF6, b""),
        (0xF7, b""),
        (0xFA, b""),
        (0xFB, b""),
        (0xFC, b""),
        (0xFD, b""),
    )
    return b"".join(build(tag, value) for tag, value in fixed) + _NO_ERROR_CODE


def build_discovery() -> bytes:
    """The discovery object (3.3.2), whole: the application, and that its own PIN is the one."""
    return build(DISCOVERY, build(0x4F, _PIV_AID) + build(0x5F2F, b"\x40\x00"))


def build_printed_information(
    name: str, document_number: str, issuing_state: str, valid_until: date | None
) -> bytes:
    """What is printed on the card ("Printed Information"), read after the PIN.

    Args:
        name: in Latin letters, as in the machine readable zone.
        document_number: stands for the agency's serial number of the card.
        issuing_state: three letters (ICAO 9303-3, 5), for the issuer's identification.
        valid_until: None means that the card never expires.
    """
    day = valid_until or _NEVER
    expiry = f"{day.year:04}{_MONTHS[day.month - 1]}{day.day:02}"
    return (
        build(0x01, name.encode("ascii")[:_LONGEST_NAME])
        + build(0x02, _AFFILIATION)
        + build(0x04, expiry.encode("ascii"))
        + build(0x05, document_number.encode("ascii"))
        + build(0x06, issuing_state.encode("ascii").ljust(_ISSUER_SIZE))
        + _NO_ERROR_CODE
    )


def build_security_object(tags: Iterable[int], container: bytes) -> bytes:
    """The security object (3.1.7): which object each data group number stands for, and the list.

    Args:
        tags: the objects in the order of their numbers, of which the first is 3.
        container: the signed list of their hashes (CMS).
    """
    mapping = b"".join(
        bytes((number,)) + SIGNED[tag].to_bytes(2, "big")
        for number, tag in enumerate(tags, FIRST_NUMBER)
    )
    return build(0xBA, mapping) + build(0xBB, container) + _NO_ERROR_CODE


def build_key_history() -> bytes:
    """The "Key History Object": there are no retired keys, here or elsewhere."""
    return build(0xC1, b"\x00") + build(0xC2, b"\x00") + _NO_ERROR_CODE
