from hashlib import sha256, sha384
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from unit.chipcard_sim.cards import (
    PIN,
    PUK,
    WRONG_PIN,
    WRONG_PUK,
    blank_card,
    issued_card,
    public_key_of,
    tries_left,
)
from unit.chipcard_sim.scripted import ScriptedCard

from chipcard_sim.iso7816.status import StatusWord
from chipcard_sim.terminal.errors import CardRefused, NotACard, PinBlocked, UnusablePin, WrongPin
from chipcard_sim.terminal.piv import PivClient, padded_pin, padded_puk

MESSAGE = b"what is signed"
DIGEST = sha256(MESSAGE).digest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


@pytest.fixture
def client(path: Path) -> PivClient:
    client = PivClient(issued_card(path))
    client.select()
    return client


@pytest.mark.parametrize("slot", [0x9A, 0x9C])
def test_a_signature_holds_under_the_certificate(client: PivClient, path: Path, slot: int) -> None:
    client.verify_pin(PIN)
    public = public_key_of(path, slot)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(client.sign(slot, DIGEST), MESSAGE, ec.ECDSA(hashes.SHA256()))


def test_a_p384_card_signs(path: Path) -> None:
    client = PivClient(issued_card(path, "ES384"))
    client.select()
    client.verify_pin(PIN)
    public = public_key_of(path, 0x9A)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    signature = client.sign(0x9A, sha384(MESSAGE).digest())
    public.verify(signature, MESSAGE, ec.ECDSA(hashes.SHA384()))


@pytest.mark.parametrize("slot", [0x9A, 0x9C])
def test_nothing_is_signed_without_the_pin(client: PivClient, slot: int) -> None:
    with pytest.raises(CardRefused) as refused:
        client.sign(slot, DIGEST)
    assert refused.value.status == StatusWord.SECURITY_STATUS_NOT_SATISFIED


def test_only_a_hash_is_signed(client: PivClient) -> None:
    with pytest.raises(ValueError, match="32 or 48 bytes"):
        client.sign(0x9A, MESSAGE)


def test_a_curve_the_key_is_not_on_is_refused(client: PivClient) -> None:
    client.verify_pin(PIN)
    with pytest.raises(CardRefused):
        client.sign(0x9A, bytes(48))


def test_wrong_tries_are_counted_until_blocked(client: PivClient, path: Path) -> None:
    for left in (2, 1, 0):
        with pytest.raises(WrongPin) as wrong:
            client.verify_pin(WRONG_PIN)
        assert wrong.value.tries_left == left == tries_left(path)
        assert client.pin_tries_left() == left
    with pytest.raises(PinBlocked):
        client.verify_pin(PIN)


def test_asking_for_the_tries_logs_out(client: PivClient) -> None:
    client.verify_pin(PIN)
    assert client.pin_tries_left() == 3
    with pytest.raises(CardRefused):
        client.sign(0x9A, DIGEST)


def test_a_pin_is_changed(client: PivClient) -> None:
    client.change_pin(PIN, "24680246")
    with pytest.raises(WrongPin):
        client.verify_pin(PIN)
    client.verify_pin("24680246")


def test_a_blocked_pin_is_unblocked_with_the_puk(client: PivClient) -> None:
    for _ in range(3):
        with pytest.raises(WrongPin):
            client.verify_pin(WRONG_PIN)
    with pytest.raises(WrongPin) as wrong:
        client.unblock(WRONG_PUK, "24680246")
    assert wrong.value.tries_left == 2
    client.unblock(PUK, "24680246")
    client.verify_pin("24680246")


@pytest.mark.parametrize("pin", ["", "12345", "123456789", "12345a", "12345\u0666", "123 456"])
def test_what_is_no_pin_is_not_sent(client: PivClient, path: Path, pin: str) -> None:
    with pytest.raises(UnusablePin) as unusable:
        client.verify_pin(pin)
    assert not pin or pin not in str(unusable.value)
    assert tries_left(path) == 3


def test_pins_and_puks_are_padded__sp800_73_4_p2_2_4_3() -> None:
    assert padded_pin("123456").hex() == "313233343536ffff"
    assert padded_puk("12345678").hex() == "3132333435363738"
    for puk in ("123456789", "x", ""):
        with pytest.raises(UnusablePin):
            padded_puk(puk)


def test_a_card_without_certificate_says_so(path: Path) -> None:
    client = PivClient(blank_card(path))
    client.select()
    with pytest.raises(CardRefused) as refused:
        client.certificate(0x9A)
    assert refused.value.status == StatusWord.NOT_FOUND


@pytest.mark.parametrize(
    "content",
    [
        "",
        "5300",
        "530470007100",  # empty
        "53067001AA710101",  # compressed
        "53037001AA",  # does not say whether compressed
        "53097001AA7001BB710100",  # two
        "5305700AAA7100",  # past the end
        "5384FFFFFFFF",
        "5C01AA",
    ],
)
def test_a_certificate_object_that_cannot_be_read_is_refused__L_72(content: str) -> None:
    with pytest.raises(NotACard):
        PivClient(ScriptedCard(content + "9000")).certificate(0x9A)


@pytest.mark.parametrize("answer", ["", "7C00", "7C048201AA8200", "7C0382FFAA", "8201AA"])
def test_a_signature_that_cannot_be_read_is_refused__L_72(answer: str) -> None:
    with pytest.raises(NotACard):
        PivClient(ScriptedCard(answer + "9000")).sign(0x9A, DIGEST)


def test_a_card_that_says_neither_yes_nor_tries_is_refused() -> None:
    with pytest.raises(CardRefused):
        PivClient(ScriptedCard("9000", "9000")).pin_tries_left()


def test_a_card_of_another_kind_is_no_card() -> None:
    with pytest.raises(NotACard):
        PivClient(ScriptedCard("6A82")).select()
