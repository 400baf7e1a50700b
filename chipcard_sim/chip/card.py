"""The card: power, reset, transmit. The one place where a refusal becomes a status word."""

from collections.abc import Callable, Sequence
from pathlib import Path

from chipcard_sim.chip.access import SecurityStatus
from chipcard_sim.chip.application import (
    Application,
    ApplicationFactory,
    DefaultApplication,
    Quirk,
)
from chipcard_sim.chip.memory import CardState, Memory
from chipcard_sim.iso7816.apdu import CHAIN_BIT, CLASS_INVALID, Command, MalformedApdu, Response
from chipcard_sim.iso7816.chaining import CommandChain, PendingAnswer
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.secure_messaging import MessagingBroken, SecureMessaging, is_protected
from chipcard_sim.iso7816.status import CardError, StatusWord
from chipcard_sim.iso7816.tlv import MalformedTlv
from chipcard_sim.iso7816.transport import TransportLost

SERIAL = 16
SHORTEST_AID = 5  # ISO/IEC 7816-5: the registered provider alone
SELECT_BY_NAME = 0x04
FIRST_OR_ONLY = 0x00
NO_ANSWER = 0x0C  # ISO/IEC 7816-4, table 40: the first or only one, and nothing told about it


class Card:
    """A chip card in a reader, powered. It is a Transport."""

    # ISO/IEC 7816-3: direct convention, T=1, historical bytes in COMPACT-TLV with the PIV AID.
    # Contact style: middleware takes `3B 8x 80 01` for a contactless card. And no TB1 and TC1,
    # which say nothing: ykman takes `3B Fx` for a key of its maker's on USB, and looks no further.
    ATR = bytes.fromhex("3B9B968131FE4580F9A00000030800001000C4")

    def __init__(
        self,
        memory: Memory,
        applications: Sequence[ApplicationFactory],
        quirks: frozenset[Quirk] = frozenset(),
    ) -> None:
        """A card with this memory and these applications, powered on."""
        self._applications = [application(memory) for application in applications]
        self._status = SecurityStatus(quirks)
        self._chain = CommandChain()
        self._pending = PendingAnswer()
        self._current: Application | None = None
        self._is_powered = True

    @classmethod
    def create(
        cls, path: Path, *, serial: bytes, applications: Sequence[ApplicationFactory]
    ) -> "Card":
        """A new, empty chip with its memory at `path`. `serial` is 16 bytes.

        Raises:
            FileExistsError: there is a card at this path.
        """
        if len(serial) != SERIAL:
            raise ValueError("a chip's serial number is 16 bytes")
        return cls(Memory.create(path, CardState(serial)), applications)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        applications: Sequence[ApplicationFactory],
        quirks: frozenset[Quirk] = frozenset(),
    ) -> "Card":
        """A card that exists; with quirks, one that departs from the standards.

        Raises:
            MemoryDamaged: the file is missing or not a card's memory.
        """
        memory = Memory(path)
        memory.read()
        return cls(memory, applications, quirks)

    def reset(self) -> bytes:
        """Reset the card; its answer to reset."""
        self._forget()
        self._is_powered = True
        return self.ATR

    def power_off(self) -> None:
        """Cut the power, or pull the card. Only what is in memory stays."""
        self._forget()
        self._is_powered = False

    def transmit(self, command: bytes) -> bytes:
        """Answer one command. Whatever the bytes, the answer is a status word, never an exception.

        Raises:
            TransportLost: the card has no power.
        """
        if not self._is_powered:
            raise TransportLost("no card")
        return _told(lambda: self._answer(Command.read(command))).build()

    def _answer(self, command: Command) -> Response:
        if command.cla == CLASS_INVALID:
            raise CardError(StatusWord.CLASS_UNKNOWN)
        if command.ins == Instruction.GET_RESPONSE and not command.cla & CHAIN_BIT:
            return self._pending.more(command.answer_size)
        self._pending.forget()
        if is_protected(command):
            return self._answer_protected(command)
        if self._status.messaging is not None:
            self._end_messaging()  # ICAO 9303-11, 9.8.3: a plain command ends the session
        answer = self._answer_whole(command)
        return self._pending.begin(answer.data, command.answer_size)

    def _answer_protected(self, command: Command) -> Response:
        """Answer under the session in force, even where the command ends or replaces it."""
        session = self._status.messaging
        if session is None:
            raise CardError(StatusWord.SECURE_MESSAGING_NOT_SUPPORTED)
        plain = self._unwrap(session, command)
        answer = session.wrap_answer(_told(lambda: self._answer_whole(plain)))
        if not answer.is_ok:
            return answer
        return self._pending.begin(answer.data, command.answer_size)

    def _unwrap(self, session: SecureMessaging, command: Command) -> Command:
        try:
            return session.unwrap(command)
        except MessagingBroken as broken:
            # ICAO 9303-11, 9.8.5: told without protection; keys and rights are gone.
            self._end_messaging()
            raise CardError(broken.status) from broken

    def _end_messaging(self) -> None:
        self._status.clear()
        self._chain.forget()  # or the rest of it could come unprotected

    def _answer_whole(self, command: Command) -> Response:
        """Take one link of a chain, or carry out a command that is complete."""
        whole = self._chain.join(command)
        return Response(b"" if whole is None else self._carry_out(whole), StatusWord.OK)

    def _carry_out(self, command: Command) -> bytes:
        if command.ins == Instruction.SELECT and command.cla == 0:
            is_by_name = command.p1 == SELECT_BY_NAME
            return self._select_by_name(command) if is_by_name else self._select_file(command)
        if self._current is None:
            self._current = self._default()
        if self._current is None:
            raise CardError(StatusWord.CONDITIONS_NOT_SATISFIED)
        return self._current.process(command, self._status)

    def _select_by_name(self, command: Command) -> bytes:
        """Choose an application.

        NIST SP 800-73-4 part 2, 3.1.1: a SELECT that fails leaves everything as it was, and
        selecting the same application again keeps its security status.
        """
        if command.p2 not in {FIRST_OR_ONLY, NO_ANSWER}:
            raise CardError(StatusWord.WRONG_P1P2)
        chosen = self._find(command.data)
        answer = chosen.select(command, self._status)
        self._make_current(chosen)
        return b"" if command.p2 == NO_ANSWER else answer

    def _select_file(self, command: Command) -> bytes:
        """Choose a file by its identifier: only the default application has files."""
        chosen = self._default()
        if chosen is None:
            raise CardError(StatusWord.WRONG_P1P2)
        answer = chosen.process(command, self._status)
        self._make_current(chosen)
        return answer

    def _make_current(self, chosen: Application) -> None:
        if chosen is not self._current:
            self._status.clear()
            if self._current is not None:
                self._current.deselect()
            self._current = chosen

    def _default(self) -> Application | None:
        """The application that answers when none was selected, once the card has its data."""
        for application in self._applications:
            if isinstance(application, DefaultApplication) and application.is_present():
                return application
        return None

    def _find(self, name: bytes) -> Application:
        """The application whose AID this is, or of which it is the beginning."""
        for application in self._applications:
            if len(name) >= SHORTEST_AID and application.aid.startswith(name):
                return application
        raise CardError(StatusWord.NOT_FOUND)

    def _forget(self) -> None:
        if self._current is not None:
            self._current.deselect()
        self._current = None
        self._status.clear()
        self._chain.forget()
        self._pending.forget()


def _told(carry_out: Callable[[], Response]) -> Response:
    """The one place where a refusal becomes a status word."""
    try:
        return carry_out()
    except CardError as refusal:
        return Response(b"", refusal.status)
    except MalformedApdu:
        return Response(b"", StatusWord.WRONG_LENGTH)
    except MalformedTlv:
        return Response(b"", StatusWord.WRONG_DATA)
    except Exception:  # noqa: BLE001 - a chip has no traceback to show: 6F00 says it failed
        return Response(b"", StatusWord.NO_PRECISE_DIAGNOSIS)
