from dataclasses import replace
from hashlib import sha256

import pytest
from unit.keys.pki.makers import DAY, NOW, Pki, craft, der

from keys.errors import StatusConflict
from keys.pki.register import (
    CertificateRecord,
    CertificateStatus,
    RevocationReason,
    fingerprint_of,
    new_serial,
)

PKI = Pki.make()
CERTIFICATE = craft(issuer=PKI.card_ca).certificate
RESERVED = CertificateRecord(
    serial=CERTIFICATE.serial_number,
    profile="card_authentication",
    subject=CERTIFICATE.subject.rfc4514_string(),
    not_before=CERTIFICATE.not_valid_before_utc,
    not_after=CERTIFICATE.not_valid_after_utc,
)
GOOD = RESERVED.issued(CERTIFICATE)


def test_a_serial_is_random_and_fits_twenty_octets__rfc5280_4_1_2_2() -> None:
    serials = {new_serial() for _ in range(1000)}
    assert len(serials) == 1000
    assert all(0 < serial < 2**159 for serial in serials)
    assert max(serial.bit_length() for serial in serials) > 150


def test_a_reserved_serial_becomes_good_with_its_certificate() -> None:
    assert RESERVED.status is CertificateStatus.RESERVED
    assert RESERVED.fingerprint is None
    assert GOOD.status is CertificateStatus.GOOD
    assert GOOD.fingerprint == sha256(der(CERTIFICATE)).digest() == fingerprint_of(CERTIFICATE)


@pytest.mark.parametrize(
    "change",
    [
        {"serial": 1},
        {"subject": "CN=Else"},
        {"not_before": NOW},
        {"not_after": NOW},
        {"status": CertificateStatus.GOOD},
        {"status": CertificateStatus.REVOKED},
    ],
)
def test_only_the_reserved_certificate_is_recorded(change: dict[str, object]) -> None:
    with pytest.raises(StatusConflict):
        replace(RESERVED, **change).issued(CERTIFICATE)  # type: ignore[arg-type]  # any change


def test_a_hold_is_lifted_or_becomes_final() -> None:
    held = GOOD.held(NOW)
    assert (held.status, held.revoked_at) == (CertificateStatus.HELD, NOW)
    assert held.reason is RevocationReason.CERTIFICATE_HOLD
    assert held.released() == GOOD
    revoked = held.revoked(NOW + DAY, RevocationReason.KEY_COMPROMISE)
    assert (revoked.status, revoked.revoked_at, revoked.reason) == (
        CertificateStatus.REVOKED,
        NOW + DAY,
        RevocationReason.KEY_COMPROMISE,
    )


def test_a_serial_whose_certificate_never_came_can_be_closed() -> None:
    revoked = RESERVED.revoked(NOW, RevocationReason.CESSATION_OF_OPERATION)
    assert revoked.fingerprint is None


@pytest.mark.parametrize("record", [RESERVED, GOOD, GOOD.revoked(NOW, RevocationReason.SUPERSEDED)])
def test_only_what_is_held_is_released(record: CertificateRecord) -> None:
    with pytest.raises(StatusConflict):
        record.released()


def test_revoked_is_for_ever() -> None:
    revoked = GOOD.revoked(NOW, RevocationReason.UNSPECIFIED)
    with pytest.raises(StatusConflict):
        revoked.held(NOW)
    with pytest.raises(StatusConflict):
        revoked.revoked(NOW, RevocationReason.UNSPECIFIED)
    with pytest.raises(StatusConflict):
        RESERVED.held(NOW)


@pytest.mark.parametrize("reason", RevocationReason)
def test_every_reason_can_be_told_to_others__rfc5280_5_3_1(reason: RevocationReason) -> None:
    assert reason.flag.value == reason.value
