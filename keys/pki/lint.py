"""Is a certificate what its profile says? Asked before release, and when one is shown.

Written from the clauses and the profile's row, not from the code that builds certificates.
"""

from collections.abc import Iterator
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keys.algorithms import algorithm, algorithm_of
from keys.errors import AlgorithmRefused, CertificateRejected, ProfileViolation
from keys.pki.profiles import CertificateProfile, Named
from keys.pki.subject import document_number, personal_number

_LONGEST_SERIAL: Final = 159  # bits: 20 octets with the sign bit clear
# What the library raises on a certificate that cannot be read. It only warns of a serial number
# below one and of a name too long; where warnings are errors, they stay refusals.
UNREADABLE: Final = (
    ValueError,
    TypeError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    Warning,
)


def check(
    certificate: x509.Certificate, profile: CertificateProfile, issuer: x509.Certificate
) -> None:
    """Return if the certificate keeps its profile; raises ProfileViolation naming every breach.

    `issuer` is the certificate of the authority that signed it; a root is its own.
    """
    breaches = [
        *form_breaches(certificate),
        *key_breaches(certificate, profile),
        *extension_breaches(certificate, profile),
        *_subject_breaches(certificate, profile),
        *_validity_breaches(certificate, profile, issuer),
        *_issuer_breaches(certificate, profile, issuer),
    ]
    if breaches:
        raise ProfileViolation(f"{profile.name}: {'; '.join(breaches)}")


def form_breaches(certificate: x509.Certificate) -> Iterator[str]:
    """Say what is wrong with the certificate's outer form."""
    # RFC 5280 section 4.1.2.1: with extensions, version 3
    if certificate.version is not x509.Version.v3:
        yield "not version 3"
    # RFC 5280 section 4.1.2.2: positive, at most 20 octets
    serial = certificate.serial_number
    if serial <= 0 or serial.bit_length() > _LONGEST_SERIAL:
        yield "serial number out of range"
    # RFC 5758 section 3.2 with X.690 section 8.6.2.2: whole octets, so no bit is left unused. Told
    # otherwise, with a last bit of zero, it is the same signature in another certificate's bytes.
    if not certificate.public_bytes(Encoding.DER).endswith(b"\0" + certificate.signature):
        yield "signature in an unusual encoding"


def key_breaches(certificate: x509.Certificate, profile: CertificateProfile) -> Iterator[str]:
    """Say what is wrong with the certificate's key: its curve, and how it is written."""
    try:
        key = certificate.public_key()
        is_permitted = algorithm_of(key) in profile.algorithms
    # A curve that the library does not know, or a point that is not on its curve.
    except (AlgorithmRefused, UnsupportedAlgorithm, ValueError):
        yield "key of a kind that is not permitted"
        return
    if not is_permitted:
        yield "key of a kind that is not permitted"
    # RFC 5480 sections 2.1.1 and 2.2: the curve by its name, the point uncompressed. Explicit
    # parameters, compressed and hybrid points are the same key in other bytes than these.
    plain = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if plain not in certificate.tbs_certificate_bytes:
        yield "key in an unusual encoding"


def extension_breaches(certificate: x509.Certificate, profile: CertificateProfile) -> Iterator[str]:
    """Say where the extensions differ from the profile: exactly these, and no other."""
    wanted = _wanted_extensions(certificate, profile)
    found = {
        extension.oid: (extension.critical, extension.value) for extension in certificate.extensions
    }
    # It names the issuer's key, which the profile does not know: `_issuer_breaches` compares it.
    authority = found.pop(x509.AuthorityKeyIdentifier.oid, None)
    if authority is None or authority[0]:
        yield "authority key identifier missing or critical"
    for oid in sorted(wanted.keys() | found.keys(), key=lambda oid: oid.dotted_string):
        if wanted.get(oid) != found.get(oid):
            yield f"extension {oid.dotted_string} differs"


def _wanted_extensions(
    certificate: x509.Certificate, profile: CertificateProfile
) -> dict[x509.ObjectIdentifier, tuple[bool, x509.ExtensionType]]:
    policy = x509.PolicyInformation(profile.policy_oid, None)
    wanted: list[tuple[bool, x509.ExtensionType]] = [
        (True, x509.BasicConstraints(profile.is_authority, profile.path_length)),
        (True, profile.key_usage),
        (False, x509.CertificatePolicies([policy])),
        (False, x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())),
    ]
    if profile.extended_key_usage:
        purposes = x509.ExtendedKeyUsage(profile.extended_key_usage)
        wanted.append((profile.purpose_is_critical, purposes))
    if profile.is_never_checked:
        wanted.append((False, x509.OCSPNoCheck()))
    return {extension.oid: (critical, extension) for critical, extension in wanted}


def _subject_breaches(certificate: x509.Certificate, profile: CertificateProfile) -> Iterator[str]:
    reader = {Named.HOLDER: personal_number, Named.CARD: document_number}.get(profile.names)
    if reader is not None:
        try:
            reader(certificate.subject)
        except CertificateRejected:
            yield f"subject does not name a {profile.names}"
    # RFC 5280 section 4.1.2.6: an issuer has a name
    elif not certificate.subject.rdns:
        yield "empty subject"


def _validity_breaches(
    certificate: x509.Certificate, profile: CertificateProfile, issuer: x509.Certificate
) -> Iterator[str]:
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begin < end <= begin + profile.lifetime:
        yield "validity longer than the profile's lifetime, or none"
    if begin < issuer.not_valid_before_utc or end > issuer.not_valid_after_utc:
        yield "validity outside the issuer's"


def _issuer_breaches(
    certificate: x509.Certificate, profile: CertificateProfile, issuer: x509.Certificate
) -> Iterator[str]:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        yield "not signed by its issuer"
        return
    row = algorithm(algorithm_of(issuer.public_key()))
    signed_with = certificate.signature_hash_algorithm
    if signed_with is None or row.hash is None or signed_with.name != row.hash.name:
        yield "signed with another hash than the issuer's curve asks for"
    # RFC 5280 section 4.2.1.1
    own = [
        e.value.digest for e in issuer.extensions if isinstance(e.value, x509.SubjectKeyIdentifier)
    ]
    named = [
        e.value.key_identifier
        for e in certificate.extensions
        if isinstance(e.value, x509.AuthorityKeyIdentifier)
    ]
    if named != own:
        yield "authority key identifier is not the issuer's"
    is_root = profile.issuer_profile == profile.name
    if (certificate.subject == certificate.issuer) != is_root:
        yield "self-issued, or not, against its profile"
