"""A card in a slot of vsmartcard's virtual PC/SC reader (`vpcd`), over TCP.

The card calls the reader. Each message, both ways, is its length in two bytes, big-endian, and
that many bytes. One byte from the reader is a control code; anything else is a command.

The reader listens on every address of its machine, and whoever reaches it may put a card in.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Protocol

from chipcard_sim.iso7816.apdu import Response
from chipcard_sim.iso7816.status import StatusWord
from chipcard_sim.iso7816.transport import Transport

FIRST_PORT = 35963  # as the package's reader.conf says; each further slot has the next one
SLOTS = 2
HEARD_WITHIN = 4.0  # seconds; pcscd looks for cards a few times a second
_LENGTH = 2  # bytes
_LONGEST = 0xFFFF
_FAILURE = Response(b"", StatusWord.NO_PRECISE_DIAGNOSIS).build()
_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux alone has it


class ReaderAbsent(ConnectionError):
    """Nobody listens where the virtual reader should be."""


class SlotTaken(ConnectionError):
    """The reader does not speak to this card: another one is in the slot."""


class InsertedCard(Transport, Protocol):
    """What a reader can do with a card: talk to it, reset it, cut its power."""

    def reset(self) -> bytes:
        """Reset the card, with power; its answer to reset."""
        ...

    def power_off(self) -> None:
        """Cut the power."""
        ...


class Control(IntEnum):
    """What the reader says in one byte. ATR alone wants an answer: it is its "still there?" too."""

    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    ATR = 4


class VirtualSlot:
    """A card in a slot. Power comes and goes here; what the card keeps is its own affair."""

    def __init__(self, card: InsertedCard, line: socket.socket) -> None:
        self._card = card
        self._line = line
        self._atr = card.reset()
        self._has_power = True

    def await_reader(self, seconds: float = HEARD_WITHIN) -> None:
        """Wait until the reader speaks to the card for the first time.

        Raises:
            SlotTaken: it keeps silent, because it accepted a card before this one.
        """
        self._line.settimeout(seconds)
        try:
            self._line.recv(1, socket.MSG_PEEK)
        except TimeoutError as error:
            raise SlotTaken("the reader does not speak to this card") from error
        except ConnectionError:
            return  # it has gone already: `serve` sees that too
        finally:
            self._line.settimeout(None)

    def serve(self) -> None:
        """Answer the reader until it goes away, if it must in the middle of a message.

        Raises:
            TransportLost: the card went away by itself.
        """
        while (message := self._receive()) is not None:
            answer = self._answer(message)
            if answer is not None and not self._send(answer):
                return

    def pull(self) -> None:
        """Take the card out; `serve` ends. May be called from another thread."""
        try:
            self._line.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the reader was faster

    def _answer(self, message: bytes) -> bytes | None:
        if message == bytes([Control.ATR]):
            return self._atr
        if message == bytes([Control.POWER_OFF]):
            self._card.power_off()
            self._has_power = False
        elif message in {bytes([Control.POWER_ON]), bytes([Control.RESET])}:
            self._atr = self._card.reset()
            self._has_power = True
        else:
            return self._transmit(message)
        return None

    def _transmit(self, command: bytes) -> bytes:
        if not self._has_power:
            # A card without power is mute. But a reader waits for ever where nothing comes, and
            # pulls the card where the answer is empty: what it gets is a failure of the card.
            return _FAILURE
        answer = self._card.transmit(command)
        # 65536 bytes and a status word do not fit this line.
        return answer if len(answer) <= _LONGEST else _FAILURE

    def _receive(self) -> bytes | None:
        """The next message, or None where the reader has gone."""
        length = self._read(_LENGTH)
        return None if length is None else self._read(int.from_bytes(length))

    def _read(self, count: int) -> bytes | None:
        """So many bytes: two messages often arrive in one segment, and one in two."""
        found = bytearray()
        while len(found) < count:
            self._acknowledge_quickly()
            try:
                piece = self._line.recv(count - len(found))
            except ConnectionError:
                return None
            if not piece:
                return None
            found += piece
        return bytes(found)

    def _acknowledge_quickly(self) -> None:
        # The reader writes a message's length and body apart, and its system holds the body back
        # until the length is acknowledged: 40 ms a command. The option lasts for one answer only.
        if _QUICK_ACK is not None:
            self._line.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)

    def _send(self, answer: bytes) -> bool:
        """Write length and body as one. False where the reader has gone."""
        try:
            self._line.sendall(len(answer).to_bytes(_LENGTH) + answer)
        except ConnectionError:
            return False
        return True


@contextmanager
def inserted(card: InsertedCard, host: str, port: int) -> Iterator[VirtualSlot]:
    """Put a card into the slot behind a port; it is pulled, and has no power, when this ends.

    Raises:
        ReaderAbsent: nobody listens there.
    """
    try:
        line = socket.create_connection((host, port), timeout=HEARD_WITHIN)
    except OSError as error:
        raise ReaderAbsent(f"no virtual reader at {host}:{port}") from error
    with line:
        line.settimeout(None)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            yield VirtualSlot(card, line)
        finally:
            card.power_off()
