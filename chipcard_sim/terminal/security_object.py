"""EF.SOD, looked at by a reader: which hashes were signed, and who says to have signed them.

A look, no proof: whether the signature holds and whose it is, is for the server that asked. This
is the reader's own code for it, on purpose (ICAO 9303-10, 4.6.2; RFC 5652, 5).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from chipcard_sim.iso7816 import tlv
from chipcard_sim.terminal.certificates import read_certificate
from chipcard_sim.terminal.errors import NotACard

_SECURITY_OBJECT = 0x77
_INTEGER, _OCTETS, _OID, _SEQUENCE, _SET = 0x02, 0x04, 0x06, 0x30, 0x31
_EXPLICIT = 0xA0
_DATA_GROUPS = frozenset(range(1, 17))
_HASHES = {
    bytes.fromhex("2B0E03021A"): "sha1",
    bytes.fromhex("608648016503040204"): "sha224",
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}


@dataclass(frozen=True, slots=True)
class Signer:
    """Who a certificate in EF.SOD says the signer is, and by whom it was issued."""

    subject: str
    issuer: str
    valid_until: str


@dataclass(frozen=True, slots=True)
class SignedHashes:
    """The hash of each data group as it was signed; `signer` is None where none can be read."""

    algorithm: str
    hashes: Mapping[int, bytes]
    signer: Signer | None

    def agrees(self, number: int, file: bytes) -> bool:
        """Whether a data group is the one that was signed."""
        return self.hashes.get(number) == hashlib.new(self.algorithm, file).digest()


def read_security_object(file: bytes) -> SignedHashes:
    """Read EF.SOD.

    Raises:
        NotACard: it cannot be read.
    """
    try:
        _, wrapped = tlv.values(
            tlv.value(tlv.value(file, _SECURITY_OBJECT), _SEQUENCE), _OID, _EXPLICIT
        )
        _, _, content, *rest = tlv.read(tlv.value(wrapped, _SEQUENCE))
        _, inside = tlv.values(content.value, _OID, _EXPLICIT)
        algorithm, hashes = _hashes(tlv.value(inside, _OCTETS))
    except ValueError as error:
        raise NotACard("a security object that cannot be read") from error
    certificates = next((each.value for each in rest if each.tag == _EXPLICIT), b"")
    return SignedHashes(algorithm, hashes, _signer(certificates))


def _hashes(der: bytes) -> tuple[str, dict[int, bytes]]:
    _, algorithm, rows, *_ = tlv.read(tlv.value(der, _SEQUENCE))
    oid, *_ = tlv.read(algorithm.value)
    name = _HASHES.get(oid.value)
    if name is None:
        raise tlv.MalformedTlv("an unknown hash")
    pairs = [tlv.values(row.value, _INTEGER, _OCTETS) for row in tlv.read(rows.value)]
    hashes = {int.from_bytes(number, "big"): digest for number, digest in pairs}
    if len(hashes) != len(pairs) or not hashes.keys() <= _DATA_GROUPS:
        raise tlv.MalformedTlv("a data group twice, or one that does not exist")
    return name, hashes


def _signer(certificate: bytes) -> Signer | None:
    """The first certificate of the container: travel documents carry one (ICAO 9303-12, 9.1)."""
    try:
        read = read_certificate(certificate)
    except NotACard:
        return None
    return Signer(
        read.subject.rfc4514_string(),
        read.issuer.rfc4514_string(),
        f"{read.not_valid_after_utc:%Y-%m-%d}",
    )
