"""Typed PIV command -> answer."""

from dataclasses import replace

from chipcard_sim.applications.piv import objects, yubico
from chipcard_sim.applications.piv.authenticate import (
    RESPONSE,
    Agree,
    AnswerChallenge,
    AnswerWitness,
    AskChallenge,
    AskWitness,
    KeyUse,
    Sign,
    build_answer,
)
from chipcard_sim.applications.piv.commands import (
    AskPin,
    ChangeReference,
    GenerateKey,
    GetObject,
    LogOut,
    PivCommand,
    PutObject,
    Unblock,
    VerifyPin,
    read_command,
)
from chipcard_sim.applications.piv.management import Management
from chipcard_sim.applications.piv.reference_data import ReferenceData
from chipcard_sim.chip import keys
from chipcard_sim.chip.access import Condition, SecurityStatus
from chipcard_sim.chip.memory import CardState, Memory
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.status import CardError, StatusWord


class PivApplication:
    """The PIV card application."""

    aid = objects.AID

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._reference_data = ReferenceData(memory)
        self._management = Management(memory)

    def select(self, command: Command, status: SecurityStatus) -> bytes:
        """Answer with the application property template."""
        del command, status
        self._management.forget()
        return objects.application_template()

    def deselect(self) -> None:
        """Wait for no administrator any more. What was proven is the card's to forget."""
        self._management.forget()

    def process(self, command: Command, status: SecurityStatus) -> bytes:
        """Carry out a PIV command."""
        return self._act(read_command(command), status)

    def _act(self, command: PivCommand, status: SecurityStatus) -> bytes:
        match command:
            case GetObject(tag):
                return self._get_object(tag, status)
            case Sign() | Agree():
                return self._use_key(command, status)
            case PutObject(tag, content):
                self._put_object(tag, content, status)
            case GenerateKey(slot, algorithm):
                return self._generate(slot, algorithm, status)
            case yubico.AskVersion() | yubico.AskSerial() | yubico.AskMetadata():
                return yubico.told(command, self._memory.read())
            case AskPin() | VerifyPin() | LogOut() | ChangeReference() | Unblock():
                self._reference_data.act(command, status)
            case AskChallenge() | AnswerChallenge() | AskWitness() | AnswerWitness():
                return self._management.act(command, status)
        return b""

    def _get_object(self, tag: int, status: SecurityStatus) -> bytes:
        if tag not in objects.OBJECTS:
            raise CardError(StatusWord.NOT_FOUND)
        status.demand(objects.OBJECTS[tag].read)
        content = self._memory.read().objects.get(tag)
        if content is None:
            raise CardError(StatusWord.NOT_FOUND)
        return objects.told(tag, content)

    def _put_object(self, tag: int, content: bytes, status: SecurityStatus) -> None:
        status.demand(Condition.MANAGEMENT)
        if tag not in objects.OBJECTS:
            raise CardError(StatusWord.FUNCTION_NOT_SUPPORTED)
        if len(content) > objects.OBJECTS[tag].size:
            raise CardError(StatusWord.NO_SPACE)
        self._memory.update(lambda state: _with_object(state, tag, content))

    def _use_key(self, command: KeyUse, status: SecurityStatus) -> bytes:
        if command.slot not in objects.KEYS:
            raise CardError(StatusWord.WRONG_P1P2)
        status.demand_for_use(objects.KEYS[command.slot])
        stored = self._memory.read().keys.get(command.slot)
        if stored is None or stored.algorithm != command.algorithm:
            raise CardError(StatusWord.WRONG_P1P2)
        match command:
            case Sign(data=data):
                return build_answer(RESPONSE, keys.sign(stored, data))
            case Agree(point=point):
                # NIST SP 800-57 part 1, 5.2: a key that signs or authenticates does nothing else.
                if command.slot != objects.KEY_MANAGEMENT:
                    raise CardError(StatusWord.WRONG_DATA)
                return build_answer(RESPONSE, keys.agree(stored, point))

    def _generate(self, slot: int, algorithm: int, status: SecurityStatus) -> bytes:
        """A new key takes the place of the old; its certificate is the administrator's business."""
        if slot not in objects.KEYS:
            raise CardError(StatusWord.WRONG_P1P2)
        status.demand(Condition.MANAGEMENT)
        made = keys.generate(algorithm)
        self._memory.update(lambda state: replace(state, keys={**state.keys, slot: made}))
        return keys.public_key(made)


def _with_object(state: CardState, tag: int, content: bytes) -> CardState:
    others = {each: kept for each, kept in state.objects.items() if each != tag}
    return replace(state, objects={**others, tag: content} if content else others)
