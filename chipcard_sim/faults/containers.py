"""EF.SOD taken apart and put together again by a signer of ours (RFC 5652, 5; ICAO 9303-10, 4.6.2).

The simulator has no key of a document signer: whoever signs anew here is a look-alike, or a card.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from cryptography import x509

from chipcard_sim.faults.forgery import OCTET_STRING, OID, SEQUENCE, SET
from chipcard_sim.iso7816 import tlv

SECURITY_OBJECT = 0x77
EXPLICIT, SIGNED_ATTRIBUTES = 0xA0, 0xA0
INTEGER = 0x02
SIGNED_DATA = bytes.fromhex("2A864886F70D010702")
IDENTIFIER, ATTRIBUTES, ALGORITHM, SIGNATURE = 1, 3, 4, 5  # in SignerInfo, behind its version
ECDSA_SHA256 = tlv.build(SEQUENCE, bytes.fromhex("06082A8648CE3D040302"))


@dataclass(frozen=True, slots=True)
class Container:
    """What stands in EF.SOD, cut where this house needs to cut. Every part is whole DER.

    Attributes:
        before: version and digest algorithms.
        content_type: of what is signed.
        content: what is signed.
        certificates: of the signer.
        signer: version, identifier, digest, attributes, algorithm, signature.
    """

    before: bytes
    content_type: bytes
    content: bytes
    certificates: bytes
    signer: tuple[bytes, ...]

    def build(self) -> bytes:
        """EF.SOD."""
        inner = tlv.build(EXPLICIT, tlv.build(OCTET_STRING, self.content))
        encapsulated = tlv.build(SEQUENCE, tlv.build(OID, self.content_type) + inner)
        signers = tlv.build(SET, tlv.build(SEQUENCE, b"".join(self.signer)))
        body = self.before + encapsulated + tlv.build(EXPLICIT, self.certificates) + signers
        kind = tlv.build(OID, SIGNED_DATA)
        whole = tlv.build(SEQUENCE, kind + tlv.build(EXPLICIT, tlv.build(SEQUENCE, body)))
        return tlv.build(SECURITY_OBJECT, whole)


def open_container(file: bytes) -> Container:
    """Take EF.SOD apart."""
    _, explicit = tlv.values(tlv.value(tlv.value(file, SECURITY_OBJECT), SEQUENCE), OID, EXPLICIT)
    version, digests, encapsulated, certificates, signers = tlv.read(tlv.value(explicit, SEQUENCE))
    content_type, inner = tlv.values(encapsulated.value, OID, EXPLICIT)
    rows = tlv.read(tlv.value(signers.value, SEQUENCE))
    return Container(
        before=_whole(version) + _whole(digests),
        content_type=content_type,
        content=tlv.value(inner, OCTET_STRING),
        certificates=certificates.value,
        signer=tuple(map(_whole, rows)),
    )


def resign(container: Container, certificate: bytes, sign: Callable[[bytes], bytes]) -> Container:
    """Have another signer sign the same content; `sign` gives DER signatures with SHA-256."""
    read = x509.load_der_x509_certificate(certificate)
    serial = read.serial_number
    number = tlv.build(INTEGER, serial.to_bytes(serial.bit_length() // 8 + 1, "big"))
    identifier = tlv.build(SEQUENCE, read.issuer.public_bytes() + number)
    attributes = tlv.value(container.signer[ATTRIBUTES], SIGNED_ATTRIBUTES)
    # RFC 5652, 5.4: what is signed has the tag of a set.
    signature = tlv.build(OCTET_STRING, sign(tlv.build(SET, attributes)))
    signer = list(container.signer)
    signer[IDENTIFIER], signer[ALGORITHM], signer[SIGNATURE] = identifier, ECDSA_SHA256, signature
    return replace(container, certificates=certificate, signer=tuple(signer))


def without_group(container: Container, number: int) -> Container:
    """Strike a data group from the list of hashes, and leave the signature as it is."""
    version, algorithm, listed = tlv.read(tlv.value(container.content, SEQUENCE))[:3]
    rows = [
        row
        for row in tlv.read(listed.value)
        if tlv.read(row.value)[0].value != number.to_bytes(1, "big")
    ]
    kept = tlv.build(listed.tag, b"".join(map(_whole, rows)))
    content = tlv.build(SEQUENCE, _whole(version) + _whole(algorithm) + kept)
    return replace(container, content=content)


def _whole(field: tlv.Tlv) -> bytes:
    return tlv.build(field.tag, field.value)
