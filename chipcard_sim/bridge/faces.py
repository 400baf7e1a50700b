"""What can be read from a card without its PIN: whose it is, until when, what state it is in."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

from chipcard_sim.bridge.drawer import CardMissing, CardSource
from chipcard_sim.chip.memory import MemoryDamaged
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.certificates import read_certificate
from chipcard_sim.terminal.errors import CardRefused, NotACard, TerminalError
from chipcard_sim.terminal.personalisation import FactoryClient
from chipcard_sim.terminal.piv import AUTHENTICATION_SLOT, PivClient

_SHOWN_DIGITS = 4


@dataclass(frozen=True, slots=True)
class CardFace:
    """A card with a holder. `masked_number` shows the end of the holder's number only."""

    document_number: str
    holder: str
    masked_number: str
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class CardCondition:
    """The state of a chip. `tries_left` is None where no PIN was ever set."""

    tries_left: int | None
    is_locked: bool


def read_faces(cards: CardSource) -> tuple[CardFace, ...]:
    """Return the faces of all cards of a source that have a holder."""
    found = (find_face(cards, name) for name in cards.names())
    return tuple(face for face in found if face is not None)


def read_face(document_number: str, card: Transport) -> CardFace | None:
    """Return a card's face from its authentication certificate, or None where there is none.

    Raises:
        NotACard: it is no PIV card.
    """
    client = PivClient(card)
    client.select()
    try:
        certificate = read_certificate(client.certificate(AUTHENTICATION_SLOT))
    except TerminalError:
        return None
    return _face(document_number, certificate)


def read_condition(card: Transport) -> CardCondition:
    """Return the state of a chip. Afterwards the PIN must be shown again.

    Raises:
        NotACard: it is no PIV card.
    """
    is_locked = _is_locked(card)
    client = PivClient(card)
    client.select()
    try:
        return CardCondition(client.pin_tries_left(), is_locked)
    except CardRefused:
        return CardCondition(None, is_locked)


def find_face(cards: CardSource, name: str) -> CardFace | None:
    """Return the face of a card, or None where it has none or cannot be read."""
    try:
        with cards.inserted(name) as card:
            return read_face(name, card)
    except (CardMissing, MemoryDamaged, NotACard):
        return None


def _face(document_number: str, certificate: x509.Certificate) -> CardFace:
    return CardFace(
        document_number=document_number,
        holder=_subject(certificate, NameOID.COMMON_NAME),
        masked_number=_masked(_subject(certificate, NameOID.SERIAL_NUMBER)),
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
    )


def _subject(certificate: x509.Certificate, name: ObjectIdentifier) -> str:
    held = certificate.subject.get_attributes_for_oid(name)
    return str(held[0].value) if held else ""


def _masked(number: str) -> str:
    """Mask `PNOVN-` and twelve digits (ETSI EN 319 412-1, 5.1.3) but for the last ones."""
    digits = number.rpartition("-")[2]
    return "•" * max(len(digits) - _SHOWN_DIGITS, 0) + digits[-_SHOWN_DIGITS:]


def _is_locked(card: Transport) -> bool:
    """A finished card no longer knows the factory's application."""
    try:
        FactoryClient(card).select()
    except NotACard:
        return True
    return False
