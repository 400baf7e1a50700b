"""Typed PIV command -> answer."""

from chipcard_sim.applications.piv import objects
from chipcard_sim.applications.piv.commands import (
    DYNAMIC_AUTHENTICATION,
    RESPONSE,
    AskPin,
    ChangeReference,
    GetObject,
    LogOut,
    PivCommand,
    Sign,
    Unblock,
    VerifyPin,
    read_command,
)
from chipcard_sim.chip import keys
from chipcard_sim.chip.access import SecurityStatus
from chipcard_sim.chip.memory import Memory
from chipcard_sim.chip.pins import PIN, Pins
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.status import CardError, StatusWord, tries_told, tries_word


class PivApplication:
    """The PIV card application."""

    aid = objects.AID

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._pins = Pins(memory)

    def select(self, command: Command, status: SecurityStatus) -> bytes:
        """Answer with the application property template."""
        del command, status
        return objects.application_template()

    def deselect(self) -> None:
        """Nothing volatile is kept here: the security status is the card's."""

    def process(self, command: Command, status: SecurityStatus) -> bytes:
        """Carry out a PIV command."""
        return self._act(read_command(command), status)

    def _act(self, command: PivCommand, status: SecurityStatus) -> bytes:  # noqa: PLR0911 - one line each
        match command:
            case AskPin():
                return self._ask_pin(status)
            case VerifyPin():
                return self._verify(command, status)
            case LogOut():
                self._pins.tries_left(PIN)  # refuses a reference that the card has not
                status.logged_out()
                return b""
            case ChangeReference():
                return self._change(command, status)
            case Unblock():
                return self._unblock(command, status)
            case GetObject():
                return self._get_object(command, status)
            case Sign():
                return self._sign(command, status)

    def _ask_pin(self, status: SecurityStatus) -> bytes:
        tries_left = self._pins.tries_left(PIN)
        if tries_left <= 0:
            raise CardError(StatusWord.BLOCKED)
        if not status.is_verified:
            raise CardError(tries_word(tries_left))
        return b""

    def _verify(self, command: VerifyPin, status: SecurityStatus) -> bytes:
        try:
            self._pins.verify(PIN, command.pin)
        except CardError as refusal:
            _clear_unless_unlooked(refusal, status)
            raise
        status.verified()
        return b""

    def _change(self, command: ChangeReference, status: SecurityStatus) -> bytes:
        try:
            self._pins.change(command.reference, command.old, command.new)
        except CardError as refusal:
            if command.reference == PIN:
                _clear_unless_unlooked(refusal, status)
            raise
        if command.reference == PIN:
            status.changed()  # NIST SP 800-73-4 part 2, 3.2.2: set to TRUE
        return b""

    def _unblock(self, command: Unblock, status: SecurityStatus) -> bytes:
        try:
            self._pins.unblock(command.puk, command.new_pin)
        except CardError as refusal:
            _clear_unless_unlooked(refusal, status)
            raise
        return b""

    def _get_object(self, command: GetObject, status: SecurityStatus) -> bytes:
        if command.tag not in objects.OBJECTS:
            raise CardError(StatusWord.NOT_FOUND)
        status.demand(objects.OBJECTS[command.tag])
        content = self._memory.read().objects.get(command.tag)
        if content is None:
            raise CardError(StatusWord.NOT_FOUND)
        return objects.told(command.tag, content)

    def _sign(self, command: Sign, status: SecurityStatus) -> bytes:
        if command.slot not in objects.KEYS:
            raise CardError(StatusWord.WRONG_P1P2)
        status.demand_for_use(objects.KEYS[command.slot])
        stored = self._memory.read().keys.get(command.slot)
        if stored is None or stored.algorithm != command.algorithm:
            raise CardError(StatusWord.WRONG_P1P2)
        signature = keys.sign(stored, command.data)
        return tlv.build(DYNAMIC_AUTHENTICATION, tlv.build(RESPONSE, signature))


def _clear_unless_unlooked(refusal: CardError, status: SecurityStatus) -> None:
    """NIST SP 800-73-4 part 2, 3.2.1: 63CX takes the security status away, 6A80 leaves it."""
    if tries_told(refusal.status) is not None or refusal.status == StatusWord.BLOCKED:
        status.logged_out()
