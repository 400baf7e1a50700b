"""The reader's end of the passport application (ICAO Doc 9303-10 and 9303-11)."""

from dataclasses import dataclass

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import SHORT_ANSWER, Command
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.key_derivation import derive_session
from chipcard_sim.iso7816.secure_messaging import SecureMessaging
from chipcard_sim.iso7816.status import StatusWord
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.access_key import MRZ, AccessKey
from chipcard_sim.terminal.basic_access import open_with_basic_access
from chipcard_sim.terminal.connection import Connection
from chipcard_sim.terminal.errors import AnswerAltered, CardRefused, ChipNotGenuine, NotACard
from chipcard_sim.terminal.pace import DrawScalar, draw_scalar, open_with_pace
from chipcard_sim.terminal.security_infos import (
    CHIP_AUTHENTICATION_AES_128,
    ChipKey,
    PaceOffer,
    pace_offers,
    read_security_infos,
)

AID = bytes.fromhex("A0000002471001")
MASTER_FILE = 0x3F00
CARD_ACCESS, CONTENTS, SECURITY_OBJECT = 0x011C, 0x011E, 0x011D
DATA_GROUPS = {number: 0x0100 | number for number in range(1, 17)}
# P1-P2 of SELECT, each without asking what was selected.
SELECT_MASTER_FILE, SELECT_FILE, SELECT_BY_NAME = (0x00, 0x0C), (0x02, 0x0C), (0x04, 0x0C)
CHALLENGE = 8
PIECE = 223  # what a protected answer of 256 bytes can hold
HEADER = 6  # the longest tag and length of a file: enough to know how long it is
FARTHEST = 0x7FFF  # the last offset that READ BINARY can say in P1-P2
OFFSET, CONTENT = 0x54, 0x53  # ISO/IEC 7816-4, 7.2.1: READ BINARY with an odd instruction
KEY_AGREEMENT_TEMPLATE = (0x41, 0xA4)
DYNAMIC_DATA, PUBLIC_KEY = 0x7C, 0x80
# A data group that is not there, or that wants terminal authentication (fingerprints).
_ABSENT = {StatusWord.NOT_FOUND, StatusWord.SECURITY_STATUS_NOT_SATISFIED}


@dataclass(frozen=True, slots=True)
class Access:
    """How the chip was opened: PACE with its curve's number, or None for BAC."""

    pace: PaceOffer | None

    @property
    def name(self) -> str:
        """PACE or BAC."""
        return "BAC" if self.pace is None else "PACE"


