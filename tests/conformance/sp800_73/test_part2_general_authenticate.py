"""NIST SP 800-73-4 part 2, 3.2.4: GENERAL AUTHENTICATE; part 1, table 4b: who may use which key."""

from collections.abc import Callable
from hashlib import sha256, sha384
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from unit.chipcard_sim.cards import (
    PIN,
    PIV,
    WRONG_PIN,
    issued_card,
    padded,
    piv_card,
    public_key_of,
    send,
    sign_command,
    tries_left,
    verify,
)

from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.chaining import exchange

MESSAGE = b"what is signed"
DIGEST = sha256(MESSAGE).digest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


def signature_in(answer: str) -> bytes:
    assert answer.endswith("9000")
    return tlv.value(tlv.value(bytes.fromhex(answer)[:-2], 0x7C), 0x82)


@pytest.mark.parametrize("slot", [0x9A, 0x9C])
@pytest.mark.parametrize(
    ("algorithm", "number", "digest_of", "digest"),
    [
        ("ES256", 0x11, hashes.SHA256(), DIGEST),
        ("ES384", 0x14, hashes.SHA384(), sha384(MESSAGE).digest()),
    ],
)
def test_a_hash_goes_in_and_a_der_signature_comes_out__sp800_73_4_p2_a_4(  # noqa: PLR0917 - one row of a table
    path: Path,
    slot: int,
    algorithm: str,
    number: int,
    digest_of: hashes.HashAlgorithm,
    digest: bytes,
) -> None:
    card = issued_card(path, algorithm)
    send(card, PIV)
    send(card, verify())
    signature = signature_in(send(card, sign_command(slot, digest, number)))
    public = public_key_of(path, slot)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, MESSAGE, ec.ECDSA(digest_of))


def test_an_rsa_block_goes_in_by_chaining_and_out_by_get_response__sp800_73_4_p2_a_4_1(
    path: Path,
) -> None:
    card = issued_card(path, "RS256")
    send(card, PIV)
    send(card, verify())
    info = bytes.fromhex("3031300D060960864801650304020105000420") + DIGEST
    block = b"\x00\x01" + b"\xff" * (253 - len(info)) + b"\x00" + info
    template = tlv.build(0x7C, tlv.build(0x82, b"") + tlv.build(0x81, block))
    answer = exchange(card, Command(0, 0x87, 0x07, 0x9A, template, 256))
    signature = tlv.value(tlv.value(answer.data, 0x7C), 0x82)
    public = public_key_of(path, 0x9A)
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("slot", [0x9A, 0x9C])
def test_no_key_is_used_without_the_pin__sp800_73_4_p1_3_table_4b(path: Path, slot: int) -> None:
    assert send(piv_card(path), sign_command(slot, DIGEST)) == "6982"


def test_9a_is_used_often_after_one_pin__sp800_73_4_p1_3_table_4b(path: Path) -> None:
    card = piv_card(path)
    send(card, verify())
    for _ in range(3):
        assert send(card, sign_command(0x9A, DIGEST)).endswith("9000")


def between_nothing(card: Card) -> None:
    del card


def between_9c(card: Card) -> None:
    send(card, verify())
    send(card, sign_command(0x9C, DIGEST))


def between_9a(card: Card) -> None:
    send(card, verify())
    send(card, sign_command(0x9A, DIGEST))


def between_a_refused_use(card: Card) -> None:
    send(card, verify())
    send(card, sign_command(0x9C, DIGEST[:-1]))


def between_a_wrong_pin(card: Card) -> None:
    send(card, verify())
    send(card, verify(WRONG_PIN))


def between_a_change(card: Card) -> None:
    send(card, verify())
    send(card, "0024008010" + (padded(PIN) * 2).hex())


def between_log_out(card: Card) -> None:
    send(card, verify())
    send(card, "0020FF80")


def between_reset(card: Card) -> None:
    send(card, verify())
    card.reset()
    send(card, PIV)


@pytest.mark.parametrize(
    "between",
    [
        between_nothing,
        between_9c,
        between_9a,
        between_a_refused_use,
        between_a_wrong_pin,
        between_a_change,
        between_log_out,
        between_reset,
    ],
)
def test_9c_wants_the_pin_before_every_use__sp800_73_4_p1_3_table_4b(
    path: Path, between: Callable[[Card], None]
) -> None:
    card = piv_card(path)
    between(card)
    assert send(card, sign_command(0x9C, DIGEST)) == "6982"
    assert send(card, verify()) == "9000"
    assert send(card, sign_command(0x9C, DIGEST)).endswith("9000")


@pytest.mark.parametrize(
    ("slot", "algorithm"), [(0x9D, 0x11), (0x9E, 0x11), (0x9B, 0x03), (0x9A, 0x14)]
)
def test_another_key_or_algorithm_is_6A86__sp800_73_4_p2_3_2_4(
    path: Path, slot: int, algorithm: int
) -> None:
    card = piv_card(path)
    send(card, verify())
    assert send(card, sign_command(slot, DIGEST, algorithm)) == "6A86"


@pytest.mark.parametrize(
    "template",
    [
        "",
        "7C00",
        "7C028200",
        "7C2281" + "20" + "00" * 32,
        "7C2481" + "20" + "00" * 32 + "8200",
        "7C2482008121" + "00" * 32,
        "7C23820081" + "1F" + "00" * 31,
        "7C0482008500",
        "7D2482008120" + "00" * 32,
    ],
)
def test_data_that_do_not_fit_are_6A80_and_sign_nothing__sp800_73_4_p2_3_2_4(
    path: Path, template: str
) -> None:
    card = piv_card(path)
    send(card, verify())
    length = f"{len(template) // 2:02X}" if template else ""
    assert send(card, f"0087119A{length}{template}00") == "6A80"


def test_a_use_spends_no_try(path: Path) -> None:
    card = piv_card(path)
    send(card, sign_command(0x9A, DIGEST))
    assert tries_left(path) == 3
