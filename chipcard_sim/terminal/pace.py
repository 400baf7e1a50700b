"""The reader's end of PACE with generic mapping: a password becomes a strong session.

ICAO 9303-11, 4.4; both ends prove that they know the password, and whoever listens learns nothing
that would let it be guessed.
"""

import hmac
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import CHAIN_BIT, SHORT_ANSWER, Command, Response
from chipcard_sim.iso7816.block_ciphers import aes_decrypt, cmac
from chipcard_sim.iso7816.curves import Curve, NotAPoint, Point
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.key_derivation import Purpose, derive_key, derive_session
from chipcard_sim.iso7816.secure_messaging import SecureMessaging
from chipcard_sim.iso7816.status import StatusWord, tries_told
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.connection import Connection
from chipcard_sim.terminal.errors import CardRefused, ChipNotGenuine, NotACard, WrongAccessKey
from chipcard_sim.terminal.security_infos import PaceOffer

# ICAO 9303-11, 4.4.4.1 and 4.4.4.2: dynamic authentication data, step by step.
SET_AUTHENTICATION_TEMPLATE = (0xC1, 0xA4)
DYNAMIC_DATA = 0x7C
NONCE = 0x80
OWN_MAPPING, OWN_AGREEMENT = 0x81, 0x83  # the chip's are the next ones
OWN_TOKEN, CHIP_TOKEN = 0x85, 0x86
NONCE_SIZE = 16
PUBLIC_KEY, PROTOCOL, PUBLIC_POINT = 0x7F49, 0x06, 0x86

DrawScalar = Callable[[Curve], int]


def draw_scalar(curve: Curve) -> int:
    """A fresh private key on a curve."""
    return secrets.randbelow(curve.order - 1) + 1


def open_with_pace(
    connection: Connection, key: AccessKey, offer: PaceOffer, draw: DrawScalar = draw_scalar
) -> None:
    """Open the chip; everything after is protected by AES.

    Raises:
        WrongAccessKey: the chip does not know this password.
        ChipNotGenuine: it accepted the password, but does not know it.
        CardRefused, NotACard.
    """
    curve = offer.curve
    _choose(connection, key, offer)
    nonce = _nonce(_step(connection, b"", NONCE), key)
    with _points():
        _, mine, theirs = _agree(connection, curve, curve.generator, draw, OWN_MAPPING)
        generator = curve.map_generator(nonce, curve.multiply(mine, theirs))
        own, mine, theirs = _agree(connection, curve, generator, draw, OWN_AGREEMENT)
        # ICAO 9303-11, 4.4.1: a chip that sends our own key back knows nothing.
        if own == theirs:
            raise ChipNotGenuine("the chip sent the reader's own key back")
        agreed = curve.secret(curve.multiply(mine, theirs))
    enc, mac = derive_session(agreed, "AES")
    sent = tlv.build(OWN_TOKEN, _token(mac, offer, theirs))
    token = _step(connection, sent, CHIP_TOKEN, is_last=True)
    if not hmac.compare_digest(token, _token(mac, offer, own)):
        raise ChipNotGenuine("the chip does not know the password that it accepted")
    connection.protect(SecureMessaging("AES", enc, mac))


def _choose(connection: Connection, key: AccessKey, offer: PaceOffer) -> None:
    """MSE:Set AT: which protocol, which password, which curve."""
    data = (
        tlv.build(0x80, offer.protocol)
        + tlv.build(0x83, bytes((key.number,)))
        + tlv.build(0x84, bytes((offer.parameters,)))
    )
    ins = Instruction.MANAGE_SECURITY_ENVIRONMENT
    response = connection.exchange(Command(0, ins, *SET_AUTHENTICATION_TEMPLATE, data))
    # ICAO 9303-11, 4.4.4.1: 63CX warns that the password was wrong before; it may be tried.
    if not response.is_ok and tries_told(response.status) in {None, 0}:
        raise CardRefused(response.status)


def _nonce(encrypted: bytes, key: AccessKey) -> bytes:
    if len(encrypted) != NONCE_SIZE:
        raise NotACard("a nonce of another length")
    return aes_decrypt(derive_key(key.secret, Purpose.PASSWORD, "AES"), encrypted)


def _agree(
    connection: Connection, curve: Curve, generator: Point, draw: DrawScalar, tag: int
) -> tuple[Point, int, Point]:
    """Exchange fresh public keys; the reader's, its private half, the chip's."""
    mine = draw(curve)
    own = curve.multiply(mine, generator)
    answer = _step(connection, tlv.build(tag, curve.encode(own)), tag + 1)
    return own, mine, curve.decode(answer)


def _step(connection: Connection, sent: bytes, due: int, *, is_last: bool = False) -> bytes:
    """One GENERAL AUTHENTICATE; the value of the field that is due."""
    data = tlv.build(DYNAMIC_DATA, sent)
    cla = 0 if is_last else CHAIN_BIT
    ins = Instruction.AUTHENTICATE_STEP
    response = connection.exchange(Command(cla, ins, 0, 0, data, SHORT_ANSWER))
    if is_last and _says_wrong(response):
        raise WrongAccessKey
    if not response.is_ok:
        raise CardRefused(response.status)
    try:
        return tlv.value(tlv.value(response.data, DYNAMIC_DATA), due)
    except tlv.MalformedTlv as error:
        raise NotACard("an answer of PACE that cannot be read") from error


def _says_wrong(response: Response) -> bool:
    """6300, or 63CX from chips that count."""
    is_counted = tries_told(response.status) is not None
    return is_counted or response.status == StatusWord.AUTHENTICATION_FAILED


def _token(key_mac: bytes, offer: PaceOffer, point: Point) -> bytes:
    """Proof of the session over the other end's key (ICAO 9303-11, 4.4.3.4)."""
    fields = tlv.build(PROTOCOL, offer.protocol)
    fields += tlv.build(PUBLIC_POINT, offer.curve.encode(point))
    return cmac(key_mac, tlv.build(PUBLIC_KEY, fields))


@contextmanager
def _points() -> Iterator[None]:
    try:
        yield
    except NotAPoint as error:
        raise NotACard("a point that is not on the curve") from error
