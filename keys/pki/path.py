"""From a certificate that somebody showed us to one that proves something.

Path validation (RFC 5280 section 6.1) is cryptography's; what a leaf has to be stands in its
profile, compared by the same lint that released it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, VerificationError

from keys.algorithms import algorithm_of
from keys.errors import CertificateRejected
from keys.pki import lint
from keys.pki.anchors import Anchors, TrustAnchors
from keys.pki.profiles import CertificateProfile
from keys.pki.register import fingerprint_of
from keys.pki.subject import personal_number

LARGEST_CERTIFICATE: Final = 4096  # octets of DER; ours have about 700


@dataclass(frozen=True, slots=True)
class TrustedCertificate:
    """A certificate that chains to an anchor for this purpose. Built only by `validate_path`.

    It says nothing about revocation: the register is asked for that, by `fingerprint` or serial.

    Attributes:
        certificate: the leaf.
        purpose: the profile it was held against.
        chain: leaf first, root last.
        at: the moment for which all this is true.
        personal_number: the holder's twelve digits.
        fingerprint: SHA-256 of the leaf's DER.
    """

    certificate: x509.Certificate
    purpose: CertificateProfile
    chain: tuple[x509.Certificate, ...]
    at: datetime
    personal_number: str
    fingerprint: bytes

    @property
    def algorithm(self) -> str:
        """What its key signs with: said by the key, not by whoever presents a signature."""
        return algorithm_of(self.certificate.public_key())


def validate_path(
    unverified_certificate: bytes,
    anchors: TrustAnchors,
    purpose: CertificateProfile,
    at: datetime,
) -> TrustedCertificate:
    """Prove that a holder's certificate (DER) is good for the purpose at that moment.

    Raises CertificateRejected with its reason, NoTrustAnchors if nobody is trusted for the purpose.
    """
    trusted = anchors.of(purpose)
    # 1. Read it: bounded, whole, nothing behind it.
    leaf = _read(unverified_certificate)
    # 2. A key of a permitted kind, written in the one permitted way.
    if any(lint.key_breaches(leaf, purpose)):
        raise CertificateRejected("weak_key")
    # 3. Exactly the extensions of its profile: usage, purpose, policy; nothing unknown, no other.
    if any(lint.extension_breaches(leaf, purpose)):
        raise CertificateRejected("wrong_purpose")
    # 4. It names one person.
    number = personal_number(leaf.subject)
    # 5. It is valid now: told apart from other refusals, because the citizen can act on it.
    _require_valid(leaf, at)
    # 6. It was issued by whom we trust for this purpose, and so up to the root.
    chain = _chain(leaf, trusted, at)
    return TrustedCertificate(leaf, purpose, chain, at, number, fingerprint_of(leaf))


def _read(der: bytes) -> x509.Certificate:
    if len(der) > LARGEST_CERTIFICATE:
        raise CertificateRejected("too_large")
    try:
        certificate = x509.load_der_x509_certificate(der)
        # The library parses late: every late part that is used below is asked for here.
        _ = (certificate.extensions, certificate.subject, certificate.issuer)
        is_well_formed = not any(lint.form_breaches(certificate))
    except lint.UNREADABLE:
        raise CertificateRejected("malformed") from None
    if not is_well_formed:
        raise CertificateRejected("malformed")
    return certificate


def _require_valid(leaf: x509.Certificate, at: datetime) -> None:
    if at < leaf.not_valid_before_utc:
        raise CertificateRejected("not_yet_valid")
    if at > leaf.not_valid_after_utc:
        raise CertificateRejected("expired")


def _chain(leaf: x509.Certificate, trusted: Anchors, at: datetime) -> tuple[x509.Certificate, ...]:
    verifier = (
        PolicyBuilder()
        .store(trusted.store)
        .time(at)
        .max_chain_depth(1)  # one card CA between leaf and root
        .extension_policies(
            ca_policy=ExtensionPolicy.webpki_defaults_ca(),
            # The default demands a subject alternative name, which a card has not. This one demands
            # nothing: step 3 compared every extension.
            ee_policy=ExtensionPolicy.permit_all(),
        )
        .build_client_verifier()
    )
    try:
        chain = tuple(verifier.verify(leaf, list(trusted.issuers)).chain)
    except VerificationError:
        raise CertificateRejected("untrusted") from None
    # A root, or another authority under it, may not step in for the issuer of this kind.
    if chain[1] not in trusted.issuers:
        raise CertificateRejected("untrusted")
    return chain
