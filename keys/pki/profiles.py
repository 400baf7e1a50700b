"""The certificate profiles, one row each: the only kinds of certificate that we issue or believe.

    CSCA (root) -> document signer
                -> card CA -> card authentication (slot 9A), card signature (slot 9C),
                              card key agreement (slot 9D), card presence (slot 9E),
                              OCSP responder

We issue on P-256 and P-384 only. The policy identifiers hang under an invented UUID arc
(ITU-T X.667: 2.25.<UUID as a number>) and mean nothing outside this reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from cryptography.x509 import KeyUsage, ObjectIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID

from keys.algorithms import ES256, ES384

_ARC: Final = "2.25.30495771732382267132728450185512893541"
_ANY_POLICY: Final = ObjectIdentifier("2.5.29.32.0")  # RFC 5280 section 4.2.1.4: for CAs
_YEAR: Final = timedelta(days=366)
# FIPS 201-3, 4.2.2.2; NIST's arc 2.16.840.1.101.3.6 is that of personal identity verification.
PIV_CARD_AUTHENTICATION: Final = ObjectIdentifier("2.16.840.1.101.3.6.8")


class Named(StrEnum):
    """Whom the subject of a certificate names."""

    AUTHORITY = "authority"
    HOLDER = "holder"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class CertificateProfile:
    """One kind of certificate.

    Attributes:
        name: as it stands in the register and in card orders.
        issuer_profile: name of the profile that alone may issue it; its own name for a root.
        lifetime: the longest validity.
        key_usage: exactly these bits (RFC 5280 section 4.2.1.3).
        extended_key_usage: exactly these purposes; none: the extension is absent.
        purpose_is_critical: whether software that does not know the purpose must refuse it.
        path_length: how many CAs may follow; None for an end entity (RFC 5280 section 4.2.1.9).
        policy_oid: the one certificate policy.
        is_never_checked: whether nobody asks for its own status (RFC 6960 section 4.2.2.2.1).
        names: whom the subject names: an authority, a person by number, or a card by number.
        algorithms: what its key may sign with; for key agreement they stand for their curves.
    """

    name: str
    issuer_profile: str
    lifetime: timedelta
    key_usage: KeyUsage
    policy_oid: ObjectIdentifier
    path_length: int | None = None
    extended_key_usage: frozenset[ObjectIdentifier] = frozenset()
    purpose_is_critical: bool = False
    is_never_checked: bool = False
    names: Named = Named.AUTHORITY
    algorithms: tuple[str, ...] = (ES256.name, ES384.name)

    @property
    def is_authority(self) -> bool:
        """Whether it may issue others."""
        return self.path_length is not None


def _usage(*bits: str) -> KeyUsage:
    names = (
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
    return KeyUsage(**{name: name in bits for name in names})


CSCA: Final = CertificateProfile(
    name="csca",
    issuer_profile="csca",
    lifetime=25 * _YEAR,
    key_usage=_usage("key_cert_sign", "crl_sign"),
    policy_oid=_ANY_POLICY,
    path_length=1,
)
DOCUMENT_SIGNER: Final = CertificateProfile(
    name="document_signer",
    issuer_profile="csca",
    lifetime=20 * _YEAR,
    key_usage=_usage("digital_signature"),
    policy_oid=ObjectIdentifier(f"{_ARC}.1.1"),
)
CARD_CA: Final = CertificateProfile(
    name="card_ca",
    issuer_profile="csca",
    lifetime=20 * _YEAR,
    key_usage=_usage("key_cert_sign", "crl_sign"),
    policy_oid=_ANY_POLICY,
    path_length=0,
)
CARD_AUTHENTICATION: Final = CertificateProfile(
    name="card_authentication",
    issuer_profile="card_ca",
    lifetime=10 * _YEAR,
    key_usage=_usage("digital_signature"),
    policy_oid=ObjectIdentifier(f"{_ARC}.1.2"),
    extended_key_usage=frozenset({ExtendedKeyUsageOID.CLIENT_AUTH}),
    names=Named.HOLDER,
)
CARD_SIGNATURE: Final = CertificateProfile(
    name="card_signature",
    issuer_profile="card_ca",
    lifetime=10 * _YEAR,
    key_usage=_usage("content_commitment"),
    policy_oid=ObjectIdentifier(f"{_ARC}.1.3"),
    names=Named.HOLDER,
)
CARD_KEY_AGREEMENT: Final = CertificateProfile(
    name="card_key_agreement",
    issuer_profile="card_ca",
    lifetime=10 * _YEAR,
    key_usage=_usage("key_agreement"),
    policy_oid=ObjectIdentifier(f"{_ARC}.1.4"),
    names=Named.HOLDER,
)
# Slot 9E is read and used by any reader, without PIN and without the holder noticing. So nothing in
# it says who the holder is, and its purpose is critical: nobody signs in with a key that is lent to
# every door (FIPS 201-3, 4.2.2.2).
CARD_PRESENCE: Final = CertificateProfile(
    name="card_presence",
    issuer_profile="card_ca",
    lifetime=10 * _YEAR,
    key_usage=_usage("digital_signature"),
    policy_oid=ObjectIdentifier(f"{_ARC}.1.5"),
    extended_key_usage=frozenset({PIV_CARD_AUTHENTICATION}),
    purpose_is_critical=True,
    names=Named.CARD,
)

OCSP_RESPONDER: Final = CertificateProfile(
    name="ocsp_responder",
    issuer_profile="card_ca",
    lifetime=20 * _YEAR,
    key_usage=_usage("digital_signature"),
    policy_oid=ObjectIdentifier(f"{_ARC}.1.6"),
    extended_key_usage=frozenset({ExtendedKeyUsageOID.OCSP_SIGNING}),
    is_never_checked=True,
)

_ROWS: Final = (
    CSCA,
    DOCUMENT_SIGNER,
    CARD_CA,
    CARD_AUTHENTICATION,
    CARD_SIGNATURE,
    CARD_KEY_AGREEMENT,
    CARD_PRESENCE,
)
PROFILES: Final[Mapping[str, CertificateProfile]] = MappingProxyType(
    {row.name: row for row in _ROWS}
)
