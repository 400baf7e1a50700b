from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from unit.chipcard_sim.cards import (
    PIN,
    PUK,
    SERIAL,
    blank_card,
    certificate_for,
    certificate_object,
    open_card,
    state_of,
)
from unit.chipcard_sim.scripted import ScriptedCard

from chipcard_sim.iso7816.status import StatusWord
from chipcard_sim.terminal.errors import CardRefused, NotACard, UnusablePin
from chipcard_sim.terminal.personalisation import FactoryClient
from chipcard_sim.terminal.piv import PivClient

TEXT = b"eid.key-report:1|00|9A|AAAA"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


@pytest.fixture
def factory(path: Path) -> FactoryClient:
    factory = FactoryClient(blank_card(path))
    assert factory.select() == SERIAL
    return factory


@pytest.mark.parametrize(("algorithm", "size"), [("ES256", 256), ("ES384", 384)])
def test_a_key_made_on_the_chip_proves_itself(
    factory: FactoryClient, algorithm: str, size: int
) -> None:
    public = load_der_public_key(factory.generate_key(0x9C, algorithm))
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert public.curve.key_size == size
    proof = factory.sign_proof(0x9C, sha256(TEXT).digest())
    public.verify(proof, TEXT, ec.ECDSA(hashes.SHA256()))


def test_an_rsa_key_is_made_on_the_chip(factory: FactoryClient) -> None:
    public = load_der_public_key(factory.generate_key(0x9A, "RS256"))
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == 2048


def test_the_private_half_never_passes_the_reader(factory: FactoryClient, path: Path) -> None:
    public = factory.generate_key(0x9A, "ES256")
    private = state_of(path).keys[0x9A].private
    assert public[-64:] in private  # PKCS #8 holds both halves: this is the right key
    secret = private[36:68]
    assert secret not in public


def test_a_card_is_personalised_and_locked(factory: FactoryClient, path: Path) -> None:
    certificate = certificate_for(factory.generate_key(0x9A, "ES256"))
    factory.put_object(0x5FC105, certificate_object(certificate))
    factory.set_pin(PIN)
    factory.set_puk(PUK)
    factory.lock()
    client = PivClient(open_card(path))
    client.select()
    assert client.certificate(0x9A) == certificate
    with pytest.raises(NotACard):
        FactoryClient(open_card(path)).select()
    with pytest.raises(CardRefused):
        factory.set_pin("111111")


def test_a_large_object_goes_in_a_chain(factory: FactoryClient, path: Path) -> None:
    portrait = bytes(range(256)) * 49
    factory.put_object(0x5FC108, portrait)
    assert state_of(path).objects[0x5FC108] == portrait


def test_a_card_is_not_finished_without_pin(factory: FactoryClient) -> None:
    with pytest.raises(CardRefused) as refused:
        factory.lock()
    assert refused.value.status == StatusWord.CONDITIONS_NOT_SATISFIED


def test_an_unusable_pin_is_not_sent(factory: FactoryClient, path: Path) -> None:
    with pytest.raises(UnusablePin):
        factory.set_pin("12345")
    with pytest.raises(UnusablePin):
        factory.set_puk("123456789")
    assert not state_of(path).references


@pytest.mark.parametrize("answer", ["", "6F00", "6F048401AA84", "6F06530100840100", "8401AA5301BB"])
def test_a_door_that_cannot_be_read_is_refused__L_72(answer: str) -> None:
    with pytest.raises(NotACard):
        FactoryClient(ScriptedCard(answer + "9000")).select()


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "7F4900",
        "7F49028600",
        "7F490481028201",
        "7F4943864104" + "11" * 64,  # not on the curve
        "7F49068101018201" + "03",  # a modulus of one
    ],
)
def test_a_public_key_that_cannot_be_read_is_refused__L_72(answer: str) -> None:
    with pytest.raises(NotACard):
        FactoryClient(ScriptedCard(answer + "9000")).generate_key(0x9A, "ES256")
