"""Whom we trust, for what: configured by us, and never anything that came with a certificate."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography.x509 import Certificate
from cryptography.x509.verification import Store

from keys.errors import NoTrustAnchors, ProfileViolation
from keys.pki.lint import extension_breaches, form_breaches, key_breaches
from keys.pki.profiles import PROFILES, CertificateProfile

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
