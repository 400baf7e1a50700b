"""Issuing from the vault: what would break its profile does not leave."""

import asyncio
import copy
import shutil
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from unit.keys.pki.held import CARDS, HOLDER, MATERIAL, VAULT
from unit.keys.pki.makers import DAY, NOW, der, holder, new_key

from keys import algorithms
from keys.errors import (
    AlgorithmRefused,
    CeremonyRefused,
    CertificateRejected,
    KeysError,
    NoTrustAnchors,
    ProfileViolation,
    VaultClosed,
)
from keys.pki.authority import CertificateAuthority, issue_root
from keys.pki.path import validate_path
from keys.pki.profiles import (
    CARD_AUTHENTICATION,
    CARD_CA,
    CARD_KEY_AGREEMENT,
    CARD_PRESENCE,
    CARD_SIGNATURE,
    CSCA,
    DOCUMENT_SIGNER,
    CertificateProfile,
)
from keys.pki.subject import (
    authority_subject,
    card_subject,
    document_number,
    personal_number,
    presence_subject,
)
from keys.pki.vault_key import VaultKey
from keys.vault.memory import MemoryVault


def issue(
    profile: CertificateProfile = CARD_AUTHENTICATION,
    key: ec.EllipticCurvePrivateKey | None = None,
    subject: x509.Name = HOLDER,
    validity: tuple[datetime, datetime] = (NOW, NOW + 365 * DAY),
    serial: int = 77,
) -> x509.Certificate:
    return CARDS.issue(
        profile,
        subject,
        (key or new_key()).public_key(),
        serial=serial,
        not_before=validity[0],
        not_after=validity[1],
    )


@pytest.mark.parametrize("profile", [CARD_AUTHENTICATION, CARD_SIGNATURE])
@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_what_is_issued_is_believed(profile: CertificateProfile, curve: ec.EllipticCurve) -> None:
    key = new_key(curve)
    leaf = issue(profile, key)
    assert leaf.public_key() == key.public_key()
    assert leaf.serial_number == 77
    assert validate_path(der(leaf), MATERIAL.anchors(), profile, NOW).certificate == leaf


def test_the_holder_s_name_stands_as_agreed__etsi_319412_1_5_1_3() -> None:
    assert issue().subject.rfc4514_string() == "2.5.4.5=PNOVN-001190000001,CN=NGUYEN THI MAU,C=VN"


CARD = presence_subject("X00000001")


def test_the_key_that_every_reader_may_use_names_the_card_alone__etsi_319412_1_5_1_3() -> None:
    presence = issue(CARD_PRESENCE, subject=CARD)
    assert presence.subject.rfc4514_string() == "2.5.4.5=IDCVN-X00000001,CN=X00000001,C=VN"
    assert document_number(presence.subject) == "X00000001"
    with pytest.raises(CertificateRejected):
        personal_number(presence.subject)
    with pytest.raises(ProfileViolation):
        issue(CARD_PRESENCE)


@pytest.mark.parametrize("subject", [HOLDER, authority_subject("O", "CN"), x509.Name([])])
def test_a_subject_of_another_kind_is_no_card_s(subject: x509.Name) -> None:
    with pytest.raises(CertificateRejected):
        document_number(subject)


@pytest.mark.parametrize("number", ["", "X0000001", "X000000011", "x00000001", "X0000000\u0661"])
def test_a_document_number_is_nine_plain_characters(number: str) -> None:
    with pytest.raises(ProfileViolation):
        presence_subject(number)


def test_a_key_for_agreement_is_for_nothing_else__rfc5280_4_2_1_3() -> None:
    agreement = issue(CARD_KEY_AGREEMENT)
    usage = agreement.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.key_agreement, usage.value.digital_signature) == (True, False)
    assert personal_number(agreement.subject) == "001190000001"


@pytest.mark.parametrize("profile", [CARD_KEY_AGREEMENT, CARD_PRESENCE])
def test_nobody_signs_in_with_the_other_keys_of_a_card(profile: CertificateProfile) -> None:
    leaf = der(issue(profile, subject=CARD if profile is CARD_PRESENCE else HOLDER))
    for wanted in (CARD_AUTHENTICATION, CARD_SIGNATURE):
        with pytest.raises(CertificateRejected) as refusal:
            validate_path(leaf, MATERIAL.anchors(), wanted, NOW)
        assert refusal.value.reason == "wrong_purpose"
    with pytest.raises(NoTrustAnchors):
        validate_path(leaf, MATERIAL.anchors(), profile, NOW)


def test_no_certificate_carries_an_alternative_name__CV_25() -> None:
    with pytest.raises(x509.ExtensionNotFound):
        issue().extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_validity_is_the_shortest_of_three() -> None:
    until = datetime(2030, 1, 15, tzinfo=UTC)
    assert CARDS.validity(CARD_AUTHENTICATION, NOW, until) == (NOW, until)
    ten_years = NOW + CARD_AUTHENTICATION.lifetime
    assert CARDS.validity(CARD_AUTHENTICATION, NOW) == (NOW, ten_years)
    late = NOW + 7000 * DAY
    assert CARDS.validity(CARD_AUTHENTICATION, late) == (
        late,
        CARDS.certificate.not_valid_after_utc,
    )
    assert CARDS.validity(CARD_AUTHENTICATION, NOW + timedelta(microseconds=7))[0] == NOW


