"""The reader's end of the factory's door: what a personalisation machine does to a blank chip."""

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import SHORT_ANSWER, Command
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.connection import Connection
from chipcard_sim.terminal.errors import NotACard
from chipcard_sim.terminal.piv import padded_pin, padded_puk
from chipcard_sim.terminal.public_keys import build_key_request, read_public_key

AID = b"\xf0EIDFACTORY"
CLA = 0x80
NEW_REFERENCE_ONLY = 0x01
PIN, PUK, MANAGEMENT_KEY = 0x80, 0x81, 0x9B
MRZ_PASSWORD, CAN_PASSWORD = 0x01, 0x02  # ICAO 9303-11, 9.2


class FactoryClient:
    """A chip on the personalisation machine. Call `select` first."""

    def __init__(self, transport: Transport) -> None:
        self._connection = Connection(transport)

    def select(self) -> bytes:
        """Open the factory's door; the chip's serial number, 16 bytes.

        Raises:
            NotACard: there is no card, or its door is locked.
        """
        answer = self._connection.select(AID)
        try:
            _, serial = tlv.values(tlv.value(answer, 0x6F), 0x84, 0x53)
        except tlv.MalformedTlv as error:
            raise NotACard("an answer that cannot be read") from error
        return serial

    def generate_key(self, slot: int, algorithm: str) -> bytes:
        """Have the chip make a key pair; its public half as DER SubjectPublicKeyInfo.

        Args:
            slot: 0x9A, 0x9C, 0x9D or 0x9E; 0xAA and 0xCA for active and chip authentication.
            algorithm: ES256, ES384 or RS256.

        Raises:
            CardRefused, NotACard.
        """
        ins, request = Instruction.GENERATE_ASYMMETRIC_KEY_PAIR, build_key_request(algorithm)
        return read_public_key(self._ask(ins, 0, slot, request, SHORT_ANSWER))

    def sign_proof(self, slot: int, digest: bytes) -> bytes:
        """Have the chip sign a SHA-256 hash with a new key; a DER signature (ECDSA).

        Raises:
            CardRefused, NotACard.
        """
        return self._ask(Instruction.INTERNAL_AUTHENTICATE, 0, slot, digest, SHORT_ANSWER)

    def put_object(self, tag: int, content: bytes) -> None:
        """Write a PIV data object: its content without the 53, or 7E whole.

        Raises:
            CardRefused, NotACard.
        """
        name = tag.to_bytes((tag.bit_length() + 7) // 8, "big")
        data = tlv.build(0x5C, name) + tlv.build(0x53, content)
        self._ask(Instruction.PUT_DATA, 0x3F, 0xFF, data)

    def put_file(self, file: int, content: bytes) -> None:
        """Write a file of the passport application, whole; `file` is its identifier (0x0101).

        Raises:
            CardRefused, NotACard.
        """
        data = tlv.build(0x53, content)
        self._ask(Instruction.PUT_DATA, file >> 8, file & 0xFF, data)

    def set_password(self, number: int, value: bytes) -> None:
        """Set what opens the passport application.

        Args:
            number: MRZ_PASSWORD or CAN_PASSWORD.
            value: the SHA-1 of the MRZ information (20 bytes), or six ASCII digits.

        Raises:
            CardRefused, NotACard.
        """
        self._ask(Instruction.CHANGE_REFERENCE_DATA, NEW_REFERENCE_ONLY, number, value)

    def set_management_key(self, algorithm: int, key: bytes) -> None:
        """Set the key of whoever may change PIV objects later (3DES 0x03, AES 0x08 0x0A 0x0C).

        Raises:
            CardRefused: a key of another length (WRONG_DATA).
            NotACard.
        """
        data = tlv.build(0x80, bytes((algorithm,))) + tlv.build(0x53, key)
        self._ask(Instruction.CHANGE_REFERENCE_DATA, NEW_REFERENCE_ONLY, MANAGEMENT_KEY, data)

    def set_pin(self, pin: str) -> None:
        """Set the PIN: six to eight digits.

        Raises:
            UnusablePin, CardRefused, NotACard.
        """
        ins = Instruction.CHANGE_REFERENCE_DATA
        self._ask(ins, NEW_REFERENCE_ONLY, PIN, padded_pin(pin))

    def set_puk(self, puk: str) -> None:
        """Set the PUK: up to eight digits. Raises as `set_pin`."""
        ins = Instruction.CHANGE_REFERENCE_DATA
        self._ask(ins, NEW_REFERENCE_ONLY, PUK, padded_puk(puk))

    def lock(self) -> None:
        """Close the door for ever.

        Raises:
            CardRefused: PIN or PUK has not been set (CONDITIONS_NOT_SATISFIED).
        """
        self._ask(Instruction.ACTIVATE, 0, 0)

    def _ask(
        self, ins: Instruction, p1: int, p2: int, data: bytes = b"", answer_size: int = 0
    ) -> bytes:
        return self._connection.ask(Command(CLA, ins, p1, p2, data, answer_size))
