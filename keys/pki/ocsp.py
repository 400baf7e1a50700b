"""Answering who asks about a certificate of ours (RFC 6960). Pure: the register was asked before.

`read_question` says which serial number is meant, the caller looks it up, `build_answer` signs
what it found. A question that cannot be answered gets one of the standard's unsigned refusals.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from keys.errors import OcspRefused, ProfileViolation
from keys.pki.register import CertificateRecord, CertificateStatus
from keys.pki.vault_key import VaultKey
from keys.vault import KeyHandle, Vault

LONGEST_QUESTION: Final = 1024  # one certificate and a nonce take about 120 octets
LONGEST_NONCE: Final = 128  # RFC 9654 section 2.1
LONGEST_SERIAL: Final = 160  # bits; RFC 5280 section 4.1.2.2: positive, at most 20 octets
# RFC 6960 section 4.3 has clients name the issuer by SHA-1; nothing rests on that hash here.
_HASHES: Final = (hashes.SHA1, hashes.SHA256)
# A RuntimeError says that it asks for more than one certificate at once.
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    RuntimeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
)


@dataclass(frozen=True, slots=True)
class Question:
    """One certificate, named by its issuer's hashes and its serial number."""

    request: ocsp.OCSPRequest

    @property
    def serial(self) -> int:
        """The serial number to look up."""
        return self.request.serial_number


class Responder:
    """Signs answers about one authority's certificates.

    RFC 6960 section 4.2.2.2: its certificate was issued by that very authority. Raises
    ProfileViolation if the key is not the certificate's.
    """

    def __init__(
        self,
        issuer: x509.Certificate,
        certificate: x509.Certificate,
        vault: Vault,
        handle: KeyHandle,
    ) -> None:
        self.issuer = issuer
        self.certificate = certificate
        self.key = VaultKey(vault, handle)
        if self.key.public_key() != certificate.public_key():
            raise ProfileViolation("not the responder's key")


def read_question(der: bytes) -> Question:
    """Read a request for one certificate; raises OcspRefused (malformedRequest)."""
    if len(der) > LONGEST_QUESTION:
        raise OcspRefused("malformed_request")
    try:
        request = ocsp.load_der_ocsp_request(der)
        nonce = _nonce(request)
        # Parsed late by the library: what is used below is asked for here.
        serial, _ = request.serial_number, (request.issuer_key_hash, request.hash_algorithm)
    except _UNREADABLE:
        raise OcspRefused("malformed_request") from None
    if nonce is not None and not 1 <= len(nonce) <= LONGEST_NONCE:
        raise OcspRefused("malformed_request")
    if serial <= 0 or serial.bit_length() > LONGEST_SERIAL:
        raise OcspRefused("malformed_request")
    return Question(request)


def require_ours(question: Question, issuer: x509.Certificate) -> None:
    """Raise OcspRefused (unauthorized) unless the question is about this issuer's certificates."""
    asked = question.request
    if not isinstance(asked.hash_algorithm, _HASHES):
        raise OcspRefused("unauthorized")
    ours = (
        _digest(asked.hash_algorithm, issuer.subject.public_bytes()),
        _digest(asked.hash_algorithm, _key_bits(issuer)),
    )
    if (asked.issuer_name_hash, asked.issuer_key_hash) != ours:
        raise OcspRefused("unauthorized")


def build_answer(
    question: Question,
    record: CertificateRecord | None,
    responder: Responder,
    at: datetime,
    lifetime: timedelta,
) -> bytes:
    """Sign what the register says of one certificate, true at `at` and good for `lifetime`.

    Raises OcspRefused (unauthorized) for another issuer's certificate.
    """
    require_ours(question, responder.issuer)
    status, revoked_at, reason = _status(record, at)
    asked = question.request
    begin = at.replace(microsecond=0)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            asked.issuer_name_hash,
            asked.issuer_key_hash,
            asked.serial_number,
            asked.hash_algorithm,
            status,
            begin,
            begin + lifetime,
            revoked_at,
            reason,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
        .certificates([responder.certificate])
    )
    nonce = _nonce(asked)
    if nonce is not None:  # RFC 9654 section 2.1: the answer carries the same
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.sign(responder.key, responder.key.algorithm.hash).public_bytes(Encoding.DER)


def build_refusal(refusal: OcspRefused) -> bytes:
    """Say without a signature why there is no answer (RFC 6960 section 2.3)."""
    status = ocsp.OCSPResponseStatus[refusal.reason.upper()]
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def _status(
    record: CertificateRecord | None, at: datetime
) -> tuple[ocsp.OCSPCertStatus, datetime | None, x509.ReasonFlags | None]:
    """RFC 6960 section 2.2: good is said only of what was really issued."""
    if record is None or record.status is CertificateStatus.RESERVED:
        return ocsp.OCSPCertStatus.UNKNOWN, None, None
    if record.status is CertificateStatus.GOOD:
        return ocsp.OCSPCertStatus.GOOD, None, None
    since = (record.revoked_at or at).replace(microsecond=0)
    reason = record.reason.flag if record.reason else None
    return ocsp.OCSPCertStatus.REVOKED, since, reason


def _nonce(request: ocsp.OCSPRequest) -> bytes | None:
    try:
        return request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


def _digest(algorithm: hashes.HashAlgorithm, octets: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(octets)
    return digest.finalize()


def _key_bits(certificate: x509.Certificate) -> bytes:
    """RFC 6960 section 4.1.1: the key's bit string without its tag, length and unused bits."""
    return certificate.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
