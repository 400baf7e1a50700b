"""What was issued: one record for each serial number, kept before the certificate exists."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, ReasonFlags, random_serial_number

from keys.errors import StatusConflict


class CertificateStatus(StrEnum):
    """RESERVED (serial kept before signing) -> GOOD <-> HELD -> REVOKED."""

    RESERVED = "RESERVED"
    GOOD = "GOOD"
    HELD = "HELD"
    REVOKED = "REVOKED"


_MOVES = {
    CertificateStatus.RESERVED: {CertificateStatus.GOOD, CertificateStatus.REVOKED},
    CertificateStatus.GOOD: {CertificateStatus.HELD, CertificateStatus.REVOKED},
    CertificateStatus.HELD: {CertificateStatus.GOOD, CertificateStatus.REVOKED},
    CertificateStatus.REVOKED: set[CertificateStatus](),
}


class RevocationReason(StrEnum):
    """Why a certificate does not count (RFC 5280 section 5.3.1)."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"
    CERTIFICATE_HOLD = "certificateHold"

    @property
    def flag(self) -> ReasonFlags:
        """The same, as certificate lists and OCSP answers tell it."""
        return ReasonFlags(self.value)


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """What the register knows of one serial number.

    Attributes:
        serial: 1 to 159 bits.
        profile: name of its row in PROFILES.
        subject: as an RFC 4514 string.
        fingerprint: SHA-256 of the certificate's DER; None until it is signed.
        revoked_at: since when it does not count, for HELD and REVOKED.
        reason: why, for HELD and REVOKED.
    """

    serial: int
    profile: str
    subject: str
    not_before: datetime
    not_after: datetime
    status: CertificateStatus = CertificateStatus.RESERVED
    fingerprint: bytes | None = None
    revoked_at: datetime | None = None
    reason: RevocationReason | None = None

    def issued(self, certificate: Certificate) -> "CertificateRecord":
        """The certificate was signed; raises StatusConflict if it is not the one reserved."""
        reserved = (self.serial, self.subject, self.not_before, self.not_after)
        signed = (
            certificate.serial_number,
            certificate.subject.rfc4514_string(),
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
        )
        if signed != reserved or self.status is not CertificateStatus.RESERVED:
            raise StatusConflict("not the certificate that was reserved")
        return replace(self, status=CertificateStatus.GOOD, fingerprint=fingerprint_of(certificate))

    def held(self, at: datetime) -> "CertificateRecord":
        """It does not count for the time being; raises StatusConflict."""
        return self._moved(CertificateStatus.HELD, at, RevocationReason.CERTIFICATE_HOLD)

    def released(self) -> "CertificateRecord":
        """It counts again after a hold; raises StatusConflict."""
        if self.status is not CertificateStatus.HELD:
            raise StatusConflict("only what is held can be released")
        return self._moved(CertificateStatus.GOOD, None, None)

    def revoked(self, at: datetime, reason: RevocationReason) -> "CertificateRecord":
        """It never counts again; raises StatusConflict."""
        return self._moved(CertificateStatus.REVOKED, at, reason)

    def _moved(
        self, status: CertificateStatus, at: datetime | None, reason: RevocationReason | None
    ) -> "CertificateRecord":
        if status not in _MOVES[self.status]:
            raise StatusConflict(f"no way from {self.status} to {status}")
        return replace(self, status=status, revoked_at=at, reason=reason)


class CertificateRegister(Protocol):
    """Remembers every serial number ever reserved."""

    async def reserve(self, record: CertificateRecord) -> None:
        """Keep a RESERVED record, durable when this returns; raises StatusConflict if taken."""
        ...

    async def record(self, record: CertificateRecord) -> None:
        """Keep the newer state of a reserved record; raises StatusConflict if there is none."""
        ...

    async def find(self, serial: int) -> CertificateRecord | None:
        """Find what is known of a serial number."""
        ...

    async def barred(self, now: datetime, after: int, limit: int) -> Sequence[CertificateRecord]:
        """Find the next, above serial `after`, that are held or revoked and not over at `now`."""
        ...


def new_serial() -> int:
    """Draw a serial number: 159 random bits, positive, at most 20 octets (RFC 5280 4.1.2.2)."""
    return random_serial_number()


def fingerprint_of(certificate: Certificate) -> bytes:
    """SHA-256 of the certificate's DER: 32 octets."""
    return sha256(certificate.public_bytes(Encoding.DER)).digest()
