"""What protocols a chip speaks: SecurityInfos in EF.CardAccess and DG14 (ICAO Doc 9303-11, 9.2).

EF.CardAccess can be read by anybody and is signed by nobody; DG14 repeats it under the signature.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from eid.emrtd import tlv
from eid.emrtd.data_groups import TAGS
from eid.errors import BadChipData

PACE_ECDH_GM_AES_128: Final = "0.4.0.127.0.7.2.2.4.2.2"
CHIP_AUTHENTICATION_ECDH_AES_128: Final = "0.4.0.127.0.7.2.2.3.2.2"
CHIP_AUTHENTICATION_KEY: Final = "0.4.0.127.0.7.2.2.1.2"
ACTIVE_AUTHENTICATION: Final = "2.23.136.1.1.5"
ECDSA_PLAIN: Final = MappingProxyType(
    {  # BSI TR-03111, 5.2.1.1: how the chip hashes what it signs
        "0.4.0.127.0.7.1.1.4.1.3": "sha256",
        "0.4.0.127.0.7.1.1.4.1.4": "sha384",
        "0.4.0.127.0.7.1.1.4.1.5": "sha512",
    }
)
BRAINPOOL_P256R1: Final = 13  # Doc 9303-11 table 5: standardized domain parameters
NIST_P256: Final = 12
MOST_INFOS: Final = 32

# FIPS 186-5 / SP 800-186, 3.2.1.3: P-256, spelled out because Doc 9303-11, 9.2.6 wants the chip's
# public key with explicit parameters.
_P: Final = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_GX: Final = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
_GY: Final = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_PRIME_FIELD: Final = "1.2.840.10045.1.1"
_EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
_P256: Final = "1.2.840.10045.3.1.7"
_COORDINATE: Final = 32


@dataclass(frozen=True, slots=True)
class SecurityInfo:
    """One row: a protocol, what it requires, and what it may add; both as DER."""

    protocol: str
    required: bytes
    optional: bytes = b""


def build_card_access() -> bytes:
    """Write EF.CardAccess: PACE on two curves, and chip authentication."""
    return _build(_open_infos())


def build_dg14(chip_authentication_key: bytes) -> bytes:
    """Write DG14: what EF.CardAccess says, the chip's key agreement key, and how it signs.

    The key is a SubjectPublicKeyInfo (DER) that names P-256; raises BadChipData for another.
    """
    own = (
        SecurityInfo(CHIP_AUTHENTICATION_KEY, _explicit(chip_authentication_key)),
        SecurityInfo(
            ACTIVE_AUTHENTICATION,
            tlv.build_integer(1),
            tlv.build_oid(next(iter(ECDSA_PLAIN))),
        ),
    )
    return tlv.build(TAGS[14], _build((*_open_infos(), *own)))


def read_card_access(file: bytes) -> tuple[SecurityInfo, ...]:
    """Read EF.CardAccess; raises BadChipData."""
    return _read(file)


def read_dg14(file: bytes) -> tuple[SecurityInfo, ...]:
    """Read DG14; raises BadChipData."""
    return _read(tlv.value(file, TAGS[14]))


def active_authentication_hash(infos: Iterable[SecurityInfo]) -> str | None:
    """Say which hash the chip's ECDSA signature uses, as hashlib names it; None: not said.

    Raises:
        BadChipData: it is said twice, or is none of SHA-256, SHA-384, SHA-512.
    """
    rows = [one for one in infos if one.protocol == ACTIVE_AUTHENTICATION]
    if not rows:
        return None
    name = tlv.read_oid(tlv.value(rows[0].optional, tlv.OBJECT_IDENTIFIER))
    if len(rows) > 1 or name not in ECDSA_PLAIN:
        raise BadChipData("DG14: active authentication with another hash")
    return ECDSA_PLAIN[name]


def _open_infos() -> tuple[SecurityInfo, ...]:
    version_2 = tlv.build_integer(2)
    return (
        *(
            SecurityInfo(PACE_ECDH_GM_AES_128, version_2, tlv.build_integer(curve))
            for curve in (BRAINPOOL_P256R1, NIST_P256)
        ),
        SecurityInfo(CHIP_AUTHENTICATION_ECDH_AES_128, tlv.build_integer(1)),
    )


def _build(infos: Iterable[SecurityInfo]) -> bytes:
    # ITU-T X.690, 11.6: the members of a SET OF in the order of their encodings
    return tlv.build(
        tlv.SET,
        *sorted(
            tlv.build(tlv.SEQUENCE, tlv.build_oid(one.protocol), one.required, one.optional)
            for one in infos
        ),
    )


def _read(data: bytes) -> tuple[SecurityInfo, ...]:
    rows = tlv.every(tlv.value(data, tlv.SET), tlv.SEQUENCE)
    if not 1 <= len(rows) <= MOST_INFOS:
        raise BadChipData("security infos: none, or too many")
    return tuple(_read_info(row) for row in rows)


def _read_info(row: bytes) -> SecurityInfo:
    found = tlv.fields(row)
    if len(found) not in {2, 3} or found[0].tag != tlv.OBJECT_IDENTIFIER:
        raise BadChipData("security infos: not a protocol with one or two parameters")
    optional = b"".join(one.raw for one in found[2:])
    return SecurityInfo(tlv.read_oid(found[0].value), found[1].raw, optional)


def _explicit(public_key: bytes) -> bytes:
    """Write the key with the numbers of its curve instead of their name."""
    named, point = tlv.values(tlv.value(public_key, tlv.SEQUENCE), tlv.SEQUENCE, tlv.BIT_STRING)
    if named != tlv.build_oid(_EC_PUBLIC_KEY) + tlv.build_oid(_P256):
        raise BadChipData("DG14: the chip authentication key is not on P-256")
    parameters = tlv.build(
        tlv.SEQUENCE,
        tlv.build_integer(1),
        tlv.build(tlv.SEQUENCE, tlv.build_oid(_PRIME_FIELD), tlv.build_integer(_P)),
        tlv.build(
            tlv.SEQUENCE,
            tlv.build(tlv.OCTET_STRING, (_P - 3).to_bytes(_COORDINATE, "big")),
            tlv.build(tlv.OCTET_STRING, _B.to_bytes(_COORDINATE, "big")),
        ),
        tlv.build(
            tlv.OCTET_STRING,
            b"\x04" + _GX.to_bytes(_COORDINATE, "big") + _GY.to_bytes(_COORDINATE, "big"),
        ),
        tlv.build_integer(_ORDER),
        tlv.build_integer(1),  # cofactor
    )
    algorithm = tlv.build(tlv.SEQUENCE, tlv.build_oid(_EC_PUBLIC_KEY), parameters)
    return tlv.build(tlv.SEQUENCE, algorithm, tlv.build(tlv.BIT_STRING, point))
