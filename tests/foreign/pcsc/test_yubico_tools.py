"""yubico-piv-tool and ykman, unmodified: they use the card, and administer it."""

import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key
from foreign.pcsc.personalised import NEW_PIN, PIN, PUK, WRONG_PIN, HandedOut
from foreign.pcsc.strangers import run, succeed
from virtual_reader import reader_of

pytestmark = [pytest.mark.pcsc, pytest.mark.usefixtures("inserted")]
# Its packages lie beside the interpreter of the tests.
YKMAN = (Path(sys.executable).with_name("ykman"), "--reader", reader_of(0))
TOOL = ("yubico-piv-tool", "--reader", "Virtual")
MANAGEMENT_KEY = "010203040506070801020304050607080102030405060708"
OTHER_KEY = "08" * 24
MANAGED = (*TOOL, f"--key={MANAGEMENT_KEY}")
SLOTS = ("9a", "9c", "9d", "9e")


def act(action: str, *more: object) -> str:
    return succeed(*TOOL, "--action", action, *more).text


# yubico-piv-tool


def test_the_tool_tells_the_whole_state_of_the_card() -> None:
    said = act("status")
    assert "PIN tries left:\t3" in said
    assert said.count("Algorithm:\tECCP256") == len(SLOTS)
    assert said.count("CN=NGUYEN THI MAU") == len(SLOTS)
    for name in ("CHUID", "CCC"):
        assert f"{name}:\tNo data" not in said


def test_the_tool_counts_pins() -> None:
    assert "Successfully verified PIN." in act("verify-pin", "-P", PIN)
    said = run(*TOOL, "--action", "verify-pin", "-P", WRONG_PIN)
    assert (said.code, "2 tries left" in said) == (1, True)


def test_the_tool_changes_and_unblocks_the_pin() -> None:
    act("change-pin", "-P", PIN, "-N", NEW_PIN)
    act("verify-pin", "-P", NEW_PIN)
    act("unblock-pin", "-P", PUK, "-N", PIN)
    act("verify-pin", "-P", PIN)


@pytest.mark.parametrize("slot", SLOTS)
def test_the_tool_reads_each_certificate(inserted: HandedOut, slot: str, tmp_path: Path) -> None:
    path = tmp_path / "certificate"
    act("read-certificate", "--slot", slot, "--output", path)
    read = x509.load_pem_x509_certificate(path.read_bytes())
    assert read == inserted.certificates[slot.upper()]


@pytest.mark.parametrize("slot", ["9a", "9c", "9e"])
def test_the_tool_believes_each_signature(inserted: HandedOut, slot: str, tmp_path: Path) -> None:
    path = tmp_path / "certificate"
    path.write_bytes(inserted.certificates[slot.upper()].public_bytes(Encoding.PEM))
    signing = ("--action", "test-signature", "--slot", slot, "--input", path)
    assert "Successful ECDSA verification." in act("verify-pin", "-P", PIN, *signing)


def test_the_tool_agrees_with_the_card(inserted: HandedOut, tmp_path: Path) -> None:
    path = tmp_path / "certificate"
    path.write_bytes(inserted.certificates["9D"].public_bytes(Encoding.PEM))
    agreeing = ("--action", "test-decipher", "--slot", "9d", "--input", path)
    said = act("verify-pin", "-P", PIN, *agreeing)
    assert "Successfully performed ECDH exchange with card." in said


@pytest.mark.parametrize("algorithm", ["ECCP256", "ECCP384", "RSA2048"])
def test_the_administrator_has_keys_generated(algorithm: str, tmp_path: Path) -> None:
    path = tmp_path / "public"
    words = ("--action", "generate", "--slot", "9e", "--algorithm", algorithm, "--output", path)
    succeed(*MANAGED, *words)
    key = load_pem_public_key(path.read_bytes())
    assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    assert key.key_size == int(algorithm[-3:]) if "ECC" in algorithm else 2048


def test_the_administrator_alone_writes() -> None:
    before = chuid()
    wrong = run(*TOOL, f"--key={OTHER_KEY}", "--action", "set-chuid")
    assert (wrong.code, "Failed authentication" in wrong) == (1, True)
    assert chuid() == before
    assert "Successfully set new CHUID." in succeed(*MANAGED, "--action", "set-chuid")
    assert chuid() != before


def chuid() -> str:
    return next(line for line in act("status").splitlines() if line.startswith("CHUID"))


# ykman


def ykman(*words: object) -> str:
    return succeed(*YKMAN, "piv", *words).text


def test_ykman_tells_what_it_sees() -> None:
    said = succeed(*YKMAN, "info")
    assert "PIV         \tDisabled     \tEnabled" in said
    told = ykman("info")
    assert "PIN tries remaining:      3/3" in told
    assert "PUK tries remaining:      3/3" in told
    assert "Using default Management key!" in told
    assert told.count("CN=NGUYEN THI MAU") == len(SLOTS)


def test_ykman_makes_a_key_and_a_certificate_that_it_signs_itself(tmp_path: Path) -> None:
    public, exported = tmp_path / "public", tmp_path / "certificate"
    managed = ("--management-key", MANAGEMENT_KEY, "--pin", PIN)
    ykman("keys", "generate", "--algorithm", "ECCP256", *managed, "9a", public)
    ykman("certificates", "generate", *managed, "--subject", "CN=MADE ANEW", "9a", public)
    ykman("certificates", "export", "9a", exported)
    certificate = x509.load_pem_x509_certificate(exported.read_bytes())
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key == load_pem_public_key(public.read_bytes())
    certificate.verify_directly_issued_by(certificate)


def test_ykman_exports_a_certificate_as_it_was_issued(inserted: HandedOut, tmp_path: Path) -> None:
    path = tmp_path / "certificate"
    ykman("certificates", "export", "9c", path)
    assert x509.load_pem_x509_certificate(path.read_bytes()) == inserted.certificates["9C"]


def test_ykman_changes_the_pin() -> None:
    ykman("access", "change-pin", "--pin", PIN, "--new-pin", NEW_PIN)
    said = run(*YKMAN, "piv", "access", "change-pin", "--pin", PIN, "--new-pin", NEW_PIN)
    assert (said.code, "2 tries left" in said) == (1, True)


def test_ykman_changes_nothing_without_the_management_key(tmp_path: Path) -> None:
    words = ("--management-key", OTHER_KEY, "--pin", PIN, "9a", tmp_path / "public")
    said = run(*YKMAN, "piv", "keys", "generate", *words)
    assert (said.code, "management key" in said.text) == (1, True)