def test_a_time_in_another_zone_is_the_same_moment() -> None:
    hanoi = NOW.astimezone(timezone(timedelta(hours=7)))
    assert issue(validity=(hanoi, hanoi + DAY)).not_valid_before_utc == NOW


@pytest.mark.parametrize(
    "change",
    [
        {"profile": DOCUMENT_SIGNER},
        {"profile": CARD_CA},
        {"profile": CSCA},
        {"key": new_key(ec.SECP256K1())},
        {"key": new_key(ec.SECP521R1())},
        {"subject": authority_subject("Somebody", "Else")},
        {"subject": holder("PNOVN-1")},
        {"subject": MATERIAL.minted["card_ca"].certificate.subject},
        {"validity": (NOW - DAY, NOW + DAY)},
        {"validity": (NOW, NOW + CARD_AUTHENTICATION.lifetime + DAY)},
        {"validity": (NOW + 7000 * DAY, NOW + 7301 * DAY)},
    ],
)
def test_what_would_break_its_profile_does_not_leave(change: dict[str, object]) -> None:
    with pytest.raises(ProfileViolation):
        issue(**change)  # type: ignore[arg-type]  # one change each


def test_a_key_without_a_curve_of_ours_gets_no_certificate() -> None:
    with pytest.raises(ProfileViolation):
        CARDS.issue(
            CARD_AUTHENTICATION,
            HOLDER,
            algorithms.generate("EdDSA").public_key(),
            serial=1,
            not_before=NOW,
            not_after=NOW + DAY,
        )


def test_a_leaf_is_no_authority() -> None:
    vault = MemoryVault()
    handle = asyncio.run(vault.generate("ES256"))
    signer = MATERIAL.minted["document_signer"].certificate
    with pytest.raises(ProfileViolation, match="not an authority"):
        CertificateAuthority(DOCUMENT_SIGNER, signer, vault, handle)
    with pytest.raises(ProfileViolation, match="not a root"):
        issue_root(
            CARD_CA,
            authority_subject("O", "CN"),
            VaultKey(vault, handle),
            serial=1,
            not_before=NOW,
            not_after=NOW + DAY,
        )


@pytest.mark.parametrize(
    ("latin_name", "number"),
    [
        ("", "001190000001"),
        ("N" * 65, "001190000001"),
        ("NGUYEN THI MAU", "00119000000"),
        ("NGUYEN THI MAU", "0011900000011"),
        ("NGUYEN THI MAU", "00119000000A"),
        ("NGUYEN THI MAU", "00119000000\u0661"),
        ("NGUYEN THI MAU", "001190000001\n"),
    ],
)
def test_a_subject_that_cannot_be_read_back_is_not_written(latin_name: str, number: str) -> None:
    with pytest.raises(ProfileViolation):
        card_subject(latin_name, number)


def test_the_authority_s_key_does_not_leave_the_vault__KY_01() -> None:
    key = VaultKey(VAULT, MATERIAL.minted["csca"].handle)
    with pytest.raises(VaultClosed):
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(VaultClosed):
        key.private_numbers()
    with pytest.raises(VaultClosed):
        key.exchange(ec.ECDH(), key.public_key())
    assert copy.copy(key) is copy.deepcopy(key) is key
    assert (key.curve.name, key.key_size) == ("secp384r1", 384)


def test_the_authority_signs_with_its_curve_s_hash_only() -> None:
    key = VaultKey(VAULT, MATERIAL.minted["csca"].handle)
    key.public_key().verify(key.sign(b"data", ec.ECDSA(SHA384())), b"data", ec.ECDSA(SHA384()))
    with pytest.raises(AlgorithmRefused):
        key.sign(b"data", ec.ECDSA(SHA256()))


def test_an_ed25519_key_issues_nothing() -> None:
    vault = MemoryVault()
    with pytest.raises(AlgorithmRefused):
        VaultKey(vault, asyncio.run(vault.generate("EdDSA")))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_openssl_agrees(tmp_path: Path) -> None:
    def pem(name: str, certificate: x509.Certificate) -> str:
        path = tmp_path / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(Encoding.PEM))
        return str(path)

    root, cards, signer = (
        pem(name, MATERIAL.minted[name].certificate)
        for name in ("csca", "card_ca", "document_signer")
    )
    command = ["openssl", "verify", "-x509_strict", "-policy_check"]
    command += ["-attime", str(int((NOW + DAY).timestamp())), "-CAfile", root, "-untrusted", cards]
    login, signature = pem("9a", issue()), pem("9c", issue(CARD_SIGNATURE))
    for arguments in ([signer], [signature], ["-purpose", "sslclient", login]):
        subprocess.run([*command, *arguments], check=True, capture_output=True, timeout=20)
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run(
            [*command, "-purpose", "sslclient", cards], check=True, capture_output=True, timeout=20
        )


def test_every_refusal_is_of_one_family() -> None:
    assert issubclass(ProfileViolation, KeysError)
    assert issubclass(CeremonyRefused, KeysError)
