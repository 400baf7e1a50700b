"""Raw command -> typed factory command. Class 80: the instructions are ours, named as ISO's kin."""

from collections.abc import Callable
from dataclasses import dataclass, field

from chipcard_sim.chip.pins import PIN, PUK
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.status import CardError, StatusWord

PROPRIETARY = 0x80
SLOTS = frozenset({0x9A, 0x9C, 0x9D, 0x9E, 0xAA, 0xCA})
CONTROL = 0xAC
ALGORITHM = 0x80
TAG_LIST = 0x5C
CONTENT = 0x53
CURRENT_FILE = (0x3F, 0xFF)
PASSPORT_FILES = 0x01  # ICAO 9303-10, 4.7.1: the file identifiers of the application are 01XX
NEW_REFERENCE_ONLY = 0x01  # ISO/IEC 7816-4: CHANGE REFERENCE DATA without the old value
MANAGEMENT_KEY = 0x9B  # NIST SP 800-73-4 part 1, table 4b
MANAGEMENT_KEY_SIZES = {0x03: 24, 0x08: 16, 0x0A: 24, 0x0C: 32}  # NIST SP 800-78-5, table 6-2
MRZ_PASSWORD, CAN_PASSWORD = 0x01, 0x02  # ICAO 9303-11, 9.2: what PACE calls them
MRZ_SECRET = 20  # ICAO 9303-11, 9.7.3: the MRZ information is kept as its SHA-1
CAN_DIGITS = 6
LONGEST_TAG = 3


@dataclass(frozen=True, slots=True)
class GenerateKey:
    """80 47 00 slot, AC{80 algorithm}: a key pair, answered by its public half in 7F49."""

    slot: int
    algorithm: int


@dataclass(frozen=True, slots=True)
class SignProof:
    """80 88 00 slot, hash: proof that the chip holds the key."""

    slot: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class PutObject:
    """80 DB 3F FF, 5C tag, 53 content: write a data object; empty content takes it away."""

    tag: int
    content: bytes


@dataclass(frozen=True, slots=True)
class PutFile:
    """80 DB file identifier, 53 content: write a file of the passport application, whole."""

    file: int
    content: bytes


@dataclass(frozen=True, slots=True)
class SetPassword:
    """80 24 01 01 (SHA-1 of the MRZ information) or 02 (CAN): what opens those files."""

    number: int
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetManagementKey:
    """80 24 01 9B, 80 algorithm, 53 key: the key of whoever may change PIV objects later."""

    algorithm: int
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetReference:
    """80 24 01 80 (PIN) or 81 (PUK): the eight bytes of its value."""

    reference: int
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lock:
    """80 44 00 00: the card is finished."""


FactoryCommand = (
    GenerateKey
    | SignProof
    | PutObject
    | PutFile
    | SetReference
    | SetPassword
    | SetManagementKey
    | Lock
)


def read_command(command: Command) -> FactoryCommand:
    """What a command asks of the factory's door.

    Raises:
        CardError: another class, instruction or parameter, or data that do not fit.
        MalformedTlv: data that are no BER-TLV, or not the fields that were due.
    """
    if command.cla != PROPRIETARY:
        raise CardError(StatusWord.CLASS_UNKNOWN)
    if command.ins not in _READERS:
        raise CardError(StatusWord.INSTRUCTION_UNKNOWN)
    return _READERS[command.ins](command)


def _read_generate(command: Command) -> GenerateKey:
    algorithm = tlv.value(tlv.value(command.data, CONTROL), ALGORITHM)
    if len(algorithm) != 1:
        raise CardError(StatusWord.WRONG_DATA)
    return GenerateKey(_slot(command), algorithm[0])


def _read_sign_proof(command: Command) -> SignProof:
    return SignProof(_slot(command), command.data)


def _slot(command: Command) -> int:
    if command.p1 != 0 or command.p2 not in SLOTS:
        raise CardError(StatusWord.WRONG_P1P2)
    return command.p2


def _read_put_data(command: Command) -> PutObject | PutFile:
    """ISO/IEC 7816-4, 7.4.1: P1-P2 name the file, 3FFF the application that is selected."""
    if (command.p1, command.p2) != CURRENT_FILE:
        return _read_put_file(command)
    tag, content = tlv.values(command.data, TAG_LIST, CONTENT)
    if not 1 <= len(tag) <= LONGEST_TAG:
        raise CardError(StatusWord.WRONG_DATA)
    return PutObject(int.from_bytes(tag, "big"), content)


def _read_put_file(command: Command) -> PutFile:
    if command.p1 != PASSPORT_FILES:
        raise CardError(StatusWord.WRONG_P1P2)
    return PutFile(command.p1 << 8 | command.p2, tlv.value(command.data, CONTENT))


def _read_set_reference(command: Command) -> SetReference | SetPassword | SetManagementKey:
    if command.p1 != NEW_REFERENCE_ONLY:
        raise CardError(StatusWord.WRONG_P1P2)
    if command.p2 in {PIN, PUK}:
        return SetReference(command.p2, command.data)
    if command.p2 in {MRZ_PASSWORD, CAN_PASSWORD}:
        return _read_password(command.p2, command.data)
    if command.p2 == MANAGEMENT_KEY:
        return _read_management_key(command.data)
    raise CardError(StatusWord.REFERENCE_NOT_FOUND)


def _read_password(number: int, value: bytes) -> SetPassword:
    is_can = len(value) == CAN_DIGITS and value.isdigit()
    if not (is_can if number == CAN_PASSWORD else len(value) == MRZ_SECRET):
        raise CardError(StatusWord.WRONG_DATA)
    return SetPassword(number, value)


def _read_management_key(data: bytes) -> SetManagementKey:
    algorithm, key = tlv.values(data, ALGORITHM, CONTENT)
    if len(algorithm) != 1 or MANAGEMENT_KEY_SIZES.get(algorithm[0]) != len(key):
        raise CardError(StatusWord.WRONG_DATA)
    return SetManagementKey(algorithm[0], key)


def _read_lock(command: Command) -> Lock:
    if (command.p1, command.p2) != (0, 0):
        raise CardError(StatusWord.WRONG_P1P2)
    return Lock()


_READERS: dict[int, Callable[[Command], FactoryCommand]] = {
    Instruction.GENERATE_ASYMMETRIC_KEY_PAIR: _read_generate,
    Instruction.INTERNAL_AUTHENTICATE: _read_sign_proof,
    Instruction.PUT_DATA: _read_put_data,
    Instruction.CHANGE_REFERENCE_DATA: _read_set_reference,
    Instruction.ACTIVATE: _read_lock,
}
