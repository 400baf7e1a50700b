"""The card: power, reset, transmit. The one place where a refusal becomes a status word."""

from collections.abc import Sequence
from pathlib import Path

from chipcard_sim.chip.access import SecurityStatus
from chipcard_sim.chip.application import Application, ApplicationFactory
from chipcard_sim.chip.memory import CardState, Memory
from chipcard_sim.iso7816.apdu import CHAIN_BIT, CLASS_INVALID, Command, MalformedApdu, Response
from chipcard_sim.iso7816.chaining import CommandChain, PendingAnswer
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.status import CardError, StatusWord
from chipcard_sim.iso7816.tlv import MalformedTlv
from chipcard_sim.iso7816.transport import TransportLost

SERIAL = 16
SHORTEST_AID = 5  # ISO/IEC 7816-5: the registered provider alone
SELECT_BY_NAME = 0x04
FIRST_OR_ONLY = 0x00


class Card:
    """A chip card in a reader, powered. It is a Transport."""

    # ISO/IEC 7816-3: direct convention, T=1, historical bytes in COMPACT-TLV with the PIV AID.
    # Contact style: middleware takes `3B 8x 80 01` for a contactless card.
    ATR = bytes.fromhex("3BFB9600008131FE4580F9A00000030800001000A4")

    def __init__(self, memory: Memory, applications: Sequence[ApplicationFactory]) -> None:
        """A card with this memory and these applications, powered on."""
        self._applications = [application(memory) for application in applications]
        self._status = SecurityStatus()
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
    def open(cls, path: Path, *, applications: Sequence[ApplicationFactory]) -> "Card":
        """A card that exists.

        Raises:
            MemoryDamaged: the file is missing or not a card's memory.
        """
        memory = Memory(path)
        memory.read()
        return cls(memory, applications)

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
        try:
            response = self._answer(Command.read(command))
        except CardError as refusal:
            response = Response(b"", refusal.status)
        except MalformedApdu:
            response = Response(b"", StatusWord.WRONG_LENGTH)
        except MalformedTlv:
            response = Response(b"", StatusWord.WRONG_DATA)
        except Exception:  # noqa: BLE001 - a chip has no traceback to show: 6F00 says it failed
            response = Response(b"", StatusWord.NO_PRECISE_DIAGNOSIS)
        return response.build()

    def _answer(self, command: Command) -> Response:
        if command.cla == CLASS_INVALID:
            raise CardError(StatusWord.CLASS_UNKNOWN)
        if command.ins == Instruction.GET_RESPONSE and not command.cla & CHAIN_BIT:
            return self._pending.more(command.answer_size)
        self._pending.forget()
        whole = self._chain.join(command)
        if whole is None:
            return Response(b"", StatusWord.OK)
        return self._pending.begin(self._carry_out(whole), whole.answer_size)

    def _carry_out(self, command: Command) -> bytes:
        if command.ins == Instruction.SELECT and command.cla == 0:
            return self._select(command)
        if self._current is None:
            raise CardError(StatusWord.CONDITIONS_NOT_SATISFIED)
        return self._current.process(command, self._status)

    def _select(self, command: Command) -> bytes:
        """Choose an application.

        NIST SP 800-73-4 part 2, 3.1.1: a SELECT that fails leaves everything as it was, and
        selecting the same application again keeps its security status.
        """
        if (command.p1, command.p2) != (SELECT_BY_NAME, FIRST_OR_ONLY):
            raise CardError(StatusWord.WRONG_P1P2)
        chosen = self._find(command.data)
        answer = chosen.select(command, self._status)
        if chosen is not self._current:
            self._status.clear()
            if self._current is not None:
                self._current.deselect()
            self._current = chosen
        return answer

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
