"""The list of what an authority has taken back (RFC 5280 section 5), built from the register."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from keys.pki.authority import CertificateAuthority
from keys.pki.register import CertificateRecord, CertificateStatus

_BARRED: Final = frozenset({CertificateStatus.HELD, CertificateStatus.REVOKED})


def build_crl(
    authority: CertificateAuthority,
    records: Iterable[CertificateRecord],
    *,
    number: int,
    at: datetime,
    lifetime: timedelta,
) -> bytes:
    """List what is held or revoked, as DER; good until `at` plus `lifetime`.

    `number` grows with every list (section 5.2.3).
    """
    begin = at.replace(microsecond=0)
    # All at once: added one by one, each addition would copy the list so far.
    entries = [_entry(record, begin) for record in records if record.status in _BARRED]
    builder = (
        x509.CertificateRevocationListBuilder(revoked_certificates=entries)
        .last_update(begin)
        .next_update(begin + lifetime)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    return authority.sign_crl(builder).public_bytes(Encoding.DER)


def _entry(record: CertificateRecord, at: datetime) -> x509.RevokedCertificate:
    builder = (
        x509.RevokedCertificateBuilder()
        .serial_number(record.serial)
        .revocation_date((record.revoked_at or at).replace(microsecond=0))
    )
    reason = record.reason.flag if record.reason else None
    # RFC 5280 section 5.3.1: "unspecified" is said by leaving the extension out.
    if reason is not None and reason is not x509.ReasonFlags.unspecified:
        builder = builder.add_extension(x509.CRLReason(reason), critical=False)
    return builder.build()
