"""Issuing: build a certificate by its profile, have the vault sign it, lint it, release it."""

from datetime import datetime

from cryptography import x509

from keys.algorithms import PublicKey, algorithm_of
from keys.errors import AlgorithmRefused, ProfileViolation
from keys.pki import lint
from keys.pki.profiles import CertificateProfile
from keys.pki.vault_key import VaultKey
from keys.vault import KeyHandle, Vault


class CertificateAuthority:
    """One issuer: its certificate, and its key open in the vault.

    Raises ProfileViolation if the profile is not an authority's, or the key is not the
    certificate's: the vault's store could have been altered.
    """

    def __init__(
        self,
        profile: CertificateProfile,
        certificate: x509.Certificate,
        vault: Vault,
        handle: KeyHandle,
    ) -> None:
        self.profile = profile
        self.certificate = certificate
        self._key = VaultKey(vault, handle)
        if not profile.is_authority or self._key.public_key() != certificate.public_key():
            raise ProfileViolation("not an authority, or not its key")

    def validity(
        self, profile: CertificateProfile, begin: datetime, until: datetime | None = None
    ) -> tuple[datetime, datetime]:
        """Say from when to when a new certificate is good.

        As long as its profile and this authority's own certificate allow, and not after `until`.
        """
        ends = [begin + profile.lifetime, self.certificate.not_valid_after_utc]
        end = min([*ends, until] if until is not None else ends)
        return begin.replace(microsecond=0), end.replace(microsecond=0)

    def issue(
        self,
        profile: CertificateProfile,
        subject: x509.Name,
        public_key: PublicKey,
        *,
        serial: int,
        not_before: datetime,
        not_after: datetime,
    ) -> x509.Certificate:
        """Issue one certificate; its serial was reserved before (`keys.pki.register`).

        Raises ProfileViolation if the profile is not ours to issue, or the result would break it.
        """
        if profile.issuer_profile != self.profile.name:
            raise ProfileViolation(f"{self.profile.name} does not issue {profile.name}")
        builder = _builder(profile, subject, public_key, serial, (not_before, not_after))
        issued = _sign(builder, self.certificate.subject, self._key)
        lint.check(issued, profile, self.certificate)
        return issued

    def sign_crl(
        self, builder: x509.CertificateRevocationListBuilder
    ) -> x509.CertificateRevocationList:
        """Sign a list of certificates of ours that do not count; RFC 5280 section 5.2.1."""
        name = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.issuer_name(self.certificate.subject).add_extension(name, critical=False)
        return builder.sign(self._key, self._key.algorithm.hash)


def issue_root(
    profile: CertificateProfile,
    subject: x509.Name,
    key: VaultKey,
    *,
    serial: int,
    not_before: datetime,
    not_after: datetime,
) -> x509.Certificate:
    """Issue a root, signed by itself; raises ProfileViolation as `issue` does."""
    if profile.issuer_profile != profile.name:
        raise ProfileViolation(f"{profile.name} is not a root")
    builder = _builder(profile, subject, key.public_key(), serial, (not_before, not_after))
    root = _sign(builder, subject, key)
    lint.check(root, profile, root)
    return root


def _builder(
    profile: CertificateProfile,
    subject: x509.Name,
    public_key: PublicKey,
    serial: int,
    validity: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    try:
        is_permitted = algorithm_of(public_key) in profile.algorithms
    except AlgorithmRefused:
        is_permitted = False
    if not is_permitted:
        raise ProfileViolation(f"{profile.name}: key of a kind that is not permitted")
    policy = x509.PolicyInformation(profile.policy_oid, None)
    limits = x509.BasicConstraints(ca=profile.is_authority, path_length=profile.path_length)
    builder = (
        x509.CertificateBuilder(subject_name=subject, public_key=public_key, serial_number=serial)
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .add_extension(limits, critical=True)
        .add_extension(profile.key_usage, critical=True)
        .add_extension(x509.CertificatePolicies([policy]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    if profile.extended_key_usage:
        purposes = x509.ExtendedKeyUsage(profile.extended_key_usage)
        builder = builder.add_extension(purposes, critical=profile.purpose_is_critical)
    if profile.is_never_checked:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return builder


def _sign(builder: x509.CertificateBuilder, issuer: x509.Name, key: VaultKey) -> x509.Certificate:
    public_key = key.public_key()
    # RFC 5280 section 4.2.1.1
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key)
    builder = builder.issuer_name(issuer).add_extension(authority, critical=False)
    return builder.sign(key, key.algorithm.hash)
