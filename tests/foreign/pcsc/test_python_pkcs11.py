"""python-pkcs11, unmodified, uses the card's keys through OpenSC's module."""

import json
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from foreign.pcsc.personalised import PIN, WRONG_PIN, HandedOut
from foreign.pcsc.sign_through_pkcs11 import MESSAGE
from foreign.pcsc.strangers import run, succeed

pytestmark = pytest.mark.pcsc
PROGRAM = Path(__file__).with_name("sign_through_pkcs11.py")


@pytest.fixture
def own() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def words(module: Path, pin: str, own: ec.EllipticCurvePrivateKey) -> tuple[object, ...]:
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return sys.executable, PROGRAM, module, pin, point.hex()


def test_it_signs_and_agrees_with_the_card(
    inserted: HandedOut, module: Path, own: ec.EllipticCurvePrivateKey
) -> None:
    said = json.loads(succeed(*words(module, PIN, own)).text)
    assert said["token"] == "NGUYEN THI MAU"
    assert (said["verified"], said["otherVerified"]) == (True, False)
    signature = bytes.fromhex(said["signature"])
    inserted.public_key("9A").verify(signature, MESSAGE, ec.ECDSA(SHA256()))
    assert said["secret"] == own.exchange(ec.ECDH(), inserted.public_key("9D")).hex()


@pytest.mark.usefixtures("inserted")
def test_a_wrong_pin_opens_nothing(module: Path, own: ec.EllipticCurvePrivateKey) -> None:
    said = run(*words(module, WRONG_PIN, own))
    assert said.code != 0
    assert "PinIncorrect" in said
