"""Whom we trust, for what: configured by us, and never anything that came with a certificate."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from cryptography.x509.verification import Store

from keys.errors import CertificateRejected, NoTrustAnchors, ProfileViolation
from keys.pki.foreign_keys import (
    ForeignCertificate,
    country_of,
    is_signed_by,
    is_understood,
    read_certificate,
)
from keys.pki.lint import extension_breaches, form_breaches, key_breaches
from keys.pki.profiles import CSCA, PROFILES, CertificateProfile

LARGEST_COUNT: Final = 250  # issuers for one purpose: path building stays bounded


@dataclass(frozen=True)
class Anchors:
    """What counts for one purpose.

    Attributes:
        roots: where every path ends.
        issuers: the authorities that may issue this kind of certificate directly; each is checked
            against its own profile here, so that a path holds no weaker key than its leaf.
    """

    roots: tuple[Certificate, ...]
    issuers: tuple[Certificate, ...]

    @property
    def store(self) -> Store:
        """The roots, as the verifier wants them."""
        return Store(list(self.roots))


class TrustAnchors:
    """The anchors of each purpose; never changes.

    Raises NoTrustAnchors if there is nothing to check against, and ProfileViolation if an anchor is
    not what its profile says.
    """

    def __init__(self, anchors: Mapping[CertificateProfile, Anchors]) -> None:
        if not anchors:
            raise NoTrustAnchors("no purpose has anchors")
        for purpose, trusted in anchors.items():
            _require_sound(purpose, trusted)
        self._anchors = MappingProxyType({p.name: trusted for p, trusted in anchors.items()})

    def of(self, purpose: CertificateProfile) -> Anchors:
        """Get the anchors of one purpose; raises NoTrustAnchors: nobody is trusted for others."""
        trusted = self._anchors.get(purpose.name)
        if trusted is None:
            raise NoTrustAnchors(f"nobody is trusted for {purpose.name}")
        return trusted


@dataclass(frozen=True, slots=True)
class SignerNumber:
    """A document signer's certificate, as its country calls it.

    Attributes:
        country: two capitals. Numbers are an issuer's own, but a country's authorities follow one
            another under several names: a number counts for all of them.
        serial: the certificate's serial number.
    """

    country: str
    serial: int

    def __str__(self) -> str:
        return f"{self.country} {self.serial:x}"


class DocumentAnchors:
    """Whose word counts for chips: the CSCA certificates (ICAO Doc 9303-12) of each country.

    `own` are ours and keep our profile. `imported` (DER) are other countries', named by the
    operator or taken from a verified master list. Every one is an anchor by itself: a link
    certificate, with which a country's old key hands on to its new one, is an anchor like the
    self-signed certificate of the new key, and no path is built through it. `revoked` are signers
    that nobody is believed for, whoever certified them.

    Raises NoTrustAnchors without an own one, ProfileViolation if an own one breaks the profile, and
    CertificateRejected if an imported one is not fit (`read_csca`) or claims to be of our country:
    a number under another authority is not the same person.
    """

    def __init__(
        self,
        own: Iterable[Certificate],
        imported: Iterable[bytes] = (),
        revoked: Iterable[SignerNumber] = (),
    ) -> None:
        by_country: dict[str, dict[bytes, ForeignCertificate]] = defaultdict(dict)
        for certificate in own:
            _require_profile(certificate, CSCA)
            der = certificate.public_bytes(Encoding.DER)
            by_country[country_of(certificate.subject)][der] = read_csca(der)
        if not by_country:
            raise NoTrustAnchors("no country signing authority of our own")
        self._own = frozenset(by_country)
        for der in imported:
            csca = read_csca(der)
            if csca.country in self._own:
                raise CertificateRejected("wrong_country")
            by_country[csca.country][der] = csca
        self._revoked = frozenset(revoked)
        self._by_country = {name: tuple(rows.values()) for name, rows in by_country.items()}

    def of(self, country: str) -> tuple[ForeignCertificate, ...]:
        """Get the certificates of a country (two capitals); none: nobody is trusted for it."""
        return self._by_country.get(country, ())

    def is_own(self, country: str) -> bool:
        """Whether we issue that country's documents ourselves."""
        return country in self._own

    def is_revoked(self, country: str, serial: int) -> bool:
        """Whether a signer of that country is believed no more."""
        return SignerNumber(country, serial) in self._revoked


def read_csca(der: bytes) -> ForeignCertificate:
    """Read a country signing authority's certificate, self-signed or link, of any country.

    Doc 9303-12, table 6: an authority, for certificates, of one country, that names its key. Raises
    CertificateRejected with its reason.
    """
    csca = read_certificate(der)
    certificate = csca.certificate
    try:
        limits = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
        certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        raise CertificateRejected("wrong_purpose") from None
    if not (limits.critical and limits.value.ca and usage.critical and usage.value.key_cert_sign):
        raise CertificateRejected("wrong_purpose")
    if not is_understood(certificate, limits.oid, usage.oid):
        raise CertificateRejected("wrong_purpose")
    if csca.country != country_of(certificate.issuer):
        raise CertificateRejected("wrong_country")
    if certificate.subject == certificate.issuer and not is_signed_by(csca, csca):
        raise CertificateRejected("untrusted")
    return csca


def _require_sound(purpose: CertificateProfile, trusted: Anchors) -> None:
    if not trusted.roots or not trusted.issuers:
        raise NoTrustAnchors(f"nobody is trusted for {purpose.name}")
    if len(trusted.issuers) > LARGEST_COUNT:
        raise NoTrustAnchors(f"too many issuers for {purpose.name}")
    issuer = PROFILES[purpose.issuer_profile]
    for certificate in trusted.issuers:
        _require_profile(certificate, issuer)
    for certificate in trusted.roots:
        _require_profile(certificate, _root_of(issuer))


def _require_profile(certificate: Certificate, profile: CertificateProfile) -> None:
    breaches = [
        *form_breaches(certificate),
        *key_breaches(certificate, profile),
        *extension_breaches(certificate, profile),
    ]
    if breaches:
        raise ProfileViolation(f"anchor is no {profile.name}: {'; '.join(breaches)}")


def _root_of(profile: CertificateProfile) -> CertificateProfile:
    while profile.issuer_profile != profile.name:
        profile = PROFILES[profile.issuer_profile]
    return profile
