"""Issuing from the vault: what leaves keeps its profile, and what would break it does not leave."""

import asyncio
import copy
import shutil
import subprocess
from collections.abc import Callable, Mapping
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
from unit.keys.pki.makers import DAY, NOW, Pki, Signer, authority, craft, der, holder, new_key
from unit.keys.stores import MemoryBlobs

from keys import algorithms
from keys.errors import (
    AlgorithmRefused,
    CeremonyRefused,
    KeysError,
    ProfileViolation,
    VaultClosed,
)
from keys.pki import lint
from keys.pki.authority import CertificateAuthority, issue_root
from keys.pki.ceremony import Material, dump_material, hold, read_ceremony, read_material
from keys.pki.path import validate_path
from keys.pki.profiles import (
    CARD_AUTHENTICATION,
    CARD_CA,
    CARD_SIGNATURE,
    CSCA,
    DOCUMENT_SIGNER,
    PROFILES,
    CertificateProfile,
)
from keys.pki.register import new_serial
from keys.pki.subject import authority_subject, card_subject
from keys.pki.vault_key import VaultKey
from keys.vault.memory import MemoryVault
from keys.vault.wrapped import WrappedVault

CEREMONY = Path(__file__).parents[4] / "docker" / "ceremony.toml"
TEXT = CEREMONY.read_text()
HOLDER = card_subject("NGUYEN THI MAU", "001190000001")


def held(vault: MemoryVault) -> Material:
    return asyncio.run(hold(read_ceremony(TEXT), vault, NOW, existing=None))


VAULT = MemoryVault()
MATERIAL = held(VAULT)
CARDS = asyncio.run(MATERIAL.authority(CARD_CA, VAULT))


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


# --- the ceremony -----------------------------------------------------------------------------


def test_the_demo_ceremony_makes_what_its_file_says() -> None:
    made = {name: own.certificate for name, own in MATERIAL.minted.items()}
    assert {name: c.subject.rfc4514_string() for name, c in made.items()} == {
        "csca": "CN=Not-VNeID Demo CSCA,O=Not-VNeID Demo,C=VN",
        "document_signer": "CN=Not-VNeID Demo Document Signer 1,O=Not-VNeID Demo,C=VN",
        "card_ca": "CN=Not-VNeID Demo Card CA 1,O=Not-VNeID Demo,C=VN",
    }
    assert {c.issuer for c in made.values()} == {made["csca"].subject}
    assert [(c.not_valid_after_utc - NOW).days for c in made.values()] == [9125, 7300, 7300]
    assert len({c.serial_number for c in made.values()}) == 3


def test_a_ceremony_is_deterministic_but_for_keys_and_serials() -> None:
    def shape(material: Material) -> list[object]:
        return [
            (c.subject, c.issuer, c.not_valid_before_utc, c.not_valid_after_utc, len(c.extensions))
            for c in (own.certificate for own in material.minted.values())
        ]

    other = held(MemoryVault())
    assert shape(other) == shape(MATERIAL)
    assert other.certificates() != MATERIAL.certificates()


def test_a_ceremony_is_held_once() -> None:
    parts = read_ceremony(TEXT)
    with pytest.raises(CeremonyRefused, match="already held"):
        asyncio.run(hold(parts, VAULT, NOW, existing=MATERIAL))
    again = asyncio.run(hold(parts, VAULT, NOW, existing=MATERIAL, replace=True))
    assert again.certificates() != MATERIAL.certificates()


def test_the_material_is_kept_and_read_again_without_a_secret() -> None:
    blobs, wrapping_key = MemoryBlobs(), bytes(32)
    vault = WrappedVault(blobs, wrapping_key)
    document = dump_material(asyncio.run(hold(read_ceremony(TEXT), vault, NOW, existing=None)))
    fresh = WrappedVault(blobs, wrapping_key)
    cards = asyncio.run(read_material(document).authority(CARD_CA, fresh))
    begin, end = cards.validity(CARD_AUTHENTICATION, NOW)
    leaf = cards.issue(
        CARD_AUTHENTICATION,
        HOLDER,
        new_key().public_key(),
        serial=new_serial(),
        not_before=begin,
        not_after=end,
    )
    trusted = validate_path(der(leaf), read_material(document).anchors(), CARD_AUTHENTICATION, NOW)
    assert trusted.personal_number == "001190000001"


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b'{"csca": 1}', b'{"csca": {"handle": ""}}']
)
def test_what_is_no_material_is_refused(document: bytes) -> None:
    with pytest.raises(CeremonyRefused):
        read_material(document)


