"""Certificates and keys of every country's document signers: which are good, however written.

What we issue stays on two curves and in one spelling (`keys.pki.path`). Other countries use more:
RSA of 2048 to 4096 bits; P-256, P-384, P-521 and the brainpool curves of 256, 384 and 512 bits. A
curve may be named, or spelled out in numbers as ICAO Doc 9303-12, 4.1.6 wants it. The library reads
no brainpool curve in numbers, so they are read here and compared: all of them, the base point too,
are those of a curve in the table, or the key is refused as `unknown_curve`.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from cryptography.x509 import ObjectIdentifier

from keys.algorithms import LEAST_RSA_BITS, LEAST_RSA_EXPONENT
from keys.cms import Scheme, read_scheme, verify_with
from keys.errors import CertificateRejected, CmsMalformed, SignatureInvalid
from keys.pki.lint import UNREADABLE, form_breaches

LARGEST: Final = 8192  # octets of DER: an RSA key of 4096 bits, signed by another
MOST_RSA_BITS: Final = 4096
_EC_PUBLIC_KEY: Final = ObjectIdentifier("1.2.840.10045.2.1")
_DOCUMENT_TYPES: Final = ObjectIdentifier("2.23.136.1.1.6.2")
_PRIME_FIELD: Final = ObjectIdentifier("1.2.840.10045.1.1")
_UNCOMPRESSED: Final = 0x04
_CURVES: Final[dict[ObjectIdentifier, ec.EllipticCurve]] = {
    ec.EllipticCurveOID.SECP256R1: ec.SECP256R1(),
    ec.EllipticCurveOID.SECP384R1: ec.SECP384R1(),
    ec.EllipticCurveOID.SECP521R1: ec.SECP521R1(),
    ec.EllipticCurveOID.BRAINPOOLP256R1: ec.BrainpoolP256R1(),
    ec.EllipticCurveOID.BRAINPOOLP384R1: ec.BrainpoolP384R1(),
    ec.EllipticCurveOID.BRAINPOOLP512R1: ec.BrainpoolP512R1(),
}
ForeignKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@dataclass(frozen=True, slots=True)
class ForeignCertificate:
    """A certificate that could be read, its key, and how it was signed; nobody vouches for it."""

    certificate: x509.Certificate
    key: ForeignKey
    scheme: Scheme

    @property
    def country(self) -> str:
        """Two letters, in capitals; some states write small ones. Raises CertificateRejected."""
        return country_of(self.certificate.subject)


# RFC 5280 section 4.1, RFC 5480 section 2.1 and X9.62: what is needed of them, field by field.


@asn1.sequence
class _Field:
    type: ObjectIdentifier
    prime: int


@asn1.sequence
class _Coefficients:
    a: bytes
    b: bytes
    seed: asn1.BitString | None


@asn1.sequence
class _Numbers:
    version: int
    field: _Field
    coefficients: _Coefficients
    base: bytes
    order: int
    cofactor: int | None


@asn1.sequence
class _KeyIdentifier:
    algorithm: ObjectIdentifier
    parameters: ObjectIdentifier | _Numbers | asn1.Null | None


@asn1.sequence
class _KeyInfo:
    identifier: _KeyIdentifier
    key: asn1.BitString


@asn1.sequence
class _Signed:
    version: Annotated[int, asn1.Explicit(0)]
    serial: int
    scheme: asn1.TLV
    issuer: asn1.TLV
    validity: asn1.TLV
    subject: asn1.TLV
    key: asn1.TLV
    extensions: Annotated[asn1.TLV, asn1.Explicit(3)]


@asn1.sequence
class _Certificate:
    signed: _Signed
    scheme: asn1.TLV
    signature: asn1.BitString


@asn1.sequence
class _DocumentTypes:
    version: int
    types: asn1.SetOf[asn1.PrintableString]


def read_certificate(der: bytes) -> ForeignCertificate:
    """Read a certificate: bounded, whole, with extensions, its key strong enough.

    Raises CertificateRejected: `too_large`, `malformed`, `weak_key` or `unknown_curve`.
    """
    if len(der) > LARGEST:
        raise CertificateRejected("too_large")
    try:
        parts = asn1.decode_der(_Certificate, der)
        certificate = x509.load_der_x509_certificate(der)
        # The library parses late: every late part that is used later is asked for here.
        _ = (certificate.extensions, certificate.subject, certificate.issuer)
        signed_as = asn1.encode_der(parts.signed.scheme)
        scheme = read_scheme(signed_as)
        is_sound = not any(form_breaches(certificate))
    except UNREADABLE:
        raise CertificateRejected("malformed") from None
    except CmsMalformed:
        raise CertificateRejected("weak_key") from None
    # RFC 5280 section 4.1.1.2: the algorithm inside is the one outside
    if not is_sound or signed_as != asn1.encode_der(parts.scheme):
        raise CertificateRejected("malformed")
    return ForeignCertificate(certificate, read_key(asn1.encode_der(parts.signed.key)), scheme)


def read_key(der: bytes) -> ForeignKey:
    """Read a SubjectPublicKeyInfo.

    Raises CertificateRejected: `malformed`, `weak_key`, or `unknown_curve` for every curve, named
    or in numbers, that is not in the table.
    """
    try:
        info = asn1.decode_der(_KeyInfo, der)
    except ValueError:
        raise CertificateRejected("malformed") from None
    if info.identifier.algorithm != _EC_PUBLIC_KEY:
        return _rsa_key(der)
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_curve(info), _point(info))
    except ValueError:  # a point that is not on its curve, or infinity
        raise CertificateRejected("malformed") from None


def document_types(certificate: x509.Certificate) -> frozenset[str] | None:
    """Read which documents a signer may sign (ICAO Doc 9303-12, 7.1.1.6), as their zones call them.

    None: it does not say. Raises CertificateRejected.
    """
    found = [one.value for one in certificate.extensions if one.oid == _DOCUMENT_TYPES]
    if not found:
        return None
    try:
        said = asn1.decode_der(_DocumentTypes, found[0].public_bytes())
    except ValueError:
        raise CertificateRejected("malformed") from None
    if said.version != 0:
        raise CertificateRejected("malformed")
    return frozenset(one.as_str() for one in said.types.as_list())


def is_understood(certificate: x509.Certificate, *processed: x509.ObjectIdentifier) -> bool:
    """Whether nothing is critical but what is looked at (RFC 5280 section 4.2)."""
    return all(one.oid in processed for one in certificate.extensions if one.critical)


def require_signed_by(certificate: ForeignCertificate, issuer: ForeignCertificate) -> None:
    """Return if the issuer's key signed the certificate; raises SignatureInvalid."""
    own = certificate.certificate
    verify_with(certificate.scheme, issuer.key, own.tbs_certificate_bytes, own.signature)


