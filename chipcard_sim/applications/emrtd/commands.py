"""Raw command -> typed passport command (ICAO 9303-10, 3 and 9303-11, 4 to 6)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import CHAIN_BIT, SHORT_ANSWER, Command
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.status import CardError, StatusWord

MASTER_FILE = 0x3F00
CHALLENGE = 8  # bytes of RND.IC and RND.IFD
BAC_CRYPTOGRAM = 32
BAC_MESSAGE = 40  # and its checksum
MECHANISM = 0x80
PASSWORD = 0x83
PARAMETER = 0x84
DYNAMIC_AUTHENTICATION = 0x7C
OFFSET = 0x54
SET_PACE = (0xC1, 0xA4)
SET_CHIP_AUTHENTICATION = (0x41, 0xA4)
LONGEST_OFFSET = 4
BY_SHORT_IDENTIFIER = 0x80
SHORT_IDENTIFIER = 0x1F


@dataclass(frozen=True, slots=True)
class SelectFile:
    """SELECT by file identifier. `is_told`: whether the file control information is wanted."""

    identifier: int
    is_told: bool


@dataclass(frozen=True, slots=True)
class ReadBinary:
    """READ BINARY: at most `size` bytes from `offset` on.

    Attributes:
        identifier: of the file, short (1 to 30) or whole; None means the file selected before.
        is_far: the odd instruction, whose answer stands in a template.
    """

    identifier: int | None
    offset: int
    size: int
    is_far: bool = False


@dataclass(frozen=True, slots=True)
class GetChallenge:
    """GET CHALLENGE: RND.IC for basic access control."""


@dataclass(frozen=True, slots=True)
class MutualAuthenticate:
    """EXTERNAL AUTHENTICATE with an answer: E.IFD and M.IFD of basic access control."""

    cryptogram: bytes = field(repr=False)
    checksum: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetPace:
    """MSE:Set AT for PACE: mechanism, password, domain parameters or None for the default."""

    mechanism: bytes
    password: int
    parameter: int | None


@dataclass(frozen=True, slots=True)
class SetChipAuthentication:
    """MSE:Set AT for chip authentication."""

    mechanism: bytes


@dataclass(frozen=True, slots=True)
class AuthenticateStep:
    """GENERAL AUTHENTICATE: one data object, or none (`tag` None) to ask for the first."""

    tag: int | None
    value: bytes


@dataclass(frozen=True, slots=True)
class InternalAuthenticate:
    """INTERNAL AUTHENTICATE: RND.IFD for active authentication."""

    challenge: bytes


PassportCommand = (
    SelectFile
    | ReadBinary
    | GetChallenge
    | MutualAuthenticate
    | SetPace
    | SetChipAuthentication
    | AuthenticateStep
    | InternalAuthenticate
)


def read_command(command: Command) -> PassportCommand:
    """What a command asks of the passport application.

    Raises:
        CardError: another class, instruction or parameter, or data that do not fit.
        MalformedTlv: data that are no BER-TLV, or not the fields that were due.
    """
    if command.cla & ~CHAIN_BIT:
        raise CardError(StatusWord.CLASS_UNKNOWN)
    if command.ins not in _READERS:
        raise CardError(StatusWord.INSTRUCTION_UNKNOWN)
    return _READERS[command.ins](command)


def _read_select(command: Command) -> SelectFile:
    """P1 00 or 02: any file, or one of the current directory; P2 00 or 0C: told about or not."""
    if command.p1 not in {0x00, 0x02} or command.p2 not in {0x00, 0x0C}:
        raise CardError(StatusWord.WRONG_P1P2)
    is_told = command.p2 == 0
    if not command.data and command.p1 == 0:
        return SelectFile(MASTER_FILE, is_told)  # ISO/IEC 7816-4, 11.1.1: no identifier, the MF
    if len(command.data) != 2:  # noqa: PLR2004 - a file identifier is two bytes
        raise CardError(StatusWord.WRONG_LENGTH)
    return SelectFile(int.from_bytes(command.data, "big"), is_told)


def _read_binary(command: Command) -> ReadBinary:
    """ISO/IEC 7816-4, 11.2.3: a short identifier in P1 and the offset in P2, or an offset."""
    if command.data or not command.answer_size:
        raise CardError(StatusWord.WRONG_LENGTH)
    if not command.p1 & BY_SHORT_IDENTIFIER:
        return ReadBinary(None, command.p1 << 8 | command.p2, command.answer_size)
    identifier = command.p1 & ~BY_SHORT_IDENTIFIER
    if not 0 < identifier < SHORT_IDENTIFIER:
        raise CardError(StatusWord.WRONG_P1P2)
    return ReadBinary(identifier, command.p2, command.answer_size)


def _read_binary_far(command: Command) -> ReadBinary:
    """The odd instruction: P1-P2 a file identifier, a short one, or 0000 for the current file."""
    if not command.answer_size:
        raise CardError(StatusWord.WRONG_LENGTH)
    offset = tlv.value(command.data, OFFSET)
    if not 1 <= len(offset) <= LONGEST_OFFSET:
        raise CardError(StatusWord.WRONG_DATA)
    identifier = (command.p1 << 8 | command.p2) or None
    return ReadBinary(identifier, int.from_bytes(offset, "big"), command.answer_size, is_far=True)


def _read_get_challenge(command: Command) -> GetChallenge:
    _demand_no_parameters(command)
    if command.data or command.answer_size not in {CHALLENGE, SHORT_ANSWER}:
        raise CardError(StatusWord.WRONG_LENGTH)
    return GetChallenge()


def _read_mutual_authenticate(command: Command) -> MutualAuthenticate:
    _demand_no_parameters(command)
    if len(command.data) != BAC_MESSAGE:
        raise CardError(StatusWord.WRONG_LENGTH)
    return MutualAuthenticate(command.data[:BAC_CRYPTOGRAM], command.data[BAC_CRYPTOGRAM:])


def _read_manage_security(command: Command) -> SetPace | SetChipAuthentication:
    fields = tlv.by_tag(command.data)
    if (command.p1, command.p2) == SET_PACE:
        if fields.keys() - {PARAMETER} != {MECHANISM, PASSWORD}:
            raise CardError(StatusWord.WRONG_DATA)
        parameter = _one_byte(fields[PARAMETER]) if PARAMETER in fields else None
        return SetPace(fields[MECHANISM], _one_byte(fields[PASSWORD]), parameter)
    if (command.p1, command.p2) == SET_CHIP_AUTHENTICATION:
        # 84 names the key where a chip has several: this one has one, so whatever it says.
        if fields.keys() - {PARAMETER} != {MECHANISM}:
            raise CardError(StatusWord.WRONG_DATA)
        return SetChipAuthentication(fields[MECHANISM])
    raise CardError(StatusWord.WRONG_P1P2)


def _one_byte(value: bytes) -> int:
    if len(value) != 1:
        raise CardError(StatusWord.WRONG_DATA)
    return value[0]


def _read_step(command: Command) -> AuthenticateStep:
    _demand_no_parameters(command)
    fields = tlv.read(tlv.value(command.data, DYNAMIC_AUTHENTICATION))
    if len(fields) > 1:
        raise CardError(StatusWord.WRONG_DATA)
    return (
        AuthenticateStep(fields[0].tag, fields[0].value) if fields else AuthenticateStep(None, b"")
    )


def _read_internal_authenticate(command: Command) -> InternalAuthenticate:
    _demand_no_parameters(command)
    if len(command.data) != CHALLENGE:
        raise CardError(StatusWord.WRONG_LENGTH)
    return InternalAuthenticate(command.data)


def _demand_no_parameters(command: Command) -> None:
    if (command.p1, command.p2) != (0, 0):
        raise CardError(StatusWord.WRONG_P1P2)


_READERS: dict[int, Callable[[Command], PassportCommand]] = {
    Instruction.SELECT: _read_select,
    Instruction.READ_BINARY: _read_binary,
    Instruction.READ_BINARY_FAR: _read_binary_far,
    Instruction.GET_CHALLENGE: _read_get_challenge,
    Instruction.MUTUAL_AUTHENTICATE: _read_mutual_authenticate,
    Instruction.MANAGE_SECURITY_ENVIRONMENT: _read_manage_security,
    Instruction.AUTHENTICATE_STEP: _read_step,
    Instruction.INTERNAL_AUTHENTICATE: _read_internal_authenticate,
}
