"""The LDS security object: the hashes of all data groups, inside EF.SOD (ICAO Doc 9303-10, 4.6.2).

Who signed it is not asked here: EF.SOD is unwrapped to a CMS container and no further.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from eid.emrtd import tlv
from eid.emrtd.data_groups import TAGS
from eid.errors import BadChipData

CONTENT_TYPE: Final = "2.23.136.1.1.1"  # id-icao-mrtd-security-ldsSecurityObject
_SOD: Final = 0x77
_HASHES: Final = MappingProxyType(
    {  # by hashlib's names; SHA-1 and SHA-224 are no rows
        "sha256": "2.16.840.1.101.3.4.2.1",
        "sha384": "2.16.840.1.101.3.4.2.2",
        "sha512": "2.16.840.1.101.3.4.2.3",
    }
)
_NAMES: Final = MappingProxyType({oid: name for name, oid in _HASHES.items()})
_V0, _V1 = 0, 1
_NULL: Final = tlv.build(tlv.NULL)
_LEAST: Final = 2  # Doc 9303-10: dataGroupHashValues SIZE (2..ub-DataGroups)


@dataclass(frozen=True, slots=True)
class SecurityObject:
    """The hash of each data group by its number, and which hash it is (hashlib's name)."""

    hash: str
    hashes: Mapping[int, bytes]

    def agrees(self, number: int, file: bytes) -> bool:
        """Whether this is the data group of that number; False too if none is listed."""
        return self.hashes.get(number) == hashlib.new(self.hash, file).digest()


def build_security_object(files: Mapping[int, bytes], name: str = "sha256") -> bytes:
    """Write a security object (version 0, DER) over the files of the data groups."""
    hashes = {number: hashlib.new(name, file).digest() for number, file in files.items()}
    return build_hash_list(hashes, name)


def build_hash_list(hashes: Mapping[int, bytes], name: str = "sha256") -> bytes:
    """Write a security object (version 0, DER) of hashes that somebody else worked out."""
    rows = [
        tlv.build(
            tlv.SEQUENCE,
            tlv.build_integer(number),
            tlv.build(tlv.OCTET_STRING, hashes[number]),
        )
        for number in sorted(hashes)
    ]
    return tlv.build(
        tlv.SEQUENCE,
        tlv.build_integer(_V0),
        tlv.build(tlv.SEQUENCE, tlv.build_oid(_HASHES[name])),
        tlv.build(tlv.SEQUENCE, *rows),
    )


def read_security_object(der: bytes) -> SecurityObject:
    """Read a security object of version 0 or 1; raises BadChipData."""
    version, algorithm, rows, *more = _fields(der)
    _require_version(tlv.read_integer(version.value), more)
    name = _read_hash(algorithm.value)
    listed = [
        tlv.values(row, tlv.INTEGER, tlv.OCTET_STRING)
        for row in tlv.every(rows.value, tlv.SEQUENCE)
    ]
    hashes = {tlv.read_integer(number): digest for number, digest in listed}
    if len(listed) != len(hashes) or not _LEAST <= len(listed) <= len(TAGS):
        raise BadChipData("security object: a data group listed twice, or too few")
    if not hashes.keys() <= TAGS.keys():
        raise BadChipData("security object: there is no such data group")
    if any(len(digest) != hashlib.new(name).digest_size for digest in hashes.values()):
        raise BadChipData("security object: a hash of another length")
    return SecurityObject(name, MappingProxyType(hashes))


def wrap_sod(cms: bytes) -> bytes:
    """Write EF.SOD around a CMS container."""
    return tlv.build(_SOD, cms)


def unwrap_sod(file: bytes) -> bytes:
    """Read the CMS container in EF.SOD; raises BadChipData."""
    return tlv.value(file, _SOD)


def _fields(der: bytes) -> tuple[tlv.Tlv, ...]:
    found = tlv.fields(tlv.value(der, tlv.SEQUENCE))
    due = (tlv.INTEGER, tlv.SEQUENCE, tlv.SEQUENCE, tlv.SEQUENCE)
    tags = tuple(one.tag for one in found)
    if tags not in {due, due[:3]}:
        raise BadChipData("security object: not version, hash and list of hashes")
    return found


def _require_version(version: int, more: list[tlv.Tlv]) -> None:
    """Version 1 adds ldsVersionInfo: two texts, as EF.COM has them (Doc 9303-10, 4.6.2.3)."""
    if version != (_V1 if more else _V0):
        raise BadChipData("security object: of an unknown version")
    for info in more:
        tlv.values(info.value, tlv.PRINTABLE_STRING, tlv.PRINTABLE_STRING)


def _read_hash(algorithm: bytes) -> str:
    # RFC 5754 section 2: parameters absent or NULL
    oid = tlv.value(algorithm.removesuffix(_NULL), tlv.OBJECT_IDENTIFIER)
    name = _NAMES.get(tlv.read_oid(oid))
    if name is None:
        raise BadChipData("security object: a hash other than SHA-256, SHA-384 or SHA-512")
    return name