class EmrtdClient:
    """A passport chip in the reader. Call `open` first, and again after a reset."""

    def __init__(self, transport: Transport) -> None:
        self._connection = Connection(transport)
        self.card_access: bytes | None = None

    def open(self, key: AccessKey) -> Access:
        """Open the chip with PACE where it offers it, with BAC where it does not.

        Raises:
            WrongAccessKey: the password is not this chip's.
            ChipNotGenuine: the chip does not know the password either.
            NotACard: no card, no passport application, or nothing it offers fits this password.
            CardRefused, AnswerAltered.
        """
        self.card_access = self._find_card_access()
        offers = pace_offers(read_security_infos(self.card_access)) if self.card_access else ()
        if offers:
            open_with_pace(self._connection, key, offers[0])
            self._select_application()
            return Access(offers[0])
        if key.number != MRZ:
            raise NotACard("the chip does not open with a card access number")
        return self.open_basic(key)

    def open_basic(self, key: AccessKey) -> Access:
        """Open the chip with BAC, whatever else it offers. Raises as `open`."""
        self._select_application()
        open_with_basic_access(self._connection, key)
        return Access(None)

    def read(self, file: int) -> bytes:
        """Read a file, piece by piece; `file` is its identifier (0x0101).

        Raises:
            CardRefused: there is none (NOT_FOUND), or it is not for us.
            NotACard: what is there is no file of this application.
            AnswerAltered.
        """
        self._connection.ask(_select(SELECT_FILE, file.to_bytes(2, "big")))
        return self._read_selected()

    def find(self, file: int) -> bytes | None:
        """Read a file, or None where the chip has none that it would show. Raises as `read`."""
        try:
            return self.read(file)
        except CardRefused as refusal:
            if refusal.status not in _ABSENT:
                raise
            return None

    def sign_challenge(self, challenge: bytes) -> bytes:
        """Active authentication: have the chip sign eight bytes with the key of DG15.

        Raises:
            CardRefused: the chip cannot (INSTRUCTION_UNKNOWN or another).
            NotACard, AnswerAltered.
        """
        if len(challenge) != CHALLENGE:
            raise ValueError("a challenge of eight bytes")
        ins = Instruction.INTERNAL_AUTHENTICATE
        return self._connection.ask(Command(0, ins, 0, 0, challenge, SHORT_ANSWER))

    def authenticate_chip(self, key: ChipKey, draw: DrawScalar = draw_scalar) -> None:
        """Chip authentication, version 1 (ICAO 9303-11, 6.2): make a session with the chip's key.

        Only who has the private half can go on: so it goes on, and reads what it has read before.

        Args:
            key: as DG14 says it; whether DG14 is genuine is for its signer to prove.
            draw: a fresh private key on a curve.

        Raises:
            ChipNotGenuine: what answers has not the private key.
            CardRefused, NotACard.
        """
        mine = draw(key.curve)
        own = key.curve.encode(key.curve.multiply(mine, key.curve.generator))
        data = tlv.build(0x80, CHIP_AUTHENTICATION_AES_128)
        if key.key_id is not None:
            data += tlv.build(0x84, bytes((key.key_id,)))
        ins = Instruction.MANAGE_SECURITY_ENVIRONMENT
        self._connection.ask(Command(0, ins, *KEY_AGREEMENT_TEMPLATE, data))
        template = tlv.build(DYNAMIC_DATA, tlv.build(PUBLIC_KEY, own))
        ins = Instruction.AUTHENTICATE_STEP
        self._connection.ask(Command(0, ins, 0, 0, template, SHORT_ANSWER))
        agreed = key.curve.secret(key.curve.multiply(mine, key.point))
        enc, mac = derive_session(agreed, "AES")
        self._connection.protect(SecureMessaging("AES", enc, mac))
        try:
            self.read(CONTENTS)
        except (AnswerAltered, CardRefused) as error:
            raise ChipNotGenuine("the chip has not the key that it shows") from error

    def _find_card_access(self) -> bytes | None:
        """EF.CardAccess, or None on a chip without PACE."""
        # Cards in the field answer 6D00 to this, or 6A82; some want it, none forbids it.
        self._connection.exchange(_select(SELECT_MASTER_FILE, MASTER_FILE.to_bytes(2, "big")))
        try:
            return self.read(CARD_ACCESS)
        except CardRefused:
            return None

    def _select_application(self) -> None:
        response = self._connection.exchange(_select(SELECT_BY_NAME, AID))
        if not response.is_ok:
            raise NotACard("the card has no passport application")

    def _read_selected(self) -> bytes:
        """The file that is selected, whose first bytes say how long it is."""
        head = self._read_piece(0, HEADER)
        size = _size(head)
        content = head[:size]
        while len(content) < size:
            piece = self._read_piece(len(content), min(PIECE, size - len(content)))
            if not piece:
                raise NotACard("a file that ends before its end")
            content += piece
        return content

    def _read_piece(self, offset: int, size: int) -> bytes:
        if offset <= FARTHEST:
            where = (offset >> 8, offset & 0xFF)
            return self._connection.ask(Command(0, Instruction.READ_BINARY, *where, b"", size))
        # ISO/IEC 7816-4, 7.2.1: farther offsets are a field of the command, and so is the answer.
        data = tlv.build(OFFSET, offset.to_bytes(2, "big"))
        frame = 3
        far = Command(0, Instruction.READ_BINARY_FAR, 0, 0, data, min(size + frame, PIECE))
        answer = self._connection.ask(far)
        try:
            return tlv.value(answer, CONTENT)
        except tlv.MalformedTlv as error:
            raise NotACard("a piece of a file that cannot be read") from error


def _select(how: tuple[int, int], name: bytes) -> Command:
    return Command(0, Instruction.SELECT, *how, name)


def _size(head: bytes) -> int:
    """How long a file is: all of them are one BER-TLV field (ICAO 9303-10, 4.7)."""
    try:
        return tlv.told_size(head)
    except tlv.MalformedTlv as error:
        raise NotACard("a file that cannot be read") from error