def is_signed_by(certificate: ForeignCertificate, issuer: ForeignCertificate) -> bool:
    """Whether the issuer's key signed the certificate."""
    try:
        require_signed_by(certificate, issuer)
    except SignatureInvalid:
        return False
    return True


def country_of(name: x509.Name) -> str:
    """Read the one country of a name, in capitals; raises CertificateRejected."""
    found = name.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)
    text = str(found[0].value) if len(found) == 1 else ""
    if len(text) != 2 or not (text.isascii() and text.isalpha()):  # noqa: PLR2004 - ISO 3166-1
        raise CertificateRejected("bad_subject")
    return text.upper()


def _rsa_key(der: bytes) -> rsa.RSAPublicKey:
    try:
        key = load_der_public_key(der)
        plain = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateRejected("malformed") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise CertificateRejected("weak_key")
    if plain != der:  # RFC 3279 section 2.3.1: the parameters are NULL
        raise CertificateRejected("malformed")
    is_strong = key.public_numbers().e >= LEAST_RSA_EXPONENT
    if not is_strong or not LEAST_RSA_BITS <= key.key_size <= MOST_RSA_BITS:
        raise CertificateRejected("weak_key")
    return key


def _curve(info: _KeyInfo) -> ec.EllipticCurve:
    parameters = info.identifier.parameters
    if isinstance(parameters, _Numbers):
        return _curve_of_numbers(parameters)
    curve = _CURVES.get(parameters) if isinstance(parameters, ObjectIdentifier) else None
    if curve is None:
        raise CertificateRejected("unknown_curve")
    return curve


def _curve_of_numbers(said: _Numbers) -> ec.EllipticCurve:
    """Find the curve whose every number this is.

    A base point of one's own choosing on a good curve makes a key for any public key: nothing is
    taken from what was said but the answer to which row it is.
    """
    numbers = (
        said.field.prime,
        int.from_bytes(said.coefficients.a, "big"),
        int.from_bytes(said.coefficients.b, "big"),
        said.base,
        said.order,
    )
    is_plain = said.field.type == _PRIME_FIELD
    name = _numbered_curves().get(numbers) if is_plain and said.cofactor in {None, 1} else None
    for curve in _CURVES.values():
        if curve.name == name:
            return curve
    raise CertificateRejected("unknown_curve")


@cache
def _numbered_curves() -> dict[tuple[int, int, int, bytes, int], str]:
    rows = tomllib.loads(files("keys.pki").joinpath("curves.toml").read_text("utf-8"))
    return {
        (
            int(row["prime"], 16),
            int(row["a"], 16),
            int(row["b"], 16),
            bytes.fromhex(row["base"]),
            int(row["order"], 16),
        ): name
        for name, row in rows.items()
    }


def _point(info: _KeyInfo) -> bytes:
    """The point of the key: uncompressed (RFC 5480 section 2.2), whole octets."""
    point: bytes = info.key.as_bytes()
    if info.key.padding_bits() or point[:1] != bytes([_UNCOMPRESSED]):
        raise CertificateRejected("malformed")
    return point