def test_two_keys_exchanged_in_the_material_are_noticed() -> None:
    csca, cards = MATERIAL.minted["csca"], MATERIAL.minted["card_ca"]
    with pytest.raises(ProfileViolation, match="not its key"):
        CertificateAuthority(CARD_CA, cards.certificate, VAULT, csca.handle)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "[",
        lambda text: text + "\n[extra]\n",
        lambda text: text.replace("[card_ca]", "[card_cb]"),
        lambda text: text.replace("days = 7300", "days = 9126", 1),
        lambda text: text.replace("days = 7300", "days = 0", 1),
        lambda text: text.replace("days = 7300", "days = true", 1),
        lambda text: text.replace("days = 7300", 'days = "7300"', 1),
        lambda text: text.replace("days = 7300", "days = 7300\nyears = 2", 1),
        lambda text: text.replace("days = 9125", "days = 9999", 1),
        lambda text: text.replace("days = 9125", "days = 7000", 1),
        lambda text: text.replace('"ES384"', '"RS256"', 1),
        lambda text: text.replace('algorithm = "ES384"\n', "", 1),
        lambda _: "",
        lambda _: "csca = 1\ndocument_signer = 1\ncard_ca = 1",
    ],
)
def test_one_change_to_a_good_ceremony_file_is_refused(change: Callable[[str], str]) -> None:
    with pytest.raises(CeremonyRefused):
        read_ceremony(change(TEXT))


# --- issuing ----------------------------------------------------------------------------------


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


# --- the key that is not here -----------------------------------------------------------------


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


# --- lint -------------------------------------------------------------------------------------

PKI = Pki.make()


def breach(signer: Signer, profile: CertificateProfile, issuer: Signer) -> str:
    with pytest.raises(ProfileViolation) as caught:
        lint.check(signer.certificate, profile, issuer.certificate)
    return str(caught.value)


def test_lint_finds_no_fault_with_what_another_implementation_made() -> None:
    lint.check(PKI.csca.certificate, CSCA, PKI.csca.certificate)
    lint.check(PKI.card_ca.certificate, CARD_CA, PKI.csca.certificate)
    lint.check(PKI.document_signer.certificate, DOCUMENT_SIGNER, PKI.csca.certificate)
    for profile in (CARD_AUTHENTICATION, CARD_SIGNATURE):
        leaf = craft(profile, issuer=PKI.card_ca)
        lint.check(leaf.certificate, profile, PKI.card_ca.certificate)


LONG = (NOW - 30 * DAY, NOW + 4100 * DAY)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dates": (NOW - 30 * DAY, NOW + 3800 * DAY)}, "lifetime"),
        ({"dates": LONG}, "outside the issuer's"),
        ({"dates": (NOW - 901 * DAY, NOW)}, "outside the issuer's"),
        ({"subject": authority("Nobody")}, "does not name a holder"),
        ({"issuer": PKI.csca}, "not signed by its issuer"),
        ({"issuer": Signer(PKI.card_ca.certificate, new_key())}, "not signed by its issuer"),
        ({"hash_with": SHA384()}, "another hash"),
        ({"subject": PKI.card_ca.certificate.subject}, "self-issued"),
        ({"key": new_key(ec.SECP256K1())}, "not permitted"),
        (
            {
                "changes": {
                    x509.AuthorityKeyIdentifier: (
                        x509.AuthorityKeyIdentifier(b"x", None, None),
                        False,
                    )
                }
            },
            "not the issuer's",
        ),
        (
            {
                "changes": {
                    x509.AuthorityKeyIdentifier: (
                        x509.AuthorityKeyIdentifier(b"x", None, None),
                        True,
                    )
                }
            },
            "missing or critical",
        ),
        ({"changes": {x509.AuthorityKeyIdentifier: None}}, "missing or critical"),
        ({"changes": {x509.KeyUsage: None}}, "extension 2.5.29.15 differs"),
        ({"changes": {x509.SubjectKeyIdentifier: None}}, "extension 2.5.29.14 differs"),
    ],
)
def test_lint_names_the_one_thing_that_is_wrong(change: Mapping[str, object], words: str) -> None:
    leaf = craft(CARD_AUTHENTICATION, **{"issuer": PKI.card_ca, **change})  # type: ignore[arg-type]  # one change each
    assert words in breach(leaf, CARD_AUTHENTICATION, PKI.card_ca)


def test_lint_knows_a_root_from_an_intermediate() -> None:
    own = craft(CSCA, issuer=PKI.csca, subject=authority("Not self-issued"))
    assert "self-issued" in breach(own, CSCA, PKI.csca)
    nameless = craft(CARD_CA, issuer=PKI.csca, subject=x509.Name([]))
    assert "empty subject" in breach(nameless, CARD_CA, PKI.csca)


# --- the list ---------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_profile_hangs_together(profile: CertificateProfile) -> None:
    issuer = PROFILES[profile.issuer_profile]
    assert issuer.is_authority
    assert issuer.lifetime >= profile.lifetime
    assert profile.is_authority == profile.key_usage.key_cert_sign
    if issuer is not profile and profile.is_authority:
        assert issuer.path_length is not None
        assert profile.path_length is not None
        assert issuer.path_length > profile.path_length


def test_no_two_kinds_of_end_entity_share_a_policy() -> None:
    oids = [profile.policy_oid for profile in PROFILES.values() if not profile.is_authority]
    assert len(set(oids)) == len(oids)
    # ITU-T X.667: a UUID as a number, below 2**128
    assert all(0 < int(oid.dotted_string.split(".")[2]) < 2**128 for oid in oids)


# --- another implementation judges ------------------------------------------------------------


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
