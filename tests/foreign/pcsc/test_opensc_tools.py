"""OpenSC's pkcs11-tool and pkcs15-tool, unmodified, use the card as they use plastic ones."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from foreign.pcsc.personalised import (
    NEW_PIN,
    PIN,
    PUK,
    WRONG_PIN,
    WRONG_PUK,
    HandedOut,
    hand_out,
    public_key_file,
)
from foreign.pcsc.strangers import Said, run, succeed
from unit.chipcard_sim.piv_cards import whole_card
from virtual_reader import in_slot, reader_of

pytestmark = pytest.mark.pcsc
LOGIN = ("pkcs11-tool", "--login", "--pin", PIN)
WRONG_LOGIN = ("pkcs11-tool", "--login", "--pin", WRONG_PIN, "--list-objects")
IDS = {"9A": "01", "9C": "02", "9D": "03", "9E": "04"}


def flags() -> str:
    """What the token says of itself and its PIN."""
    said = succeed("pkcs11-tool", "--list-token-slots").text
    return next(line for line in said.splitlines() if "token flags" in line)


def unblock(puk: str) -> Said:
    words = ("pkcs15-tool", "--unblock-pin", "--auth-id", "01")
    return run(*words, "--puk", puk, "--new-pin", NEW_PIN)


def test_the_card_is_known_for_what_it_is(inserted: HandedOut) -> None:
    assert "Personal Identity Verification Card" in succeed("opensc-tool", "--name")
    atr = succeed("opensc-tool", "--atr").text
    assert bytes.fromhex(atr.splitlines()[-1].replace(":", "")) == inserted.card.ATR
    assert f"Yes             {reader_of(0)}" in succeed("opensc-tool", "--list-readers")


@pytest.mark.usefixtures("inserted")
def test_every_check_of_the_tool_passes() -> None:
    said = succeed(*LOGIN, "--test")
    assert "seems to be OK" in said, "random numbers"
    assert said.text.rstrip().endswith("No errors")


@pytest.mark.usefixtures("inserted")
@pytest.mark.parametrize("algorithm", ["ES384", "RS256"])
def test_every_check_passes_with_other_keys(algorithm: str, tmp_path: Path) -> None:
    with in_slot(whole_card(tmp_path / "chip", algorithm), 1):
        said = succeed(*LOGIN, "--slot-index", "1", "--test")
    assert said.text.rstrip().endswith("No errors")
    assert ("RSA-PKCS: OK" in said) == (algorithm == "RS256")


@pytest.mark.usefixtures("inserted")
def test_the_four_certificates_are_listed_without_a_pin() -> None:
    said = succeed("pkcs11-tool", "--list-objects", "--type", "cert")
    assert said.text.count("Certificate Object; type = X.509 cert") == len(IDS)
    assert said.text.count("NGUYEN THI MAU") == len(IDS)


@pytest.mark.parametrize("slot", ["9A", "9C", "9E"])
def test_a_signature_is_believed_by_openssl(inserted: HandedOut, tmp_path: Path, slot: str) -> None:
    message, signature = tmp_path / "message", tmp_path / "signature"
    message.write_text("what is signed")
    form = ("-m", "ECDSA-SHA256", "--signature-format", "openssl")
    succeed(*LOGIN, "--id", IDS[slot], "--sign", *form, "-i", message, "-o", signature)
    key = public_key_file(inserted, slot, tmp_path)
    words = ("openssl", "dgst", "-sha256", "-verify", key, "-signature", signature)
    assert "Verified OK" in succeed(*words, message)
    message.write_text("what was not signed")
    assert "Verification failure" in run(*words, message)


def test_a_shared_secret_is_openssl_s_own(inserted: HandedOut, tmp_path: Path) -> None:
    own = ec.generate_private_key(ec.SECP256R1())
    private, public, secret, expected = (tmp_path / name for name in ("a", "b", "c", "d"))
    private.write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    succeed("openssl", "pkey", "-in", private, "-pubout", "-outform", "DER", "-out", public)
    derive = ("--derive", "-m", "ECDH1-DERIVE", "-i", public, "-o", secret)
    succeed(*LOGIN, "--id", IDS["9D"], *derive)
    key = public_key_file(inserted, "9D", tmp_path)
    pair = ("-inkey", private, "-peerkey", key)
    succeed("openssl", "pkeyutl", "-derive", *pair, "-out", expected)
    assert secret.read_bytes() == expected.read_bytes()


@pytest.mark.usefixtures("inserted")
def test_wrong_pins_warn_and_lock_and_the_puk_frees() -> None:
    for warning in ("final user PIN try", "user PIN locked"):
        while warning not in flags():
            assert "CKR_PIN_INCORRECT" in run(*WRONG_LOGIN)
    assert "CKR_PIN_LOCKED" in run(*LOGIN, "--list-objects")
    assert unblock(WRONG_PUK).code != 0
    assert unblock(PUK).code == 0
    assert "locked" not in flags()
    assert "Private Key Object" in succeed(
        "pkcs11-tool", "--login", "--pin", NEW_PIN, "--list-objects"
    )


@pytest.mark.usefixtures("inserted")
def test_the_pin_is_changed() -> None:
    assert "PIN successfully changed" in succeed(*LOGIN, "--change-pin", "--new-pin", NEW_PIN)
    assert "CKR_PIN_INCORRECT" in run(*LOGIN, "--list-objects")
    succeed("pkcs11-tool", "--login", "--pin", NEW_PIN, "--list-objects")


@pytest.mark.usefixtures("inserted")
def test_pkcs15_tells_pins_keys_and_certificates() -> None:
    said = succeed("pkcs15-tool", "--dump")
    for words in ("PIN [PIN]", "PIN [PIV PUK]", "Private EC Key [PIV AUTH key]"):
        assert words in said
    assert said.text.count("X.509 Certificate [") == len(IDS)


def test_pkcs15_reads_a_certificate_as_it_was_issued(inserted: HandedOut) -> None:
    said = succeed("pkcs15-tool", "--read-certificate", "01")
    expected = inserted.certificates["9A"].public_bytes(Encoding.PEM).decode()
    assert expected in said


def test_a_card_made_anew_is_another_token(inserted: HandedOut, tmp_path: Path) -> None:
    """The token's number is the card's GUID: two cards are never taken for one."""
    other = hand_out(tmp_path)
    with in_slot(other.card, 1):
        said = succeed("pkcs11-tool", "--list-token-slots").text
    numbers = {line.split(":")[1].strip() for line in said.splitlines() if "serial num" in line}
    assert len(numbers) == 2
    assert inserted.path != other.path
