"""Raw command -> typed PIV command (NIST SP 800-73-4 part 2, 3). The application meets no other."""

from collections.abc import Callable
from dataclasses import dataclass, field

from chipcard_sim.chip.pins import LENGTH, PIN, PUK
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.status import CardError, StatusWord

TAG_LIST = 0x5C
DYNAMIC_AUTHENTICATION = 0x7C
CHALLENGE = 0x81
RESPONSE = 0x82
CURRENT_FILE = (0x3F, 0xFF)
LOG_OUT = 0xFF
LONGEST_TAG = 3


@dataclass(frozen=True, slots=True)
class AskPin:
    """VERIFY without a body: is the PIN still needed, and how many tries are left."""


@dataclass(frozen=True, slots=True)
class VerifyPin:
    """VERIFY with a PIN, padded."""

    pin: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LogOut:
    """VERIFY with P1 = FF: forget that the PIN was verified."""


@dataclass(frozen=True, slots=True)
class ChangeReference:
    """CHANGE REFERENCE DATA: the old PIN or PUK, and its new value."""

    reference: int
    old: bytes = field(repr=False)
    new: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unblock:
    """RESET RETRY COUNTER: the PUK, and the new PIN."""

    puk: bytes = field(repr=False)
    new_pin: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class GetObject:
    """GET DATA: one data object."""

    tag: int


@dataclass(frozen=True, slots=True)
class Sign:
    """GENERAL AUTHENTICATE: the use of a key on a hash, or on a padded RSA block."""

    algorithm: int
    slot: int
    data: bytes


PivCommand = AskPin | VerifyPin | LogOut | ChangeReference | Unblock | GetObject | Sign


def read_command(command: Command) -> PivCommand:
    """What a command asks of PIV.

    Raises:
        CardError: another class, instruction or parameter, or data that do not fit.
        MalformedTlv: data that are no BER-TLV, or not the fields that were due.
    """
    if command.cla != 0:
        raise CardError(StatusWord.CLASS_UNKNOWN)
    if command.ins not in _READERS:
        raise CardError(StatusWord.INSTRUCTION_UNKNOWN)
    return _READERS[command.ins](command)


def _read_verify(command: Command) -> AskPin | VerifyPin | LogOut:
    if command.p1 not in {0, LOG_OUT}:
        raise CardError(StatusWord.WRONG_P1P2)
    if command.p2 != PIN:
        raise CardError(StatusWord.REFERENCE_NOT_FOUND)
    if command.p1 == LOG_OUT:
        if command.data:
            raise CardError(StatusWord.WRONG_DATA)
        return LogOut()
    return VerifyPin(command.data) if command.data else AskPin()


def _read_change(command: Command) -> ChangeReference:
    if command.p1 != 0:
        raise CardError(StatusWord.WRONG_P1P2)
    if command.p2 not in {PIN, PUK}:
        raise CardError(StatusWord.REFERENCE_NOT_FOUND)
    return ChangeReference(command.p2, *_two_references(command.data))


def _read_unblock(command: Command) -> Unblock:
    if command.p1 != 0:
        raise CardError(StatusWord.WRONG_P1P2)
    if command.p2 != PIN:
        raise CardError(StatusWord.REFERENCE_NOT_FOUND)
    return Unblock(*_two_references(command.data))


def _two_references(data: bytes) -> tuple[bytes, bytes]:
    if len(data) != 2 * LENGTH:
        raise CardError(StatusWord.WRONG_DATA)
    return data[:LENGTH], data[LENGTH:]


def _read_get_data(command: Command) -> GetObject:
    if (command.p1, command.p2) != CURRENT_FILE:
        raise CardError(StatusWord.WRONG_P1P2)
    tag = tlv.value(command.data, TAG_LIST)
    if not 1 <= len(tag) <= LONGEST_TAG:
        raise CardError(StatusWord.WRONG_DATA)
    return GetObject(int.from_bytes(tag, "big"))


def _read_general_authenticate(command: Command) -> Sign:
    template = tlv.value(command.data, DYNAMIC_AUTHENTICATION)
    # The empty 82 says what is wanted back, and stands before the 81 that it is made from.
    wanted, data = tlv.values(template, RESPONSE, CHALLENGE)
    if wanted:
        raise CardError(StatusWord.WRONG_DATA)
    return Sign(command.p1, command.p2, data)


_READERS: dict[int, Callable[[Command], PivCommand]] = {
    Instruction.VERIFY: _read_verify,
    Instruction.CHANGE_REFERENCE_DATA: _read_change,
    Instruction.RESET_RETRY_COUNTER: _read_unblock,
    Instruction.GET_DATA: _read_get_data,
    Instruction.GENERAL_AUTHENTICATE: _read_general_authenticate,
}
