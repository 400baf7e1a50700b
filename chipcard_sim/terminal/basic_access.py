"""The reader's end of Basic Access Control: the zone opens the chip (ICAO 9303-11, 4.3)."""

import hmac
import secrets
from collections.abc import Callable

from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.block_ciphers import TripleDes
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.key_derivation import Purpose, derive_key, derive_session
from chipcard_sim.iso7816.secure_messaging import SecureMessaging
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.connection import Connection
from chipcard_sim.terminal.errors import ChipNotGenuine, NotACard, WrongAccessKey

SEED = 16
CHALLENGE = 8
ANSWER = 40


def open_with_basic_access(
    connection: Connection, key: AccessKey, draw: Callable[[int], bytes] = secrets.token_bytes
) -> None:
    """Open the passport application, which is selected; everything after is protected by 3DES.

    Args:
        connection: to the chip.
        key: from a machine readable zone.
        draw: so many random bytes.

    Raises:
        WrongAccessKey: the chip does not know this zone.
        ChipNotGenuine: it accepted the zone, but does not know it.
        CardRefused, NotACard.
    """
    suite = _document_keys(key)
    challenge = connection.ask(Command(0, Instruction.GET_CHALLENGE, 0, 0, answer_size=CHALLENGE))
    nonce, own_seed = draw(CHALLENGE), draw(SEED)
    encrypted = suite.encrypt(nonce + challenge + own_seed)
    data = encrypted + suite.checksum(encrypted)
    command = Command(0, Instruction.MUTUAL_AUTHENTICATE, 0, 0, data, ANSWER)
    response = connection.exchange(command)
    if not response.is_ok:
        raise WrongAccessKey
    seed = _answered_seed(suite, response.data, challenge + nonce)
    session = derive_session(_xor(own_seed, seed), "3DES")
    counter = int.from_bytes(challenge[4:] + nonce[4:], "big")  # ICAO 9303-11, 9.8.6.3
    connection.protect(SecureMessaging("3DES", *session, counter))


def _document_keys(key: AccessKey) -> TripleDes:
    seed = key.secret[:SEED]  # ICAO 9303-11, 9.7.2: the document basic access keys
    enc, mac = (
        derive_key(seed, purpose, "3DES")
        for purpose in (Purpose.ENCRYPTION, Purpose.AUTHENTICATION)
    )
    return TripleDes(enc, mac)


def _answered_seed(suite: TripleDes, answer: bytes, echo: bytes) -> bytes:
    """The chip's half of the session seed, once the chip has shown that it knows the zone."""
    if len(answer) != ANSWER:
        raise NotACard("an answer to the zone that cannot be read")
    encrypted, checksum = answer[:-CHALLENGE], answer[-CHALLENGE:]
    if not hmac.compare_digest(suite.checksum(encrypted), checksum):
        raise ChipNotGenuine("the chip does not know its own zone")
    answered = suite.decrypt(encrypted)
    # ICAO 9303-11, 4.3.1: RND.IC and RND.IFD come back, so that nobody replays an older answer.
    if not hmac.compare_digest(answered[: 2 * CHALLENGE], echo):
        raise ChipNotGenuine("the chip answered another challenge")
    return answered[2 * CHALLENGE :]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(left, right, strict=True))
