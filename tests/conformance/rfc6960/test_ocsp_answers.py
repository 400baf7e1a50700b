"""OpenSSL asks, we answer, OpenSSL judges."""

import asyncio
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st
from unit.keys.pki.held import CARDS, HOLDER, MATERIAL, VAULT

from keys.errors import OcspRefused, ProfileViolation
from keys.pki.ocsp import Responder, build_answer, build_refusal, read_question
from keys.pki.profiles import CARD_AUTHENTICATION, CARD_CA, CSCA
from keys.pki.register import CertificateRecord, CertificateStatus, RevocationReason

SHA1 = hashes.SHA1  # how RFC 6960 clients name an issuer
NOW = datetime.now(UTC)  # noqa: TID251 - OpenSSL judges by the machine's clock
LATER = timedelta(minutes=10)
SERIAL = 0x1234
_HANDLE = asyncio.run(VAULT.generate("ES256"))
CARD = CARDS.issue(
    CARD_AUTHENTICATION,
    HOLDER,
    VAULT.public_key(_HANDLE),
    serial=SERIAL,
    not_before=datetime(2026, 6, 1, tzinfo=UTC),
    not_after=datetime(2030, 6, 1, tzinfo=UTC),
)


def responder() -> Responder:
    return asyncio.run(MATERIAL.responder(VAULT))


def record(status: CertificateStatus, reason: RevocationReason | None = None) -> CertificateRecord:
    since = NOW - timedelta(days=1) if reason else None
    begin, end = CARD.not_valid_before_utc, CARD.not_valid_after_utc
    return CertificateRecord(
        SERIAL, CARD_AUTHENTICATION.name, "", begin, end, status, None, since, reason
    )


def asked(
    *, hashed: SHA1 | SHA256 | None = None, nonce: bytes | None = None, issuer: str = CARD_CA.name
) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        CARD, MATERIAL.minted[issuer].certificate, hashed or SHA1()
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def answered(found: CertificateRecord | None, request: bytes) -> ocsp.OCSPResponse:
    answer = build_answer(read_question(request), found, responder(), NOW, LATER)
    return ocsp.load_der_ocsp_response(answer)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    for name, certificate in (
        ("card", CARD),
        ("ca", MATERIAL.minted[CARD_CA.name].certificate),
        ("root", MATERIAL.minted[CSCA.name].certificate),
    ):
        (tmp_path / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return tmp_path


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (record(CertificateStatus.GOOD), "card.pem: good"),
        (record(CertificateStatus.REVOKED, RevocationReason.KEY_COMPROMISE), "card.pem: revoked"),
        (record(CertificateStatus.HELD, RevocationReason.CERTIFICATE_HOLD), "card.pem: revoked"),
        (record(CertificateStatus.RESERVED), "card.pem: unknown"),
        (None, "card.pem: unknown"),
    ],
)
def test_openssl_believes_the_answer__rfc6960_2_2(
    desk: Path, found: CertificateRecord | None, told: str
) -> None:
    command = ["openssl", "ocsp", "-issuer", "ca.pem", "-cert", "card.pem", "-no_nonce"]
    subprocess.run([*command, "-reqout", "ask"], cwd=desk, check=True, capture_output=True)
    question = read_question((desk / "ask").read_bytes())
    (desk / "answer").write_bytes(build_answer(question, found, responder(), NOW, LATER))
    judged = subprocess.run(
        [*command, "-reqin", "ask", "-respin", "answer", "-CAfile", "root.pem"],
        cwd=desk,
        check=False,
        capture_output=True,
        text=True,
    )
    assert "Response verify OK" in judged.stderr
    assert told in judged.stdout


def test_openssl_finds_its_nonce_again__rfc9654_2_1(desk: Path) -> None:
    ask = ["openssl", "ocsp", "-issuer", "ca.pem", "-cert", "card.pem", "-reqout", "ask"]
    subprocess.run(ask, cwd=desk, check=True, capture_output=True)
    question, good = read_question((desk / "ask").read_bytes()), record(CertificateStatus.GOOD)
    (desk / "answer").write_bytes(build_answer(question, good, responder(), NOW, LATER))
    judge = ["openssl", "ocsp", "-reqin", "ask", "-respin", "answer"]
    judge += ["-verify_other", "ca.pem", "-CAfile", "root.pem"]
    judged = subprocess.run(judge, cwd=desk, check=False, capture_output=True, text=True)
    assert judged.stderr == "Response verify OK\n"


