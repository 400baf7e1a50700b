"""Raw command -> typed PIV command (NIST SP 800-73-4 part 2, 3). The application meets no other."""

from collections.abc import Callable
from dataclasses import dataclass, field

from chipcard_sim.applications.piv import yubico
from chipcard_sim.applications.piv.authenticate import (
    KeyUse,
    ManagementCommand,
    read_general_authenticate,
)
from chipcard_sim.applications.piv.objects import CONTENT, DISCOVERY
from chipcard_sim.chip.pins import LENGTH, PIN, PUK
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.status import CardError, StatusWord

TAG_LIST = 0x5C
CONTROL = 0xAC
ALGORITHM = 0x80
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
class PutObject:
    """PUT DATA: write a data object; empty content takes it away."""

    tag: int
    content: bytes


@dataclass(frozen=True, slots=True)
class GenerateKey:
    """GENERATE ASYMMETRIC KEY PAIR, answered by the public half."""

    slot: int
    algorithm: int


PinCommand = AskPin | VerifyPin | LogOut | ChangeReference | Unblock
PivCommand = (
    PinCommand
    | GetObject
    | PutObject
    | GenerateKey
    | KeyUse
    | ManagementCommand
    | yubico.VendorCommand
)


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
    _check_current_file(command)
    return GetObject(_tag(tlv.value(command.data, TAG_LIST)))


def _read_put_data(command: Command) -> PutObject:
    """NIST SP 800-73-4 part 2, 3.3.1: the discovery object comes as it is, without a tag list."""
    _check_current_file(command)
    fields = tlv.read(command.data)
    if [each.tag for each in fields] == [DISCOVERY]:
        return PutObject(DISCOVERY, command.data if fields[0].value else b"")
    name, content = tlv.values(command.data, TAG_LIST, CONTENT)
    tag = _tag(name)
    if tag == DISCOVERY:
        raise CardError(StatusWord.WRONG_DATA)
    return PutObject(tag, content)


def _check_current_file(command: Command) -> None:
    if (command.p1, command.p2) != CURRENT_FILE:
        raise CardError(StatusWord.WRONG_P1P2)


def _tag(name: bytes) -> int:
    if not 1 <= len(name) <= LONGEST_TAG:
        raise CardError(StatusWord.WRONG_DATA)
    return int.from_bytes(name, "big")


def _read_generate(command: Command) -> GenerateKey:
    if command.p1 != 0:
        raise CardError(StatusWord.WRONG_P1P2)
    algorithm = tlv.value(tlv.value(command.data, CONTROL), ALGORITHM)
    if len(algorithm) != 1:
        raise CardError(StatusWord.WRONG_DATA)
    return GenerateKey(command.p2, algorithm[0])


_READERS: dict[int, Callable[[Command], PivCommand]] = {
    Instruction.VERIFY: _read_verify,
    Instruction.CHANGE_REFERENCE_DATA: _read_change,
    Instruction.RESET_RETRY_COUNTER: _read_unblock,
    Instruction.GET_DATA: _read_get_data,
    Instruction.GENERAL_AUTHENTICATE: read_general_authenticate,
    Instruction.PUT_DATA: _read_put_data,
    Instruction.GENERATE_ASYMMETRIC_KEY_PAIR: _read_generate,
    Instruction.GET_VERSION: yubico.read_version,
    Instruction.GET_SERIAL: yubico.read_serial,
    Instruction.GET_METADATA: yubico.read_metadata,
}
