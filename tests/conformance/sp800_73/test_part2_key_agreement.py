"""NIST SP 800-73-4 part 2, annex A.5 and part 1, table 4b: the keys 9D and 9E."""

from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate
from unit.chipcard_sim.cards import change_state, send, state_of, tries_left, verify
from unit.chipcard_sim.piv_cards import SLOTS, answer, authenticate, selected

from chipcard_sim.chip import keys
from chipcard_sim.chip.card import Card
from chipcard_sim.chip.memory import CardState
from chipcard_sim.iso7816 import tlv

MESSAGE = b"what is signed"
DIGEST = sha256(MESSAGE).digest()
WANTED = (0x82, b"")
GENERATOR = bytes.fromhex(
    "046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
    "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"
)
P = 2**256 - 2**224 + 2**192 + 2**96 - 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


@pytest.fixture
def card(path: Path) -> Card:
    return selected(path)


def public_key_of(path: Path, slot: int) -> ec.EllipticCurvePublicKey:
    content = tlv.by_tag(state_of(path).objects[SLOTS[slot]])
    key = load_der_x509_certificate(content[0x70]).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@pytest.mark.parametrize(
    ("algorithm", "number", "curve"),
    [("ES256", 0x11, ec.SECP256R1()), ("ES384", 0x14, ec.SECP384R1())],
)
def test_both_come_to_the_same_x__sp800_73_4_p2_a_5_2(
    path: Path, algorithm: str, number: int, curve: ec.EllipticCurve
) -> None:
    card = selected(path, algorithm)
    send(card, verify())
    other = ec.generate_private_key(curve)
    shared = answer(card, number, 0x9D, WANTED, (0x85, point(other.public_key())), tag=0x82)
    assert shared == other.exchange(ec.ECDH(), public_key_of(path, 0x9D))
    assert len(shared) == curve.key_size // 8


def test_9d_agrees_often_after_one_pin_and_never_without__sp800_73_4_p1_3_table_4b(
    card: Card, path: Path
) -> None:
    assert authenticate(card, 0x11, 0x9D, WANTED, (0x85, GENERATOR)) == "6982"
    send(card, verify())
    for _ in range(3):
        shared = answer(card, 0x11, 0x9D, WANTED, (0x85, GENERATOR), tag=0x82)
        assert shared == point(public_key_of(path, 0x9D))[1:33]
    send(card, "0020FF80")
    assert authenticate(card, 0x11, 0x9D, WANTED, (0x85, GENERATOR)) == "6982"


def negated(encoded: bytes) -> bytes:
    """The other point with this x: on the curve too."""
    y = P - int.from_bytes(encoded[33:])
    return encoded[:33] + y.to_bytes(32)


def test_the_opposite_point_is_a_point__CV_12(card: Card) -> None:
    send(card, verify())
    one = answer(card, 0x11, 0x9D, WANTED, (0x85, GENERATOR), tag=0x82)
    assert one == answer(card, 0x11, 0x9D, WANTED, (0x85, negated(GENERATOR)), tag=0x82)


@pytest.mark.parametrize(
    "wrong",
    [
        GENERATOR[:-1] + bytes((GENERATOR[-1] ^ 1,)),  # off the curve
        b"\x04" + GENERATOR[33:] + GENERATOR[1:33],  # y, x
        b"\x04" + bytes(64),
        b"\x04" + (1).to_bytes(32) + (1).to_bytes(32),  # on another curve
        b"\x04" + P.to_bytes(32) + GENERATOR[33:],  # x = p
        b"\x04" + b"\xff" * 64,
        b"\x03" + GENERATOR[1:33],  # compressed
        b"\x07" + GENERATOR[1:],  # hybrid
        b"\x00",  # infinity
        b"",
        GENERATOR[1:],
        GENERATOR[:-1],
        GENERATOR + b"\x00",
    ],
)
def test_what_is_no_point_of_the_curve_is_6A80__CV_12(card: Card, wrong: bytes) -> None:
    send(card, verify())
    assert authenticate(card, 0x11, 0x9D, WANTED, (0x85, wrong)) == "6A80"


def test_a_point_of_another_curve_is_6A80__CV_12(card: Card) -> None:
    send(card, verify())
    for curve in (ec.SECP384R1(), ec.BrainpoolP256R1(), ec.SECP256K1()):
        other = ec.generate_private_key(curve).public_key()
        assert authenticate(card, 0x11, 0x9D, WANTED, (0x85, point(other))) == "6A80"


@pytest.mark.parametrize("slot", [0x9A, 0x9C, 0x9E])
def test_a_key_that_signs_does_not_agree__sp800_57_5_2(card: Card, slot: int) -> None:
    send(card, verify())
    assert authenticate(card, 0x11, slot, WANTED, (0x85, GENERATOR)) == "6A80"


def test_an_rsa_key_does_not_agree__sp800_73_4_p2_a_5(path: Path) -> None:
    card = selected(path, "RS256")
    send(card, verify())
    assert authenticate(card, 0x07, 0x9D, WANTED, (0x85, GENERATOR)) == "6A80"
    assert authenticate(card, 0x11, 0x9D, WANTED, (0x85, GENERATOR)) == "6A86"


def test_an_agreement_is_a_use_between_pin_and_9c__sp800_73_4_p1_3_table_4b(card: Card) -> None:
    send(card, verify())
    answer(card, 0x11, 0x9D, WANTED, (0x85, GENERATOR), tag=0x82)
    assert authenticate(card, 0x11, 0x9C, WANTED, (0x81, DIGEST)) == "6982"


def test_9e_is_used_without_pin_and_spends_none__sp800_73_4_p1_3_table_4b(
    card: Card, path: Path
) -> None:
    signature = answer(card, 0x11, 0x9E, WANTED, (0x81, DIGEST), tag=0x82)
    public_key_of(path, 0x9E).verify(signature, MESSAGE, ec.ECDSA(hashes.SHA256()))
    assert tries_left(path) == 3


def test_9e_works_on_a_card_whose_pin_is_blocked__sp800_73_4_p1_3_table_4b(card: Card) -> None:
    for _ in range(3):
        send(card, verify("999999"))
    assert authenticate(card, 0x11, 0x9E, WANTED, (0x81, DIGEST)) == "9000"
    assert authenticate(card, 0x11, 0x9D, WANTED, (0x85, GENERATOR)) == "6982"


@pytest.mark.parametrize("slot", [0xAA, 0xCA])
def test_keys_of_the_passport_are_not_piv_s(card: Card, path: Path, slot: int) -> None:
    def with_key(state: CardState) -> CardState:
        others = {**state.keys, slot: keys.generate(0x11)}
        return CardState(state.serial, references=state.references, keys=others)

    change_state(path, with_key)
    send(card, verify())
    assert authenticate(card, 0x11, slot, WANTED, (0x81, DIGEST)) == "6A86"
    assert authenticate(card, 0x11, slot, WANTED, (0x85, GENERATOR)) == "6A86"
