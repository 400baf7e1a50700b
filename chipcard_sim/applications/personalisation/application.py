"""Typed factory command -> answer. Whether the door is open is asked of the memory every time."""

from collections.abc import Callable
from dataclasses import replace

from chipcard_sim.applications.personalisation.commands import (
    MANAGEMENT_KEY,
    GenerateKey,
    Lock,
    PutFile,
    PutObject,
    SetManagementKey,
    SetPassword,
    SetReference,
    SignProof,
    read_command,
)
from chipcard_sim.chip import keys, pins
from chipcard_sim.chip.access import SecurityStatus
from chipcard_sim.chip.memory import CardState, Memory, StoredKey
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.status import CardError, StatusWord

AID = b"\xf0EIDFACTORY"
FILE_CONTROL = 0x6F
NAME = 0x84
DISCRETIONARY = 0x53


class PersonalisationApplication:
    """The factory's door. Once locked, SELECT does not find it, ever again."""

    aid = AID

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def select(self, command: Command, status: SecurityStatus) -> bytes:
        """Answer with the chip's serial number.

        Raises:
            CardError: NOT_FOUND on a locked card.
        """
        del command, status
        serial = _open(self._memory.read(), StatusWord.NOT_FOUND).serial
        return tlv.build(FILE_CONTROL, tlv.build(NAME, AID) + tlv.build(DISCRETIONARY, serial))

    def deselect(self) -> None:
        """Nothing volatile is kept here."""

    def process(self, command: Command, status: SecurityStatus) -> bytes:
        """Carry out a factory command.

        Raises:
            CardError: CONDITIONS_NOT_SATISFIED on a locked card, or what the command says.
        """
        del status
        match read_command(command):
            case GenerateKey(slot, algorithm):
                return self._generate(slot, algorithm)
            case SignProof(slot, digest):
                return self._prove(slot, digest)
            case PutObject(tag, content):
                self._change(lambda state: _with_object(state, tag, content))
            case SetReference(reference, value):
                pins.check_form(reference, value)
                self._change(lambda state: pins.with_reference(state, reference, value))
            case PutFile(file, content):
                self._change(lambda state: _with_file(state, file, content))
            case SetPassword(number, value):
                self._change(lambda state: _with_password(state, number, value))
            case SetManagementKey(algorithm, key):
                stored = StoredKey(algorithm, key)
                self._change(lambda state: _with_key(state, MANAGEMENT_KEY, stored))
            case Lock():
                self._change(_locked)
        return b""

    def _generate(self, slot: int, algorithm: int) -> bytes:
        self._open_state()
        made = keys.generate(algorithm)
        self._change(lambda state: _with_key(state, slot, made))
        return keys.public_key(made)

    def _prove(self, slot: int, digest: bytes) -> bytes:
        stored = self._open_state().keys.get(slot)
        if stored is None:
            raise CardError(StatusWord.REFERENCE_NOT_FOUND)
        return keys.prove(stored, digest)

    def _open_state(self) -> CardState:
        return _open(self._memory.read())

    def _change(self, change: Callable[[CardState], CardState]) -> None:
        """Change an open card: asked under the memory's lock, so nothing slips past a LOCK."""
        self._memory.update(lambda state: change(_open(state)))


def _open(
    state: CardState, otherwise: StatusWord = StatusWord.CONDITIONS_NOT_SATISFIED
) -> CardState:
    if state.is_locked:
        raise CardError(otherwise)
    return state


def _with_object(state: CardState, tag: int, content: bytes) -> CardState:
    others = {each: kept for each, kept in state.objects.items() if each != tag}
    return replace(state, objects={**others, tag: content} if content else others)


def _with_file(state: CardState, file: int, content: bytes) -> CardState:
    others = {each: kept for each, kept in state.files.items() if each != file}
    return replace(state, files={**others, file: content} if content else others)


def _with_password(state: CardState, number: int, value: bytes) -> CardState:
    return replace(state, passwords={**state.passwords, number: value})


def _with_key(state: CardState, slot: int, key: StoredKey) -> CardState:
    return replace(state, keys={**state.keys, slot: key})


def _locked(state: CardState) -> CardState:
    """A card without PIN or PUK is not finished: nobody could ever set them."""
    if not {pins.PIN, pins.PUK} <= state.references.keys():
        raise CardError(StatusWord.CONDITIONS_NOT_SATISFIED)
    return replace(state, is_locked=True)
