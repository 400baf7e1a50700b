from hashlib import sha256, sha384
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from cryptography.x509 import load_der_x509_certificate
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
from unit.chipcard_sim.piv_cards import MANAGEMENT_KEYS, SLOTS, encrypted, whole_card
from unit.chipcard_sim.scripted import ScriptedCard

from chipcard_sim.iso7816.status import StatusWord
from chipcard_sim.terminal.errors import (
    CardRefused,
    ChipNotGenuine,
    NotACard,
    PinBlocked,
    UnusablePin,
    WrongPin,
)
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


# The whole card: four keys, and an administrator


@pytest.fixture
def whole(path: Path) -> PivClient:
    client = PivClient(whole_card(path))
    client.select()
    return client


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@pytest.mark.parametrize("slot", SLOTS)
def test_every_slot_has_its_certificate(whole: PivClient, slot: int) -> None:
    whole.verify_pin(PIN)
    public = load_der_x509_certificate(whole.certificate(slot)).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(whole.sign(slot, DIGEST), MESSAGE, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    ("algorithm", "curve"), [("ES256", ec.SECP256R1()), ("ES384", ec.SECP384R1())]
)
def test_a_secret_is_agreed_on(path: Path, algorithm: str, curve: ec.EllipticCurve) -> None:
    client = PivClient(whole_card(path, algorithm))
    client.select()
    client.verify_pin(PIN)
    other = ec.generate_private_key(curve)
    public = load_der_x509_certificate(client.certificate(0x9D)).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert client.derive(0x9D, point(other.public_key())) == other.exchange(ec.ECDH(), public)


def test_a_point_off_the_curve_is_refused(whole: PivClient) -> None:
    whole.verify_pin(PIN)
    with pytest.raises(CardRefused) as refused:
        whole.derive(0x9D, b"\x04" + bytes(64))
    assert refused.value.status == StatusWord.WRONG_DATA
    with pytest.raises(ValueError, match="uncompressed"):
        whole.derive(0x9D, bytes(33))


def test_an_rsa_key_signs_what_the_caller_padded_and_deciphers(path: Path) -> None:
    client = PivClient(whole_card(path, "RS256"))
    client.select()
    client.verify_pin(PIN)
    public = load_der_x509_certificate(client.certificate(0x9D)).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    info = bytes.fromhex("3031300d060960864801650304020105000420") + DIGEST
    signature = client.sign(0x9D, b"\x00\x01" + b"\xff" * (253 - len(info)) + b"\x00" + info)
    public.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    block = client.decrypt(0x9D, public.encrypt(MESSAGE, padding.PKCS1v15()))
    assert block.startswith(b"\x00\x02")
    assert block.endswith(b"\x00" + MESSAGE)


def test_objects_are_read_and_the_protected_ones_after_the_pin(whole: PivClient) -> None:
    assert whole.read_object(0x5FC102).startswith(b"\x30\x19")
    assert whole.read_object(0x7E).startswith(b"\x4f\x0b\xa0")
    with pytest.raises(CardRefused) as refused:
        whole.read_object(0x5FC109)
    assert refused.value.status == StatusWord.SECURITY_STATUS_NOT_SATISFIED
    whole.verify_pin(PIN)
    assert whole.read_object(0x5FC109)


@pytest.mark.parametrize("algorithm", MANAGEMENT_KEYS)
def test_the_administrator_writes_and_makes_keys(path: Path, algorithm: int) -> None:
    client = PivClient(whole_card(path, management=algorithm))
    client.select()
    client.authenticate_management(algorithm, MANAGEMENT_KEYS[algorithm])
    client.put_object(0x5FC106, b"\x01\x02\x03")
    assert client.read_object(0x5FC106) == b"\x01\x02\x03"
    client.put_object(0x5FC106, b"")
    with pytest.raises(CardRefused):
        client.read_object(0x5FC106)
    discovery = client.read_object(0x7E)
    client.put_object(0x7E, discovery)
    assert client.read_object(0x7E) == discovery
    made = load_der_public_key(client.generate_key(0x9A, "ES384"))
    assert isinstance(made, ec.EllipticCurvePublicKey)
    client.verify_pin(PIN)
    signature = client.sign(0x9A, sha384(MESSAGE).digest())
    made.verify(signature, MESSAGE, ec.ECDSA(hashes.SHA384()))


def test_nobody_else_does(whole: PivClient) -> None:
    for algorithm, key in ((0x03, bytes(range(24))), (0x08, MANAGEMENT_KEYS[0x08])):
        with pytest.raises(CardRefused):
            whole.authenticate_management(algorithm, key)
    with pytest.raises(CardRefused):
        whole.put_object(0x5FC106, b"\x01")
    with pytest.raises(CardRefused):
        whole.generate_key(0x9A, "ES256")


@pytest.mark.parametrize("witness", ["", "00" * 7, "00" * 9, "00" * 16])
def test_a_witness_of_another_size_is_answered_by_nothing__sp800_73_4_p2_a_2(witness: str) -> None:
    size = len(witness) // 2
    card = ScriptedCard(f"7C{size + 2:02X}80{size:02X}{witness}9000")
    with pytest.raises(NotACard):
        PivClient(card).authenticate_management(0x03, MANAGEMENT_KEYS[0x03])
    assert len(card.asked) == 1


@pytest.mark.parametrize("proof", ["", "00" * 8, encrypted(0x03, bytes(8)).hex()])
def test_a_card_without_the_key_is_found_out__sp800_73_4_p2_a_2(proof: str) -> None:
    size = len(proof) // 2
    card = ScriptedCard("7C0A8008" + "11" * 8 + "9000", f"7C{size + 2:02X}82{size:02X}{proof}9000")
    with pytest.raises(ChipNotGenuine):
        PivClient(card).authenticate_management(0x03, MANAGEMENT_KEYS[0x03])


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "7F4900",
        "7F49028600",
        "7F49" + "43" + "8641" + "04" + "00" * 64,  # not on the curve
        "7F490381017F",  # a modulus and no exponent
        "7F490681010F820101",
        "AC00",
    ],
)
def test_a_public_key_that_cannot_be_read_is_refused__L_72(answer: str) -> None:
    with pytest.raises(NotACard):
        PivClient(ScriptedCard(answer + "9000")).generate_key(0x9A, "ES256")