def test_openssl_refuses_an_answer_that_was_altered(desk: Path) -> None:
    answer = bytearray(
        build_answer(
            read_question(asked()), record(CertificateStatus.GOOD), responder(), NOW, LATER
        )
    )
    place = bytes(answer).find(SERIAL.to_bytes(2, "big"))
    answer[place] ^= 1
    (desk / "answer").write_bytes(answer)
    judged = subprocess.run(
        ["openssl", "ocsp", "-respin", "answer", "-CAfile", "root.pem", "-verify_other", "ca.pem"],
        cwd=desk,
        check=False,
        capture_output=True,
        text=True,
    )
    assert "Response verify OK" not in judged.stderr


def test_a_revocation_says_since_when_and_why__rfc6960_2_2() -> None:
    held = record(CertificateStatus.HELD, RevocationReason.CERTIFICATE_HOLD)
    told = answered(held, asked())
    assert told.revocation_reason is x509.ReasonFlags.certificate_hold
    assert told.revocation_time_utc == (NOW - timedelta(days=1)).replace(microsecond=0)


@pytest.mark.parametrize("hashed", [SHA1(), SHA256()])
def test_the_answer_names_the_certificate_as_the_question_did__rfc6960_4_1_1(
    hashed: SHA1 | SHA256,
) -> None:
    request = asked(hashed=hashed)
    told = answered(record(CertificateStatus.GOOD), request)
    question = ocsp.load_der_ocsp_request(request)
    assert (told.serial_number, told.issuer_key_hash) == (SERIAL, question.issuer_key_hash)
    assert told.next_update_utc == NOW.replace(microsecond=0) + LATER


def test_the_nonce_comes_back__rfc9654_2_1() -> None:
    told = answered(record(CertificateStatus.GOOD), asked(nonce=b"n" * 32))
    assert told.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 32
    without = answered(record(CertificateStatus.GOOD), asked())
    assert not [each for each in without.extensions if isinstance(each.value, x509.OCSPNonce)]


def test_a_nonce_of_more_than_128_octets_is_malformed__rfc9654_2_1() -> None:
    with pytest.raises(OcspRefused, match="malformed_request"):
        read_question(asked(nonce=b"n" * 129))


def test_a_question_about_two_certificates_is_not_answered(desk: Path) -> None:
    ask = ["openssl", "ocsp", "-issuer", "ca.pem", "-cert", "card.pem", "-serial", "0x99"]
    subprocess.run([*ask, "-reqout", "ask"], cwd=desk, check=True, capture_output=True)
    with pytest.raises(OcspRefused, match="malformed_request"):
        read_question((desk / "ask").read_bytes())


def test_another_issuers_certificate_is_not_ours_to_answer_for__rfc6960_2_3() -> None:
    question = read_question(asked(issuer=CSCA.name))
    with pytest.raises(OcspRefused, match="unauthorized") as refusal:
        build_answer(question, record(CertificateStatus.GOOD), responder(), NOW, LATER)
    told = ocsp.load_der_ocsp_response(build_refusal(refusal.value))
    assert told.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


def test_a_responder_signs_with_its_own_key_alone__rfc6960_4_2_2_2() -> None:
    own = MATERIAL.minted[CARD_CA.name]
    with pytest.raises(ProfileViolation):
        Responder(own.certificate, own.certificate, VAULT, _HANDLE)
    assert responder().certificate.issuer == own.certificate.subject


@given(st.binary(max_size=200) | st.binary(max_size=40).map(lambda junk: asked()[:60] + junk))
def test_what_is_no_question_is_refused_in_one_way__rfc6960_2_3(junk: bytes) -> None:
    try:
        read_question(junk)
    except OcspRefused as refusal:
        assert refusal.reason == "malformed_request"  # noqa: PT017 - either is right, nothing else


def test_a_question_that_is_too_long_is_not_read() -> None:
    with pytest.raises(OcspRefused, match="malformed_request"):
        read_question(asked() + b"\x00" * 1024)
