"""Three commands that are not PIV's: Yubico's tools send them to whatever card speaks PIV.

ykman and yubico-piv-tool go no further with a card that does not tell a version in three bytes.
The number is theirs, not ours: it says which of their card's ways a client may expect. 5.4 is the
first whose management key may be an AES key, and ykman believes since 5.3 what GET METADATA says
of that key. What their cards do beyond PIV and these three is refused as unknown.
"""

from dataclasses import dataclass

from chipcard_sim.applications.piv.management import MANAGEMENT_KEY
from chipcard_sim.applications.piv.objects import KEYS
from chipcard_sim.chip import keys
from chipcard_sim.chip.access import Condition
from chipcard_sim.chip.ciphers import CipherAlgorithm
from chipcard_sim.chip.memory import CardState, StoredKey
from chipcard_sim.chip.pins import PIN, PUK
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.status import CardError, StatusWord

VERSION = bytes((5, 4, 0))
SERIAL = 4
ALGORITHM, POLICY, ORIGIN, PUBLIC_KEY, IS_DEFAULT, TRIES = range(1, 7)  # tags of the metadata
NO_ALGORITHM = b"\xff"
MADE_HERE = b"\x01"
NO_TOUCH = 1
PIN_POLICY = {Condition.NONE: 1, Condition.PIN: 2, Condition.PIN_ALWAYS: 3}
WELL_KNOWN_KEY = StoredKey(CipherAlgorithm.TRIPLE_DES, bytes(range(1, 9)) * 3)


@dataclass(frozen=True, slots=True)
class AskVersion:
    """GET VERSION (FD)."""


@dataclass(frozen=True, slots=True)
class AskSerial:
    """GET SERIAL (F8): four bytes, the beginning of the chip's own."""


@dataclass(frozen=True, slots=True)
class AskMetadata:
    """GET METADATA (F7): what a key, the PIN or the PUK is like."""

    reference: int


VendorCommand = AskVersion | AskSerial | AskMetadata


def read_version(command: Command) -> AskVersion:
    """Read GET VERSION."""
    _check_nothing_more(command, p2=0)
    return AskVersion()


def read_serial(command: Command) -> AskSerial:
    """Read GET SERIAL."""
    _check_nothing_more(command, p2=0)
    return AskSerial()


def read_metadata(command: Command) -> AskMetadata:
    """Read GET METADATA."""
    _check_nothing_more(command, p2=command.p2)
    return AskMetadata(command.p2)


def told(command: VendorCommand, state: CardState) -> bytes:
    """The answer.

    Raises:
        CardError: REFERENCE_NOT_FOUND for what the card has not.
    """
    match command:
        case AskVersion():
            return VERSION
        case AskSerial():
            return state.serial[:SERIAL]
        case AskMetadata(reference):
            if reference in {PIN, PUK}:
                return _reference_told(state, reference)
            return _key_told(state, reference)


def _reference_told(state: CardState, reference: int) -> bytes:
    """Never whether it is a well-known one: that would be a comparison that costs no try."""
    stored = state.references.get(reference)
    if stored is None:
        raise CardError(StatusWord.REFERENCE_NOT_FOUND)
    return (
        tlv.build(ALGORITHM, NO_ALGORITHM)
        + tlv.build(IS_DEFAULT, b"\x00")
        + tlv.build(TRIES, bytes((stored.tries_allowed, stored.tries_left)))
    )


def _key_told(state: CardState, slot: int) -> bytes:
    stored = state.keys.get(slot)
    if stored is None or slot not in {MANAGEMENT_KEY, *KEYS}:
        raise CardError(StatusWord.REFERENCE_NOT_FOUND)
    algorithm = tlv.build(ALGORITHM, bytes((stored.algorithm,)))
    if slot == MANAGEMENT_KEY:
        is_default = bytes((stored == WELL_KNOWN_KEY,))
        policy = tlv.build(POLICY, bytes((0, NO_TOUCH)))
        return algorithm + policy + tlv.build(IS_DEFAULT, is_default)
    public = tlv.value(keys.public_key(stored), keys.PUBLIC_KEY)
    return (
        algorithm
        + tlv.build(POLICY, bytes((PIN_POLICY[KEYS[slot]], NO_TOUCH)))
        + tlv.build(ORIGIN, MADE_HERE)
        + tlv.build(PUBLIC_KEY, public)
    )


def _check_nothing_more(command: Command, *, p2: int) -> None:
    if (command.p1, command.p2) != (0, p2):
        raise CardError(StatusWord.WRONG_P1P2)
    if command.data:
        raise CardError(StatusWord.WRONG_DATA)
