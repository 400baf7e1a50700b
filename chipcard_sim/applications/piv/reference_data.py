"""What the holder does with PIN and PUK (NIST SP 800-73-4 part 2, 3.2.1 to 3.2.3)."""

from chipcard_sim.applications.piv.commands import (
    AskPin,
    ChangeReference,
    LogOut,
    PinCommand,
    Unblock,
    VerifyPin,
)
from chipcard_sim.chip.access import SecurityStatus
from chipcard_sim.chip.memory import Memory
from chipcard_sim.chip.pins import PIN, Pins
from chipcard_sim.iso7816.status import CardError, StatusWord, tries_told, tries_word


class ReferenceData:
    """PIN and PUK, and what their use does to the security status."""

    def __init__(self, memory: Memory) -> None:
        self._pins = Pins(memory)

    def act(self, command: PinCommand, status: SecurityStatus) -> None:
        """Carry out a command of the holder. No such command has data to answer.

        Raises:
            CardError: 63CX, BLOCKED, WRONG_DATA or REFERENCE_NOT_FOUND, as `Pins` says.
        """
        match command:
            case AskPin():
                self._ask(status)
            case VerifyPin():
                self._verify(command, status)
            case LogOut():
                self._pins.tries_left(PIN)  # refuses a reference that the card has not
                status.logged_out()
            case ChangeReference():
                self._change(command, status)
            case Unblock():
                self._unblock(command, status)

    def _ask(self, status: SecurityStatus) -> None:
        tries_left = self._pins.tries_left(PIN)
        if tries_left <= 0:
            raise CardError(StatusWord.BLOCKED)
        if not status.is_verified:
            raise CardError(tries_word(tries_left))

    def _verify(self, command: VerifyPin, status: SecurityStatus) -> None:
        try:
            self._pins.verify(PIN, command.pin)
        except CardError as refusal:
            _log_out_unless_unlooked(refusal, status)
            raise
        status.verified()

    def _change(self, command: ChangeReference, status: SecurityStatus) -> None:
        try:
            self._pins.change(command.reference, command.old, command.new)
        except CardError as refusal:
            if command.reference == PIN:
                _log_out_unless_unlooked(refusal, status)
            raise
        if command.reference == PIN:
            status.changed()  # NIST SP 800-73-4 part 2, 3.2.2: set to TRUE

    def _unblock(self, command: Unblock, status: SecurityStatus) -> None:
        try:
            self._pins.unblock(command.puk, command.new_pin)
        except CardError as refusal:
            _log_out_unless_unlooked(refusal, status)
            raise


def _log_out_unless_unlooked(refusal: CardError, status: SecurityStatus) -> None:
    """NIST SP 800-73-4 part 2, 3.2.1: 63CX takes the security status away, 6A80 leaves it."""
    if tries_told(refusal.status) is not None or refusal.status == StatusWord.BLOCKED:
        status.logged_out()
