import re
from base64 import b64decode, b64encode
from hashlib import new
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509 import load_der_x509_certificate
from unit.chipcard_sim.cards import PIN, WRONG_PIN, issued_card, send, sign_command, tries_left
from unit.chipcard_sim.scripted import ScriptedCard

from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816 import tlv
from chipcard_sim.terminal.agent import CitizenAgent
from chipcard_sim.terminal.errors import ChallengeRefused, NotACard, UnusablePin, WrongPin

ORIGIN = "http://localhost:8000"
NONCE = b64encode(bytes(range(32))).decode()


def holds(answer: dict[str, str], origin: str, nonce: str) -> bool:
    """A verifier of its own: what a server does with the answer, written from the specification."""
    bits = {"ES256": 256, "ES384": 384}[answer["algorithm"]]
    raw = b64decode(answer["signature"], validate=True)
    assert len(raw) == bits // 4
    half = bits // 8
    der = encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))
    name = f"sha{bits}"
    signed = new(name, origin.encode()).digest() + new(name, nonce.encode()).digest()
    certificate = load_der_x509_certificate(b64decode(answer["unverifiedCertificate"]))
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        key.verify(der, signed, ec.ECDSA(hashes.SHA256() if bits == 256 else hashes.SHA384()))
    except Exception:  # noqa: BLE001 - any refusal is one
        return False
    return True


@pytest.mark.parametrize("algorithm", ["ES256", "ES384"])
def test_an_answer_is_a_web_eid_token(tmp_path: Path, algorithm: str) -> None:
    agent = CitizenAgent(issued_card(tmp_path / "chip", algorithm))
    answer = agent.answer(ORIGIN, NONCE, PIN)
    assert list(answer) == [
        "format",
        "unverifiedCertificate",
        "algorithm",
        "signature",
        "appVersion",
    ]
    assert answer["format"] == "web-eid:1.0"
    assert answer["algorithm"] == algorithm
    assert answer["appVersion"] == "chipcard-sim/0.1"
    assert holds(answer, ORIGIN, NONCE)
    assert not holds(answer, ORIGIN + "1", NONCE)
    assert not holds(answer, ORIGIN, NONCE[::-1])


class OtherSigner:
    """A card whose signatures come from elsewhere."""

    def __init__(self, card: Card, signature: bytes) -> None:
        self._card = card
        self._answer = tlv.build(0x7C, tlv.build(0x82, signature)) + b"\x90\x00"

    def transmit(self, command: bytes) -> bytes:
        return self._answer if command[1] == 0x87 else self._card.transmit(command)


@pytest.mark.parametrize(("algorithm", "size"), [("ES256", 32), ("ES384", 48)])
def test_small_numbers_keep_their_length__rfc7518_3_4(
    tmp_path: Path, algorithm: str, size: int
) -> None:
    card = OtherSigner(issued_card(tmp_path / "chip", algorithm), encode_dss_signature(1, 0x0203))
    raw = b64decode(CitizenAgent(card).answer(ORIGIN, NONCE, PIN)["signature"])
    assert raw == (1).to_bytes(size, "big") + (0x0203).to_bytes(size, "big")


def test_the_origin_and_the_pin_are_not_in_the_answer__CV_52(tmp_path: Path) -> None:
    answer = CitizenAgent(issued_card(tmp_path / "chip")).answer(ORIGIN, NONCE, PIN)
    assert not re.search(f"{ORIGIN}|{PIN}", repr(answer))


def test_the_card_is_left_logged_out(tmp_path: Path) -> None:
    card = issued_card(tmp_path / "chip")
    CitizenAgent(card).answer(ORIGIN, NONCE, PIN)
    assert send(card, "00200080") == "63C3"
    assert send(card, sign_command(0x9A, bytes(32))) == "6982"


def test_a_wrong_pin_gives_no_answer_and_costs_a_try(tmp_path: Path) -> None:
    path = tmp_path / "chip"
    with pytest.raises(WrongPin):
        CitizenAgent(issued_card(path)).answer(ORIGIN, NONCE, WRONG_PIN)
    assert tries_left(path) == 2


@pytest.mark.parametrize("nonce", ["", "short", NONCE[:-1]])
def test_a_short_challenge_is_not_signed(nonce: str) -> None:
    card = ScriptedCard()
    with pytest.raises(ChallengeRefused):
        CitizenAgent(card).answer(ORIGIN, nonce, PIN)
    assert card.asked == []


def test_what_is_no_pin_costs_no_try(tmp_path: Path) -> None:
    path = tmp_path / "chip"
    with pytest.raises(UnusablePin):
        CitizenAgent(issued_card(path)).answer(ORIGIN, NONCE, "12345")
    assert tries_left(path) == 3


@pytest.mark.parametrize("certificate", [b"\x30\x03\x02\x01\x00", b"nonsense"])
def test_a_certificate_that_cannot_be_read_is_refused(certificate: bytes) -> None:
    content = tlv.build(0x70, certificate) + tlv.build(0x71, b"\x00") + tlv.build(0xFE, b"")
    card = ScriptedCard("9000", (tlv.build(0x53, content) + b"\x90\x00").hex())
    with pytest.raises(NotACard):
        CitizenAgent(card).answer(ORIGIN, NONCE, PIN)
    assert len(card.asked) == 2  # the PIN was not shown to it


def test_a_card_with_an_rsa_key_is_not_for_this_agent(tmp_path: Path) -> None:
    path = tmp_path / "chip"
    with pytest.raises(NotACard):
        CitizenAgent(issued_card(path, "RS256")).answer(ORIGIN, NONCE, PIN)
    assert tries_left(path) == 3


@pytest.mark.parametrize(
    "signature", ["", "3003020101", "00" * 64, "3026022100" + "FF" * 33 + "020101"]
)
def test_a_signature_that_is_none_is_refused(tmp_path: Path, signature: str) -> None:
    card = OtherSigner(issued_card(tmp_path / "chip"), bytes.fromhex(signature))
    with pytest.raises(NotACard):
        CitizenAgent(card).answer(ORIGIN, NONCE, PIN)
