"""From a document signer's certificate, of any country, to a signer that we believe.

The library's path verifier knows no brainpool curve, so the chain rules of ICAO Doc 9303-12 stand
here, one after the other: there is one step, from the signer to a CSCA. Our own document signer
goes the same way, and then has to be exactly what our profile says: the strict way on top of the
general one, so that no rule is missed because a signer is ours. Who is revoked, ours or another's,
the anchors say: no country's list is fetched.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import ExtensionOID

from keys.cms import open_master_list, open_signed_data, signer_certificate, verify_signed_data
from keys.errors import CertificateRejected, CmsMalformed
from keys.pki import lint
from keys.pki.anchors import DocumentAnchors
from keys.pki.foreign_keys import (
    ForeignCertificate,
    ForeignKey,
    country_of,
    document_types,
    is_signed_by,
    is_understood,
    read_certificate,
)
from keys.pki.profiles import DOCUMENT_SIGNER

MASTER_LIST: Final = ObjectIdentifier("2.23.136.1.1.2")  # id-icao-cscaMasterList
LARGEST_MASTER_LIST: Final = 4 * 1024 * 1024  # octets; a country's list has about one million
_MASTER_LIST_SIGNER: Final = ObjectIdentifier("2.23.136.1.1.3")


@dataclass(frozen=True, slots=True)
class TrustedSigner:
    """A document signer whose certificate a trusted CSCA signed. Built only by `validate_signer`.

    Attributes:
        certificate: the signer's.
        csca: the country's, which signed it.
        country: two capitals; the signer may sign documents of this country and of no other.
        document_types: the codes of the zones that it may sign; None: any.
        key: what it signs with.
        at: the moment for which all this is true.
    """

    certificate: x509.Certificate
    csca: x509.Certificate
    country: str
    document_types: frozenset[str] | None
    key: ForeignKey
    at: datetime

    @property
    def serial(self) -> int:
        """The serial number, under which its country can revoke it."""
        return self.certificate.serial_number


@dataclass(frozen=True, slots=True)
class VerifiedMasterList:
    """CSCA certificates (DER) that a country vouches for. Built only by `read_master_list`.

    Each has to pass `keys.pki.anchors.read_csca` before it is an anchor: lists also hold keys that
    are too weak for us.
    """

    country: str
    certificates: tuple[bytes, ...]


def validate_signer(
    unverified_certificate: bytes, anchors: DocumentAnchors, at: datetime
) -> TrustedSigner:
    """Prove that a certificate (DER) is a document signer's at that moment.

    Raises CertificateRejected: besides the reasons of reading, `wrong_purpose`, `wrong_country`,
    `expired`, `not_yet_valid`, `untrusted` or `revoked`.
    """
    signer, csca = _chain(unverified_certificate, anchors, (), at)
    if anchors.is_own(signer.country):
        _require_own_profile(signer.certificate)
    return TrustedSigner(
        certificate=signer.certificate,
        csca=csca.certificate,
        country=signer.country,
        document_types=document_types(signer.certificate),
        key=signer.key,
        at=at,
    )


def read_master_list(
    der: bytes, anchors_of_signer: DocumentAnchors, at: datetime
) -> VerifiedMasterList:
    """Read a CSCA master list (ICAO Doc 9303-12, 9), signed under a CSCA that the operator named.

    Raises CmsMalformed, CertificateRejected for its signer, SignatureInvalid.
    """
    claimed = open_signed_data(der, largest=LARGEST_MASTER_LIST)
    if claimed.content_type != MASTER_LIST:
        raise CmsMalformed("not a master list")
    signer, _ = _chain(signer_certificate(claimed), anchors_of_signer, (_MASTER_LIST_SIGNER,), at)
    content = verify_signed_data(claimed, signer.key).content
    return VerifiedMasterList(signer.country, open_master_list(content))


def _chain(
    der: bytes,
    anchors: DocumentAnchors,
    purposes: tuple[ObjectIdentifier, ...],
    at: datetime,
) -> tuple[ForeignCertificate, ForeignCertificate]:
    """Find the CSCA of a signer with exactly these extended purposes."""
    # 1. Read it: bounded, whole, a key of the table.
    signer = read_certificate(der)
    certificate = signer.certificate
    # 2. It signs data, and nothing else: no authority, no key agreement, no other purpose.
    _require_purpose(certificate, purposes)
    # 3. One country names itself on both ends (Doc 9303-12, table 5).
    if signer.country != country_of(certificate.issuer):
        raise CertificateRejected("wrong_country")
    # 4. It is valid now.
    if at < certificate.not_valid_before_utc:
        raise CertificateRejected("not_yet_valid")
    if at > certificate.not_valid_after_utc:
        raise CertificateRejected("expired")
    # 5. A CSCA of that country has the name and the key identifier of the issuer, is valid now,
    #    and its key made the signature.
    for csca in anchors.of(signer.country):
        if _is_named_issuer(certificate, csca.certificate, at) and is_signed_by(signer, csca):
            break
    else:
        raise CertificateRejected("untrusted")
    # 6. Nobody has taken its name back (Doc 9303-12, 4.2.2).
    if anchors.is_revoked(signer.country, certificate.serial_number):
        raise CertificateRejected("revoked")
    return signer, csca


def _require_purpose(certificate: x509.Certificate, purposes: tuple[ObjectIdentifier, ...]) -> None:
    """Doc 9303-12, table 6: keyUsage is digitalSignature alone, and critical.

    A document signer has no extended key usage; a master list signer has its own. So neither can
    step in for the other, nor a certificate for TLS, OCSP or a card for either.
    """
    extensions = certificate.extensions
    found = {one.oid: one for one in extensions}
    usage = found.get(ExtensionOID.KEY_USAGE)
    limits = found.get(ExtensionOID.BASIC_CONSTRAINTS)
    extended = found.get(ExtensionOID.EXTENDED_KEY_USAGE)
    fits = (
        usage is not None
        and usage.critical
        and usage.value == DOCUMENT_SIGNER.key_usage
        and (limits is None or limits.value == x509.BasicConstraints(ca=False, path_length=None))
        and (None if extended is None else extended.value)
        == (x509.ExtendedKeyUsage(purposes) if purposes else None)
    )
    processed = (
        ExtensionOID.KEY_USAGE,
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.EXTENDED_KEY_USAGE,
    )
    if not fits or not is_understood(certificate, *processed):
        raise CertificateRejected("wrong_purpose")


def _is_named_issuer(certificate: x509.Certificate, csca: x509.Certificate, at: datetime) -> bool:
    own = csca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    named = [
        one.value.key_identifier
        for one in certificate.extensions
        if isinstance(one.value, x509.AuthorityKeyIdentifier)
    ]
    return (
        named == [own]  # RFC 5280 section 4.2.1.1
        and certificate.issuer == csca.subject
        and csca.not_valid_before_utc <= at <= csca.not_valid_after_utc
    )


def _require_own_profile(certificate: x509.Certificate) -> None:
    if any(lint.key_breaches(certificate, DOCUMENT_SIGNER)):
        raise CertificateRejected("weak_key")
    if any(lint.extension_breaches(certificate, DOCUMENT_SIGNER)):
        raise CertificateRejected("wrong_purpose")
