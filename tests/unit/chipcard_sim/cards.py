"""Cards for tests: blank, and issued with known PIN, PUK and objects."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import NameOID

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.chip.card import Card
from chipcard_sim.chip.memory import CardState, Memory
from chipcard_sim.iso7816 import tlv
from chipcard_sim.terminal.personalisation import FactoryClient

SERIAL = bytes(range(16))
PIN = "123456"
WRONG_PIN = "654321"
PUK = "87654321"
WRONG_PUK = "12345678"
PIV = "00A4040009A0000003080000100000"
CERTIFICATES = {0x9A: 0x5FC105, 0x9C: 0x5FC10A}
CHUID = bytes.fromhex(
    "3019" + "00" * 25 + "3410" + "AB" * 16 + "3508" + "3230333030313135" + "3E00FE00"
)
PRINTED = b"\x01\x03ABC\xfe\x00"
DISCOVERY = bytes.fromhex("7E124F0BA0000003080000100001005F2F024000")


def padded(pin: str) -> bytes:
    return pin.encode("ascii").ljust(8, b"\xff")


def send(card: Card, command: str) -> str:
    """One command, one answer, both as hexadecimal digits."""
    return card.transmit(bytes.fromhex(command)).hex().upper()


def verify(pin: str = PIN) -> str:
    return "0020008008" + padded(pin).hex()


def sign_command(slot: int, digest: bytes, algorithm: int = 0x11) -> str:
    template = tlv.build(0x7C, tlv.build(0x82, b"") + tlv.build(0x81, digest))
    return f"0087{algorithm:02X}{slot:02X}{len(template):02X}{template.hex()}00"


def open_card(path: Path) -> Card:
    return Card.open(path, applications=APPLICATIONS)


def blank_card(path: Path) -> Card:
    return Card.create(path, serial=SERIAL, applications=APPLICATIONS)


def piv_card(path: Path) -> Card:
    """An issued card with PIV selected."""
    card = issued_card(path)
    assert send(card, PIV).endswith("9000")
    return card


def issued_card(path: Path, algorithm: str = "ES256") -> Card:
    """An issued card at `path`. Its factory work is done once; the file is then copied."""
    path.write_bytes(_issued(algorithm))
    return open_card(path)


def state_of(path: Path) -> CardState:
    return Memory(path).read()


def tries_left(path: Path, reference: int = 0x80) -> int:
    return state_of(path).references[reference].tries_left


def change_state(path: Path, change: Callable[[CardState], CardState]) -> None:
    Memory(path).update(change)


def public_key_of(path: Path, slot: int) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    """The key that the slot's certificate names."""
    fields = tlv.by_tag(state_of(path).objects[CERTIFICATES[slot]])
    key = x509.load_der_x509_certificate(fields[0x70]).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
    return key


def certificate_for(public_key: bytes) -> bytes:
    """A certificate over a key (DER SubjectPublicKeyInfo), by an authority made for the moment."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "NGUYEN THI MAU")])
    key = load_der_public_key(public_key)
    assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
    builder = x509.CertificateBuilder(name, name, key, x509.random_serial_number())
    dated = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2040, 1, 1, tzinfo=UTC)
    )
    certificate = dated.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return certificate.public_bytes(Encoding.DER)


def certificate_object(certificate: bytes) -> bytes:
    return tlv.build(0x70, certificate) + tlv.build(0x71, b"\x00") + tlv.build(0xFE, b"")


def fill(factory: FactoryClient, slots: Mapping[int, int], algorithm: str) -> None:
    """Make the keys of these slots with their certificates, the other objects, PIN and PUK."""
    for slot, tag in slots.items():
        certificate = certificate_for(factory.generate_key(slot, algorithm))
        factory.put_object(tag, certificate_object(certificate))
    factory.put_object(0x5FC102, CHUID)
    factory.put_object(0x5FC109, PRINTED)
    factory.put_object(0x7E, DISCOVERY)
    factory.set_pin(PIN)
    factory.set_puk(PUK)


@lru_cache
def _issued(algorithm: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "chip"
        factory = FactoryClient(blank_card(path))
        factory.select()
        fill(factory, CERTIFICATES, algorithm)
        factory.lock()
        return path.read_bytes()
