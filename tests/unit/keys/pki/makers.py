"""Certificates as an attacker would make them: valid by default, one argument changes one thing.

A second implementation, on purpose: it shares no code with `keys.pki.authority`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keys.pki.anchors import Anchors, TrustAnchors
from keys.pki.profiles import (
    CARD_AUTHENTICATION,
    CARD_CA,
    CARD_SIGNATURE,
    CSCA,
    DOCUMENT_SIGNER,
    CertificateProfile,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH

Extensions = Mapping[type[x509.ExtensionType], tuple[x509.ExtensionType, bool] | None]


@dataclass(frozen=True)
class Signer:
    """An issuer: its certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def usage(*bits: str) -> x509.KeyUsage:
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: name in bits for name in names.split()})


def name(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def holder(number: str = "PNOVN-001190000001") -> x509.Name:
    return name(
        (NameOID.COUNTRY_NAME, "VN"),
        (NameOID.COMMON_NAME, "NGUYEN THI MAU"),
        (NameOID.SERIAL_NUMBER, number),
    )


def chip_card(number: str = "IDCVN-X00000001") -> x509.Name:
    return name(
        (NameOID.COUNTRY_NAME, "VN"),
        (NameOID.COMMON_NAME, "X00000001"),
        (NameOID.SERIAL_NUMBER, number),
    )


def authority(common_name: str) -> x509.Name:
    return name((NameOID.COUNTRY_NAME, "VN"), (NameOID.COMMON_NAME, common_name))


def new_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP256R1())


def craft(
    profile: CertificateProfile = CARD_AUTHENTICATION,
    *,
    issuer: Signer | None,
    key: ec.EllipticCurvePrivateKey | None = None,
    subject: x509.Name | None = None,
    serial: int = 0x1234,
    dates: tuple[datetime, datetime] = (NOW - 30 * DAY, NOW + 300 * DAY),
    hash_with: HashAlgorithm | None = None,
    changes: Extensions | None = None,
) -> Signer:
    """Make a certificate of the profile; no issuer: it signs itself."""
    key = key or new_key()
    subject = holder() if subject is None else subject
    signing_key = issuer.key if issuer else key
    extensions: dict[type[x509.ExtensionType], tuple[x509.ExtensionType, bool] | None] = {
        x509.BasicConstraints: (
            x509.BasicConstraints(
                ca=profile.path_length is not None, path_length=profile.path_length
            ),
            True,
        ),
        x509.KeyUsage: (profile.key_usage, True),
        x509.CertificatePolicies: (policies(profile.policy_oid), False),
        x509.SubjectKeyIdentifier: (
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
            False,
        ),
        x509.AuthorityKeyIdentifier: (
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()),
            False,
        ),
    }
    if profile.extended_key_usage:
        extensions[x509.ExtendedKeyUsage] = (
            x509.ExtendedKeyUsage(profile.extended_key_usage),
            profile.purpose_is_critical,
        )
    extensions |= changes or {}
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(dates[0])
        .not_valid_after(dates[1])
    )
    for extension in extensions.values():
        if extension is not None:
            builder = builder.add_extension(extension[0], critical=extension[1])
    hash_with = hash_with or (SHA384() if signing_key.key_size == 384 else SHA256())
    return Signer(builder.sign(signing_key, hash_with), key)  # type: ignore[arg-type]  # SHA1 too


def policies(*oids: x509.ObjectIdentifier) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(oid, None) for oid in oids])


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


@dataclass(frozen=True)
class Pki:
    """A whole little PKI with keys in the open, as only a test may have it."""

    csca: Signer
    card_ca: Signer
    document_signer: Signer

    @classmethod
    def make(cls) -> "Pki":
        long = (NOW - 900 * DAY, NOW + 4000 * DAY)
        csca = craft(
            CSCA,
            issuer=None,
            key=new_key(ec.SECP384R1()),
            subject=authority("Test CSCA"),
            dates=long,
        )
        card_ca = craft(CARD_CA, issuer=csca, subject=authority("Test Card CA"), dates=long)
        signer = craft(DOCUMENT_SIGNER, issuer=csca, subject=authority("Test Signer"), dates=long)
        return cls(csca, card_ca, signer)

    def anchors(self, *more_issuers: x509.Certificate) -> TrustAnchors:
        card = Anchors(
            roots=(self.csca.certificate,), issuers=(*more_issuers, self.card_ca.certificate)
        )
        return TrustAnchors({CARD_AUTHENTICATION: card, CARD_SIGNATURE: card})

    def leaf(self, profile: CertificateProfile = CARD_AUTHENTICATION, **changes: object) -> bytes:
        """A card's certificate in DER; one change changes one thing."""
        asked = {"issuer": self.card_ca, **changes}
        return der(craft(profile, **asked).certificate)  # type: ignore[arg-type]  # any change

    def edited(self, edit: Callable[[list[bytes]], list[bytes]], **changes: object) -> bytes:
        """A card's certificate whose fields were edited in DER and signed again by the card CA."""
        leaf = x509.load_der_x509_certificate(self.leaf(**changes))  # type: ignore[arg-type]  # any
        tbs = sequence(*edit(list(children(leaf.tbs_certificate_bytes))))
        algorithm = list(children(der(leaf)))[1]
        signature = self.card_ca.key.sign(tbs, ec.ECDSA(SHA256()))
        return sequence(tbs, algorithm, tlv(0x03, b"\0" + signature))


# The fields of a TBSCertificate, in their order (RFC 5280 section 4.1).
VERSION, SERIAL, SIGNATURE, ISSUER, VALIDITY, SUBJECT, KEY, EXTENSIONS = range(8)


def tlv(tag: int, *parts: bytes) -> bytes:
    """One DER element, low tag numbers only."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def children(element: bytes) -> Iterator[bytes]:
    """The elements within one DER element."""
    content = body(element)
    while content:
        size = len(element_of(content))
        yield content[:size]
        content = content[size:]


def body(element: bytes) -> bytes:
    long = element[1] & 0x7F if element[1] & 0x80 else 0
    return element[2 + long :]


def element_of(content: bytes) -> bytes:
    """The first element of the content."""
    if content[1] & 0x80:
        long = content[1] & 0x7F
        return content[: 2 + long + int.from_bytes(content[2 : 2 + long], "big")]
    return content[: 2 + content[1]]


def spki_with(point: bytes, parameters: bytes | None = None) -> bytes:
    """A SubjectPublicKeyInfo with these parameters (default: P-256 by name) and this point."""
    ec_public_key = bytes.fromhex("06072a8648ce3d0201")
    prime256v1 = bytes.fromhex("06082a8648ce3d030107")
    return sequence(sequence(ec_public_key, parameters or prime256v1), tlv(0x03, b"\0" + point))


def point_of(key: ec.EllipticCurvePrivateKey, form: PublicFormat) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, form)


def explicit_p256() -> bytes:
    """The parameters of P-256 spelled out (RFC 3279 section 2.3.5), which RFC 5480 forbids."""
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    x = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
    y = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5
    n = ec.SECP256R1.group_order
    prime_field = bytes.fromhex("06072a8648ce3d0101")
    return sequence(
        integer(1),
        sequence(prime_field, integer(p)),
        sequence(tlv(0x04, (p - 3).to_bytes(32, "big")), tlv(0x04, b.to_bytes(32, "big"))),
        tlv(0x04, b"\x04", x.to_bytes(32, "big"), y.to_bytes(32, "big")),
        integer(n),
        integer(1),
    )


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
