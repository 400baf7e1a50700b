"""The reader's end of PIV (NIST SP 800-73-4 part 2, 3)."""

from collections.abc import Iterator
from contextlib import contextmanager

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import SHORT_ANSWER, Command
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.status import StatusWord, tries_told
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.connection import Connection
from chipcard_sim.terminal.errors import CardRefused, NotACard, UnusablePin

AID = bytes.fromhex("A00000030800001000")  # without its version: any will do
AUTHENTICATION_SLOT = 0x9A
SIGNATURE_SLOT = 0x9C
CERTIFICATES = {0x9A: b"\x5f\xc1\x05", 0x9C: b"\x5f\xc1\x0a"}
PIN = 0x80
REFERENCE_LENGTH = 8
PIN_LENGTHS = range(6, 9)
LOG_OUT = 0xFF
UNCOMPRESSED = b"\x00"
P256, P384 = 0x11, 0x14
CURVE_OF_DIGEST = {32: P256, 48: P384}  # the card signs a hash as long as its curve
CURRENT_FILE = (0x3F, 0xFF)


class PivClient:
    """A PIV card in the reader. Call `select` first, and again after a reset."""

    def __init__(self, transport: Transport) -> None:
        self._connection = Connection(transport)

    def select(self) -> None:
        """Turn to the PIV application.

        Raises:
            NotACard: there is no card, or it has none.
        """
        self._connection.select(AID)

    def verify_pin(self, pin: str) -> None:
        """Show the PIN.

        Raises:
            UnusablePin, WrongPin, PinBlocked, CardRefused, NotACard.
        """
        self._connection.ask(Command(0, Instruction.VERIFY, 0, PIN, padded_pin(pin)))

    def log_out(self) -> None:
        """Make the card forget that the PIN was shown (NIST SP 800-73-4 part 2, 3.2.1).

        Raises:
            CardRefused, NotACard.
        """
        self._connection.ask(Command(0, Instruction.VERIFY, LOG_OUT, PIN))

    def pin_tries_left(self) -> int:
        """How many tries the PIN has left. Logs out: a card says it only while it wants the PIN.

        Raises:
            CardRefused, NotACard.
        """
        self.log_out()
        status = self._connection.exchange(Command(0, Instruction.VERIFY, 0, PIN)).status
        tries_left = 0 if status == StatusWord.BLOCKED else tries_told(status)
        if tries_left is None:
            raise CardRefused(status)
        return tries_left

    def certificate(self, slot: int) -> bytes:
        """The certificate of a slot, DER.

        Raises:
            CardRefused: there is none (NOT_FOUND).
            NotACard: what is there cannot be read.
        """
        p1, p2 = CURRENT_FILE
        ask_for = tlv.build(0x5C, CERTIFICATES[slot])
        answer = self._connection.ask(
            Command(0, Instruction.GET_DATA, p1, p2, ask_for, SHORT_ANSWER)
        )
        with _readable():
            fields = tlv.by_tag(tlv.value(answer, 0x53))
        # NIST SP 800-73-4 part 1, appendix A: 71 says whether 70 is compressed. Ours never are.
        if fields.get(0x71) != UNCOMPRESSED or not fields.get(0x70):
            raise NotACard("no certificate this reader can read")
        return fields[0x70]

    def sign(self, slot: int, digest: bytes) -> bytes:
        """Sign a hash as long as the key's curve; a DER signature. The PIN must have been shown.

        Raises:
            CardRefused: no PIN (SECURITY_STATUS_NOT_SATISFIED), no such key (WRONG_P1P2).
            NotACard: the answer cannot be read.
        """
        if len(digest) not in CURVE_OF_DIGEST:
            raise ValueError("a hash of 32 or 48 bytes")
        template = tlv.build(0x7C, tlv.build(0x82, b"") + tlv.build(0x81, digest))
        algorithm = CURVE_OF_DIGEST[len(digest)]
        ins = Instruction.GENERAL_AUTHENTICATE
        answer = self._connection.ask(Command(0, ins, algorithm, slot, template, SHORT_ANSWER))
        with _readable():
            return tlv.value(tlv.value(answer, 0x7C), 0x82)

    def change_pin(self, old: str, new: str) -> None:
        """Give the PIN another value. Raises as `verify_pin`."""
        data = padded_pin(old) + padded_pin(new)
        self._connection.ask(Command(0, Instruction.CHANGE_REFERENCE_DATA, 0, PIN, data))

    def unblock(self, puk: str, new: str) -> None:
        """Give the PIN a new value and all its tries. Raises as `verify_pin`, of the PUK."""
        data = padded_puk(puk) + padded_pin(new)
        self._connection.ask(Command(0, Instruction.RESET_RETRY_COUNTER, 0, PIN, data))


def padded_pin(pin: str) -> bytes:
    """A PIN as the card reads it: six to eight digits, padded (NIST SP 800-73-4 part 2, 2.4.3).

    Raises:
        UnusablePin: it is something else.
    """
    if len(pin) not in PIN_LENGTHS:
        raise UnusablePin("six to eight digits")
    return _padded(pin)


def padded_puk(puk: str) -> bytes:
    """A PUK as the card reads it: up to eight digits, padded.

    Raises:
        UnusablePin: it is something else.
    """
    return _padded(puk)


def _padded(digits: str) -> bytes:
    if not (digits.isascii() and digits.isdigit() and len(digits) <= REFERENCE_LENGTH):
        raise UnusablePin("up to eight digits")
    return digits.encode("ascii").ljust(REFERENCE_LENGTH, b"\xff")


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except tlv.MalformedTlv as error:
        raise NotACard("an answer that cannot be read") from error
