"""What a chip tells whoever asks, without any PIN: keys, certificates, objects, counters."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import SHORT_ANSWER, Command, Response
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.status import StatusWord
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.certificates import read_certificate
from chipcard_sim.terminal.connection import SELECT_BY_NAME, Connection
from chipcard_sim.terminal.emrtd import AID as PASSPORT
from chipcard_sim.terminal.errors import CardRefused, NotACard
from chipcard_sim.terminal.personalisation import AID as FACTORY
from chipcard_sim.terminal.piv import CURRENT_FILE, PivClient

NO_ANSWER = 0x0C  # ICAO 9303-10, 3.3.1: SELECT without file control information
# NIST SP 800-73-4 part 1, table 3: slot -> its certificate.
CERTIFICATES = {"9A": 0x5FC105, "9C": 0x5FC10A, "9D": 0x5FC10B, "9E": 0x5FC101}
OBJECTS = (0x5FC102, 0x5FC107, 0x7E, 0x5FC106, 0x5FC109, 0x5FC108, 0x5FC103)
PIN, PUK = 0x80, 0x81
TRIES = 0x06  # of Yubico's metadata: allowed and left
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384"}


@dataclass(frozen=True, slots=True)
class KeyState:
    """A key that has a certificate."""

    slot: str
    algorithm: str
    subject: str
    issuer: str
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class ObjectState:
    """A data object. `access` is `free`, `pin` or `absent`; the size in bytes where it is free."""

    tag: str
    access: str
    size: int


@dataclass(frozen=True, slots=True)
class Counter:
    """The tries of a PIN or PUK that are left; `allowed` is None where the card does not say."""

    left: int
    allowed: int | None


@dataclass(frozen=True, slots=True)
class ChipState:
    """What one conversation found out. A counter is None where the card does not tell it.

    `is_open` says that the factory's door is open still: such a card is not finished.
    """

    pin: Counter | None
    puk: Counter | None
    keys: tuple[KeyState, ...]
    objects: tuple[ObjectState, ...]
    has_passport: bool
    is_open: bool


def read_chip_state(card: Transport) -> ChipState:
    """Look at a card.

    Raises:
        NotACard: it is no PIV card, or does not keep to the protocol.
    """
    connection = Connection(card)
    client = PivClient(card)
    client.select()
    keys = [_key(slot, get_object(connection, tag)) for slot, tag in CERTIFICATES.items()]
    objects = [_object(tag, get_object(connection, tag)) for tag in OBJECTS]
    return ChipState(
        pin=_counter(connection, PIN) or _pin_counter(client),
        puk=_counter(connection, PUK),
        keys=tuple(key for key in keys if key is not None),
        objects=tuple(objects),
        has_passport=_has(connection, PASSPORT),
        is_open=_has(connection, FACTORY),
    )


def get_object(connection: Connection, tag: int) -> Response:
    """Ask for a PIV data object, whatever the answer."""
    p1, p2 = CURRENT_FILE
    name = tlv.build(0x5C, tag.to_bytes((tag.bit_length() + 7) // 8, "big"))
    return connection.exchange(Command(0, Instruction.GET_DATA, p1, p2, name, SHORT_ANSWER))


def _counter(connection: Connection, reference: int) -> Counter | None:
    """Ask as Yubico's tools do, which costs nothing; many a card does not know the question."""
    ask = Command(0, Instruction.GET_METADATA, 0, reference, b"", SHORT_ANSWER)
    response = connection.exchange(ask)
    if not response.is_ok:
        return None
    try:
        allowed, left = tlv.by_tag(response.data)[TRIES]
    except (KeyError, ValueError):
        return None
    return Counter(left, allowed)


def _pin_counter(client: PivClient) -> Counter | None:
    """Ask as NIST SP 800-73-4 part 2, 3.2.1, has it: VERIFY without a PIN."""
    try:
        return Counter(client.pin_tries_left(), None)
    except CardRefused:
        return None


def _key(slot: str, response: Response) -> KeyState | None:
    if not response.is_ok:
        return None
    try:
        fields = tlv.by_tag(tlv.value(response.data, 0x53))
        certificate = read_certificate(fields[0x70])
    except (KeyError, ValueError, NotACard):
        return None
    return KeyState(
        slot=slot,
        algorithm=_algorithm(certificate),
        subject=_common_name(certificate.subject),
        issuer=_common_name(certificate.issuer),
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
    )


def _algorithm(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVES.get(key.curve.name, key.curve.name)
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA-{key.key_size}"
    return "?"


def _common_name(name: x509.Name) -> str:
    held = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(held[0].value) if held else ""


def _object(tag: int, response: Response) -> ObjectState:
    if response.is_ok:
        return ObjectState(f"{tag:X}", "free", len(response.data))
    locked = response.status == StatusWord.SECURITY_STATUS_NOT_SATISFIED
    return ObjectState(f"{tag:X}", "pin" if locked else "absent", 0)


def _has(connection: Connection, aid: bytes) -> bool:
    """Ask whether there is an application, without opening anything in it."""
    command = Command(0, Instruction.SELECT, SELECT_BY_NAME, NO_ANSWER, aid)
    try:
        return connection.exchange(command).is_ok
    except NotACard:
        return False
