"""A throw-away card PKI and soft cards. Independent of keys.pki: a verifier is not tested with
certificates that its own house built. Everything is valid by default; one argument changes one
thing. All people are invented.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keys.pki.anchors import Anchors, TrustAnchors
from keys.pki.profiles import CARD_AUTHENTICATION

ARC = "2.25.30495771732382267132728450185512893541"  # the invented policy identifiers
ANY_POLICY = "2.5.29.32.0"
AUTHENTICATION_POLICY = f"{ARC}.1.2"
SIGNATURE_POLICY = f"{ARC}.1.3"
BEGIN = datetime(2021, 7, 1, tzinfo=UTC)
END = datetime(2030, 1, 15, 16, 59, 59, tzinfo=UTC)
CA_END = datetime(2039, 1, 1, tzinfo=UTC)
NUMBER = "001190000001"

USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": int(
        "ffffffffffffffffffffffffffffffffffffffffffffffff"
        "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        16,
    ),
}


def usage(*bits: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: name in bits for name in USAGES})


def hash_of(key: ec.EllipticCurvePrivateKey) -> SHA256 | SHA384:
    return SHA384() if key.curve.name == "secp384r1" else SHA256()


def person(
    number: str = NUMBER, name: str = "NGUYEN THI MAU", kind: _ASN1Type | None = None
) -> x509.Name:
    """A card's subject; `kind` writes the number in another string type than is usual."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, f"PNOVN-{number}", kind),
        ]
    )


def authority(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Throw-away"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


@dataclass(frozen=True)
class Issuer:
    """A certificate and its key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def certify(
    subject: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    issuer: Issuer | None,
    signing_key: ec.EllipticCurvePrivateKey,
    *,
    key_usage: x509.KeyUsage,
    policy: str,
    begin: datetime = BEGIN,
    end: datetime = END,
    path_length: int | None = None,
    purposes: Iterable[x509.ObjectIdentifier] = (),
    more: Iterable[tuple[x509.ExtensionType, bool]] = (),
) -> x509.Certificate:
    """Build and sign one certificate with exactly what the arguments say."""
    issuing_key = issuer.certificate.public_key() if issuer else public_key
    assert isinstance(issuing_key, ec.EllipticCurvePublicKey)
    policies = [x509.PolicyInformation(x509.ObjectIdentifier(policy), None)]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(path_length is not None, path_length), critical=True)
        .add_extension(key_usage, critical=True)
        .add_extension(x509.CertificatePolicies(policies), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing_key), critical=False
        )
    )
    if wanted := list(purposes):
        builder = builder.add_extension(x509.ExtendedKeyUsage(wanted), critical=False)
    for extension, critical in more:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signing_key, hash_of(signing_key))


@dataclass(frozen=True)
class SoftCard:
    """A card made of software: it signs what it is given and knows no PIN."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha256(self.der).digest()

    @property
    def public_key_hash(self) -> bytes:
        plain = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(plain).digest()

    @property
    def algorithm(self) -> str:
        return "ES384" if self.key.curve.name == "secp384r1" else "ES256"

    def sign(self, origin: str, nonce: str) -> tuple[int, int]:
        """The Web eID signature: over hash(origin) || hash(nonce text), as (r, s)."""
        digest = hashlib.sha384 if self.algorithm == "ES384" else hashlib.sha256
        signed = digest(origin.encode()).digest() + digest(nonce.encode()).digest()
        return decode_dss_signature(self.key.sign(signed, ec.ECDSA(hash_of(self.key))))

    def raw(self, r: int, s: int) -> bytes:
        size = (self.key.curve.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def order(self) -> int:
        return ORDERS[self.key.curve.name]

    def answer(
        self,
        origin: str,
        nonce: str,
        *,
        twist: Callable[["SoftCard", int, int], bytes] | None = None,
        **members: Any,
    ) -> bytes:
        """The card answer as JSON. `twist` writes (r, s) another way; `members` replaces members;
        a member whose new value is `...` is left out."""
        r, s = self.sign(origin, nonce)
        signature = twist(self, r, s) if twist else self.raw(r, s)
        whole = {
            "format": "web-eid:1.0",
            "unverifiedCertificate": base64.b64encode(self.der).decode(),
            "algorithm": self.algorithm,
            "signature": base64.b64encode(signature).decode(),
            "appVersion": "soft-card/0.1",
        } | members
        return json.dumps({k: v for k, v in whole.items() if v is not ...}).encode()


@dataclass(frozen=True)
class ThrowAwayPki:
    """A root, a card CA under it, and any card one may wish for."""

    name: str = "Throw-away"
    curve: ec.EllipticCurve = field(default_factory=ec.SECP384R1)
    root: Issuer = field(init=False)
    card_ca: Issuer = field(init=False)

    def __post_init__(self) -> None:
        key = ec.generate_private_key(self.curve)
        root = certify(
            authority(f"{self.name} CSCA"),
            key.public_key(),
            None,
            key,
            key_usage=usage("key_cert_sign", "crl_sign"),
            policy=ANY_POLICY,
            end=CA_END,
            path_length=1,
        )
        object.__setattr__(self, "root", Issuer(key, root))
        object.__setattr__(self, "card_ca", self.authority_under(self.root))

    def authority_under(self, issuer: Issuer, **changes: Any) -> Issuer:
        """Another card CA."""
        key = ec.generate_private_key(self.curve)
        wanted: dict[str, Any] = {
            "key_usage": usage("key_cert_sign", "crl_sign"),
            "policy": ANY_POLICY,
            "end": CA_END,
            "path_length": 0,
        }
        subject = authority(f"{self.name} card CA {key.public_key().public_numbers().x % 9973}")
        certificate = certify(subject, key.public_key(), issuer, issuer.key, **wanted | changes)
        return Issuer(key, certificate)

    def anchors(self) -> TrustAnchors:
        """What a verifier that trusts this PKI is configured with."""
        trusted = Anchors((self.root.certificate,), (self.card_ca.certificate,))
        return TrustAnchors({CARD_AUTHENTICATION: trusted})

    def card(
        self,
        number: str = NUMBER,
        *,
        curve: ec.EllipticCurve | None = None,
        key: ec.EllipticCurvePrivateKey | None = None,
        subject: x509.Name | None = None,
        issuer: Issuer | None = None,
        signing_key: ec.EllipticCurvePrivateKey | None = None,
        **changes: Any,
    ) -> SoftCard:
        """A card with its authentication key (slot 9A)."""
        own = key or ec.generate_private_key(curve or ec.SECP256R1())
        issuing = issuer or self.card_ca
        wanted: dict[str, Any] = {
            "key_usage": usage("digital_signature"),
            "policy": AUTHENTICATION_POLICY,
            "purposes": [ExtendedKeyUsageOID.CLIENT_AUTH],
        }
        certificate = certify(
            person(number) if subject is None else subject,
            own.public_key(),
            issuing,
            signing_key or issuing.key,
            **wanted | changes,
        )
        return SoftCard(own, certificate)

    def signature_card(self, number: str = NUMBER, **changes: Any) -> SoftCard:
        """The card's other key: for signing documents (slot 9C), never for signing in."""
        other: dict[str, Any] = {
            "key_usage": usage("content_commitment"),
            "policy": SIGNATURE_POLICY,
            "purposes": (),
        }
        return self.card(number, **other | changes)
