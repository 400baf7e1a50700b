"""Certificates that look like a card's own, made by an authority of the same name.

The simulator has no key of the issuer. Its look-alike authority has the issuer's name and key
identifier, and another key: what it signs is as good as a certificate gets without that key.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from chipcard_sim.iso7816 import tlv

Key = ec.EllipticCurvePrivateKey
Extensions = Iterable[tuple[x509.ExtensionType, bool]]
Fields = Sequence[tlv.Tlv]
SEQUENCE, BIT_STRING, OCTET_STRING, OID, SET = 0x30, 0x03, 0x04, 0x06, 0x31
VERSION, EXTENSIONS = 0xA0, 0xA3
WHOLE_OCTETS = b"\0"  # of a bit string: no bit is left over


def new_key() -> Key:
    """A key of ours on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def forge(
    genuine: x509.Certificate,
    key: Key,
    *,
    signer: Key | None = None,
    subject: x509.Name | None = None,
    issuer: x509.Name | None = None,
    validity: tuple[datetime, datetime] | None = None,
    extensions: Extensions | None = None,
) -> bytes:
    """A certificate for a key of ours that differs from the genuine one in what is named."""
    begin, end = validity or (genuine.not_valid_before_utc, genuine.not_valid_after_utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(genuine.subject if subject is None else subject)
        .issuer_name(genuine.issuer if issuer is None else issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    for value, critical in extensions_of(genuine, key) if extensions is None else extensions:
        builder = builder.add_extension(value, critical=critical)
    return builder.sign(signer or new_key(), SHA256()).public_bytes(Encoding.DER)


def extensions_of(
    genuine: x509.Certificate, key: Key, *changed: x509.ExtensionType
) -> list[tuple[x509.ExtensionType, bool]]:
    """The genuine extensions, with the identifier of our key, and these in place of their like."""
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    fresh = {each.oid: each for each in (own, *changed)}
    return [(fresh.get(each.oid, each.value), each.critical) for each in genuine.extensions]


def without(
    extensions: Extensions, kind: type[x509.ExtensionType]
) -> list[tuple[x509.ExtensionType, bool]]:
    """All extensions but one kind."""
    return [(value, critical) for value, critical in extensions if not isinstance(value, kind)]


def rewrite(
    certificate: bytes, edit: Callable[[Fields], Fields], sign: Callable[[bytes], bytes]
) -> bytes:
    """Edit the fields of what is signed in a certificate, and sign it anew.

    `sign` gives a DER signature of the algorithm that the certificate names.
    """
    body, algorithm, _ = tlv.values(
        tlv.value(certificate, SEQUENCE), SEQUENCE, SEQUENCE, BIT_STRING
    )
    fields = b"".join(tlv.build(each.tag, each.value) for each in edit(tlv.read(body)))
    body = tlv.build(SEQUENCE, fields)
    signature = tlv.build(BIT_STRING, WHOLE_OCTETS + sign(body))
    return tlv.build(SEQUENCE, body + tlv.build(SEQUENCE, algorithm) + signature)


def signing(key: Key) -> Callable[[bytes], bytes]:
    """How a key of ours signs certificates."""
    return lambda body: key.sign(body, ec.ECDSA(SHA256()))
