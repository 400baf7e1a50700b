"""The reader's end of PIV (NIST SP 800-73-4 part 2, 3)."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from hmac import compare_digest

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import SHORT_ANSWER, Command
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.status import StatusWord, tries_told
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.connection import Connection
from chipcard_sim.terminal.errors import CardRefused, ChipNotGenuine, NotACard, UnusablePin
from chipcard_sim.terminal.public_keys import build_key_request, read_public_key

AID = bytes.fromhex("A00000030800001000")  # without its version: any will do
AUTHENTICATION_SLOT = 0x9A
SIGNATURE_SLOT = 0x9C
KEY_MANAGEMENT_SLOT = 0x9D
CARD_AUTHENTICATION_SLOT = 0x9E
CERTIFICATES = {0x9A: 0x5FC105, 0x9C: 0x5FC10A, 0x9D: 0x5FC10B, 0x9E: 0x5FC101}
DISCOVERY = 0x7E
PIN = 0x80
MANAGEMENT_KEY = 0x9B
TRIPLE_DES = 0x03  # NIST SP 800-78-5, table 6-2; the other management keys are AES
REFERENCE_LENGTH = 8
PIN_LENGTHS = range(6, 9)
LOG_OUT = 0xFF
UNCOMPRESSED = b"\x00"
P256, P384, RSA_2048 = 0x11, 0x14, 0x07
# The card signs a hash as long as its curve, or raises a padded block as long as its modulus.
ALGORITHM_OF_DATA = {32: P256, 48: P384, 256: RSA_2048}
ALGORITHM_OF_POINT = {65: P256, 97: P384}
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
        content = self.read_object(CERTIFICATES[slot])
        with _readable():
            fields = tlv.by_tag(content)
        # NIST SP 800-73-4 part 1, appendix A: 71 says whether 70 is compressed. Ours never are.
        if fields.get(0x71) != UNCOMPRESSED or not fields.get(0x70):
            raise NotACard("no certificate this reader can read")
        return fields[0x70]

    def read_object(self, tag: int) -> bytes:
        """The content of a data object, without the 53 it stands in.

        Raises:
            CardRefused: there is none (NOT_FOUND), or it wants the PIN.
            NotACard: what is there cannot be read.
        """
        ask_for = tlv.build(0x5C, _name(tag))
        answer = self._ask(Instruction.GET_DATA, *CURRENT_FILE, ask_for)
        with _readable():
            return tlv.value(answer, DISCOVERY if tag == DISCOVERY else 0x53)

    def sign(self, slot: int, data: bytes) -> bytes:
        """Sign a hash as long as the key's curve; a DER signature. The PIN must have been shown.

        An RSA key takes a block of 256 bytes, padded by the caller (RFC 8017, 8); the answer is
        its private power.

        Raises:
            CardRefused: no PIN (SECURITY_STATUS_NOT_SATISFIED), no such key (WRONG_P1P2).
            NotACard: the answer cannot be read.
        """
        if len(data) not in ALGORITHM_OF_DATA:
            raise ValueError("a hash of 32 or 48 bytes, or a block of 256")
        return self._authenticate(
            ALGORITHM_OF_DATA[len(data)], slot, (0x82, b""), (0x81, data), answer=0x82
        )

    def decrypt(self, slot: int, ciphertext: bytes) -> bytes:
        """Decipher 256 bytes with an RSA key. The padding stays, for the caller to judge.

        Raises as `sign`.
        """
        return self._authenticate(RSA_2048, slot, (0x82, b""), (0x81, ciphertext), answer=0x82)

    def derive(self, slot: int, point: bytes) -> bytes:
        """Agree with the owner of an uncompressed point: the x coordinate of the shared point.

        Raises:
            CardRefused: as `sign`, and WRONG_DATA for a point that is not on the key's curve.
            NotACard: the answer cannot be read.
        """
        if len(point) not in ALGORITHM_OF_POINT:
            raise ValueError("an uncompressed point of P-256 or P-384")
        return self._authenticate(
            ALGORITHM_OF_POINT[len(point)], slot, (0x82, b""), (0x85, point), answer=0x82
        )

    def authenticate_management(self, algorithm: int, key: bytes) -> None:
        """Prove to hold the card management key, and let the card prove it (annex A.2).

        Args:
            algorithm: 0x03 triple DES, 0x08, 0x0A, 0x0C AES (NIST SP 800-78-5, table 6-2).
            key: its bytes.

        Raises:
            CardRefused: another key (SECURITY_STATUS_NOT_SATISFIED) or algorithm (WRONG_P1P2).
            ChipNotGenuine: the card accepted the proof and could not give its own.
            NotACard: an answer cannot be read.
        """
        block = TripleDES(key) if algorithm == TRIPLE_DES else AES(key)
        cipher = Cipher(block, ECB())  # noqa: S305 - single random blocks
        witness = self._authenticate(algorithm, MANAGEMENT_KEY, (0x80, b""), answer=0x80)
        if len(witness) * 8 != block.block_size:
            raise NotACard("no witness of this key")
        plain = _run(cipher.decryptor(), witness)
        challenge = secrets.token_bytes(len(plain))
        proof = self._authenticate(
            algorithm, MANAGEMENT_KEY, (0x80, plain), (0x81, challenge), answer=0x82
        )
        if not compare_digest(proof, _run(cipher.encryptor(), challenge)):
            raise ChipNotGenuine("the card does not hold the management key")

    def generate_key(self, slot: int, algorithm: str) -> bytes:
        """Have the card make a key pair in place of the old; its public half, DER. For managers.

        Args:
            slot: 0x9A, 0x9C, 0x9D or 0x9E.
            algorithm: ES256, ES384 or RS256.

        Raises:
            CardRefused: `authenticate_management` has not gone before.
            NotACard: the answer cannot be read.
        """
        ins = Instruction.GENERATE_ASYMMETRIC_KEY_PAIR
        return read_public_key(self._ask(ins, 0, slot, build_key_request(algorithm)))

    def put_object(self, tag: int, content: bytes) -> None:
        """Write a data object: what stands in its 53 (or its 7E); nothing, to take it away.

        Raises:
            CardRefused: `authenticate_management` has not gone before, or there is no space.
            NotACard: as `select`.
        """
        named = tlv.build(0x5C, _name(tag)) + tlv.build(0x53, content)
        data = tlv.build(DISCOVERY, content) if tag == DISCOVERY else named
        self._connection.ask(Command(0, Instruction.PUT_DATA, *CURRENT_FILE, data))

    def change_pin(self, old: str, new: str) -> None:
        """Give the PIN another value. Raises as `verify_pin`."""
        data = padded_pin(old) + padded_pin(new)
        self._connection.ask(Command(0, Instruction.CHANGE_REFERENCE_DATA, 0, PIN, data))

    def unblock(self, puk: str, new: str) -> None:
        """Give the PIN a new value and all its tries. Raises as `verify_pin`, of the PUK."""
        data = padded_puk(puk) + padded_pin(new)
        self._connection.ask(Command(0, Instruction.RESET_RETRY_COUNTER, 0, PIN, data))

    def _authenticate(
        self, algorithm: int, slot: int, *fields: tuple[int, bytes], answer: int
    ) -> bytes:
        template = tlv.build(0x7C, b"".join(tlv.build(tag, value) for tag, value in fields))
        told = self._ask(Instruction.GENERAL_AUTHENTICATE, algorithm, slot, template)
        with _readable():
            return tlv.value(tlv.value(told, 0x7C), answer)

    def _ask(self, ins: Instruction, p1: int, p2: int, data: bytes) -> bytes:
        return self._connection.ask(Command(0, ins, p1, p2, data, SHORT_ANSWER))


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


def _name(tag: int) -> bytes:
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big")


def _run(context: CipherContext, block: bytes) -> bytes:
    return context.update(block) + context.finalize()


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except tlv.MalformedTlv as error:
        raise NotACard("an answer that cannot be read") from error
