"""NIST SP 800-73-4 part 2, 3.3.2: GENERATE ASYMMETRIC KEY PAIR, for who holds the key 9B."""

from hashlib import sha256, sha384
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from unit.chipcard_sim.cards import send, state_of, verify
from unit.chipcard_sim.piv_cards import SLOTS, answer, authenticate, manage, selected

from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.chaining import exchange

MESSAGE = b"what is signed"
DIGEST = sha256(MESSAGE).digest()
WANTED = (0x82, b"")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


@pytest.fixture
def card(path: Path) -> Card:
    return selected(path)


def generate(card: Card, slot: int, algorithm: int, p1: int = 0) -> tuple[str, bytes]:
    data = tlv.build(0xAC, tlv.build(0x80, bytes((algorithm,))))
    response = exchange(card, Command(0, 0x47, p1, slot, data, 256))
    return f"{response.status:04X}", response.data


def point_of(card: Card, slot: int, algorithm: int) -> ec.EllipticCurvePublicKey:
    status, data = generate(card, slot, algorithm)
    assert status == "9000"
    curve: ec.EllipticCurve = ec.SECP256R1() if algorithm == 0x11 else ec.SECP384R1()
    point = tlv.value(tlv.value(data, 0x7F49), 0x86)
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, point)


@pytest.mark.parametrize("slot", SLOTS)
def test_a_new_p256_key_signs__sp800_73_4_p2_3_3_2(card: Card, slot: int) -> None:
    manage(card)
    public = point_of(card, slot, 0x11)
    send(card, verify())
    signature = answer(card, 0x11, slot, WANTED, (0x81, DIGEST), tag=0x82)
    public.verify(signature, MESSAGE, ec.ECDSA(hashes.SHA256()))


def test_a_new_p384_key_signs__sp800_73_4_p2_3_3_2(card: Card) -> None:
    manage(card)
    public = point_of(card, 0x9A, 0x14)
    send(card, verify())
    signature = answer(card, 0x14, 0x9A, WANTED, (0x81, sha384(MESSAGE).digest()), tag=0x82)
    public.verify(signature, MESSAGE, ec.ECDSA(hashes.SHA384()))


def test_a_new_rsa_key_signs_and_deciphers__sp800_73_4_p2_3_3_2(card: Card) -> None:
    manage(card)
    status, data = generate(card, 0x9D, 0x07)
    assert status == "9000"
    modulus, exponent = tlv.values(tlv.value(data, 0x7F49), 0x81, 0x82)
    assert (len(modulus), exponent) == (256, b"\x01\x00\x01")
    numbers = rsa.RSAPublicNumbers(int.from_bytes(exponent), int.from_bytes(modulus))
    public = numbers.public_key()
    send(card, verify())
    ciphertext = public.encrypt(MESSAGE, padding.PKCS1v15())
    block = answer(card, 0x07, 0x9D, WANTED, (0x81, ciphertext), tag=0x82)
    assert block[:2] == b"\x00\x02"
    assert block.endswith(b"\x00" + MESSAGE)


def test_the_old_key_is_gone_and_its_certificate_stays__sp800_73_4_p2_3_3_2(
    card: Card, path: Path
) -> None:
    before = state_of(path)
    manage(card)
    generate(card, 0x9A, 0x14)
    after = state_of(path)
    assert after.keys[0x9A] != before.keys[0x9A]
    assert {slot: after.keys[slot] for slot in (0x9C, 0x9D, 0x9E)} == {
        slot: before.keys[slot] for slot in (0x9C, 0x9D, 0x9E)
    }
    assert after.objects == before.objects
    send(card, verify())
    assert authenticate(card, 0x11, 0x9A, WANTED, (0x81, DIGEST)) == "6A86"


def test_a_key_used_before_is_not_used_after__sp800_73_4_p2_3_3_2(card: Card) -> None:
    """What the card remembers of the old key may not answer for the new one."""
    send(card, verify())
    answer(card, 0x11, 0x9A, WANTED, (0x81, DIGEST), tag=0x82)
    manage(card)
    public = point_of(card, 0x9A, 0x11)
    signature = answer(card, 0x11, 0x9A, WANTED, (0x81, DIGEST), tag=0x82)
    public.verify(signature, MESSAGE, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("slot", SLOTS)
def test_nobody_else_makes_a_key__sp800_73_4_p2_3_3_2(card: Card, path: Path, slot: int) -> None:
    before = state_of(path)
    assert generate(card, slot, 0x11) == ("6982", b"")
    send(card, verify())
    assert generate(card, slot, 0x11) == ("6982", b"")
    assert state_of(path) == before


@pytest.mark.parametrize("algorithm", [0x00, 0x03, 0x05, 0x06, 0x0C, 0x16, 0xE0])
def test_an_algorithm_the_card_has_not_is_6A80__sp800_73_4_p2_3_3_2(
    card: Card, path: Path, algorithm: int
) -> None:
    before = state_of(path)
    manage(card)
    assert generate(card, 0x9A, algorithm) == ("6A80", b"")
    assert state_of(path) == before


@pytest.mark.parametrize("slot", [0x9B, 0x82, 0x95, 0x04, 0x80, 0xAA, 0xCA, 0xF9])
def test_no_other_key_is_made_here__sp800_73_4_p2_3_3_2(card: Card, path: Path, slot: int) -> None:
    before = state_of(path)
    manage(card)
    assert generate(card, slot, 0x11) == ("6A86", b"")
    assert state_of(path) == before


def test_another_p1_is_6A86__sp800_73_4_p2_3_3_2(card: Card) -> None:
    manage(card)
    assert generate(card, 0x9A, 0x11, p1=1) == ("6A86", b"")
