"""Cards with all of PIV: four keys, their certificates, and a card management key."""

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from unit.chipcard_sim.cards import (
    PIV,
    blank_card,
    fill,
    open_card,
    send,
)

from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.chaining import exchange
from chipcard_sim.terminal.personalisation import FactoryClient

SLOTS = {0x9A: 0x5FC105, 0x9C: 0x5FC10A, 0x9D: 0x5FC10B, 0x9E: 0x5FC101}
MANAGEMENT_KEYS = {
    0x03: bytes(range(1, 9)) * 3,
    0x08: bytes(range(0x10, 0x20)),
    0x0A: bytes(range(0x20, 0x38)),
    0x0C: bytes(range(0x40, 0x60)),
}
BLOCKS = {0x03: 8, 0x08: 16, 0x0A: 16, 0x0C: 16}
EF_COM = bytes.fromhex("60145F0104303130375F36063034303030305C026175")
WRONG_KEY = bytes(range(8, 0, -1)) * 3


def whole_card(path: Path, algorithm: str = "ES256", management: int = 0x03) -> Card:
    """An issued card at `path`. Its factory work is done once; the file is then copied."""
    path.write_bytes(_issued(algorithm, management))
    return open_card(path)


def selected(path: Path, algorithm: str = "ES256", management: int = 0x03) -> Card:
    """The same, with PIV selected."""
    card = whole_card(path, algorithm, management)
    assert send(card, PIV).endswith("9000")
    return card


def command(algorithm: int, slot: int, *fields: tuple[int, bytes]) -> Command:
    """GENERAL AUTHENTICATE with a template of these fields."""
    content = b"".join(tlv.build(tag, value) for tag, value in fields)
    return Command(0, 0x87, algorithm, slot, tlv.build(0x7C, content), 256)


def authenticate(card: Card, algorithm: int, slot: int, *fields: tuple[int, bytes]) -> str:
    """The status word of a GENERAL AUTHENTICATE."""
    return f"{exchange(card, command(algorithm, slot, *fields)).status:04X}"


def answer(card: Card, algorithm: int, slot: int, *fields: tuple[int, bytes], tag: int) -> bytes:
    """The one field of the answer."""
    response = exchange(card, command(algorithm, slot, *fields))
    assert response.is_ok, f"{response.status:04X}"
    return tlv.value(tlv.value(response.data, 0x7C), tag)


def encrypted(algorithm: int, block: bytes, key: bytes | None = None) -> bytes:
    encryptor = _cipher(algorithm, key).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def decrypted(algorithm: int, block: bytes, key: bytes | None = None) -> bytes:
    decryptor = _cipher(algorithm, key).decryptor()
    return decryptor.update(block) + decryptor.finalize()


def manage(card: Card, algorithm: int = 0x03) -> None:
    """Authenticate as the administrator, the card alone asking."""
    challenge = answer(card, algorithm, 0x9B, (0x81, b""), tag=0x81)
    assert authenticate(card, algorithm, 0x9B, (0x82, encrypted(algorithm, challenge))) == "9000"


def is_managed(card: Card) -> bool:
    """Whether the card lets who is there write. What it writes changes nothing."""
    status = send(card, "00DB3FFF075C035FC1035300")
    assert status in {"9000", "6982"}
    return status == "9000"


def put(card: Card, tag: str, content: bytes) -> str:
    """The status word of a PUT DATA."""
    data = tlv.build(0x5C, bytes.fromhex(tag)) + tlv.build(0x53, content)
    return f"{exchange(card, Command(0, 0xDB, 0x3F, 0xFF, data)).status:04X}"


def _cipher(algorithm: int, key: bytes | None) -> Cipher[ECB]:
    secret = key or MANAGEMENT_KEYS[algorithm]
    return Cipher(TripleDES(secret) if algorithm == 0x03 else AES(secret), ECB())  # noqa: S305 - as the card


@lru_cache
def _issued(algorithm: str, management: int) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "chip"
        factory = FactoryClient(blank_card(path))
        factory.select()
        fill(factory, SLOTS, algorithm)
        factory.put_file(0x011E, EF_COM)  # another application, to select besides
        factory.set_management_key(management, MANAGEMENT_KEYS[management])
        factory.lock()
        return path.read_bytes()
