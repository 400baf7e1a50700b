"""The list of what the card CA took back, judged by OpenSSL."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from unit.keys.pki.held import CARDS, MATERIAL

from keys.pki.crl import build_crl
from keys.pki.profiles import CARD_CA, CSCA
from keys.pki.register import CertificateRecord, CertificateStatus, RevocationReason

NOW = datetime.now(UTC)  # noqa: TID251 - OpenSSL judges by the machine's clock
DAY = timedelta(days=1)


def record(
    serial: int, status: CertificateStatus, reason: RevocationReason | None = None
) -> CertificateRecord:
    since = NOW - DAY if reason else None
    return CertificateRecord(
        serial, "card_authentication", "", NOW - DAY, NOW + DAY, status, None, since, reason
    )


RECORDS = (
    record(1, CertificateStatus.GOOD),
    record(2, CertificateStatus.REVOKED, RevocationReason.KEY_COMPROMISE),
    record(3, CertificateStatus.HELD, RevocationReason.CERTIFICATE_HOLD),
    record(4, CertificateStatus.RESERVED),
    record(5, CertificateStatus.REVOKED, RevocationReason.UNSPECIFIED),
)


def crl() -> x509.CertificateRevocationList:
    der = build_crl(CARDS, RECORDS, number=7, at=NOW, lifetime=DAY)
    return x509.load_der_x509_crl(der)


def test_openssl_verifies_the_list__rfc5280_5_1_1_3(tmp_path: Path) -> None:
    (tmp_path / "crl.pem").write_bytes(crl().public_bytes(Encoding.PEM))
    ca = MATERIAL.minted[CARD_CA.name].certificate
    (tmp_path / "ca.pem").write_bytes(ca.public_bytes(Encoding.PEM))
    judge = ["openssl", "crl", "-in", "crl.pem", "-CAfile", "ca.pem", "-noout"]
    judged = subprocess.run(judge, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert judged.stderr.strip() == "verify OK"
    other = MATERIAL.minted[CSCA.name].certificate
    (tmp_path / "ca.pem").write_bytes(other.public_bytes(Encoding.PEM))
    judged = subprocess.run(judge, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert "verify OK" not in judged.stderr


def test_it_lists_what_is_held_or_revoked_and_nothing_else__rfc5280_5_3_1() -> None:
    reasons = {
        entry.serial_number: [str(each.value.reason.value) for each in entry.extensions]
        for entry in crl()
    }
    assert reasons == {2: ["keyCompromise"], 3: ["certificateHold"], 5: []}


def test_it_says_its_number_and_until_when__rfc5280_5_2_3() -> None:
    told = crl()
    assert told.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
    assert told.next_update_utc == NOW.replace(microsecond=0) + DAY
