"""How long a reader waits: a card that never answers must not keep the reader for ever.

A card can ask for more time without end (ISO/IEC 7816-3, 11.3), and a line can just fall silent.
"""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from chipcard_sim.iso7816.transport import Transport, TransportLost

Outcome = bytes | BaseException


class TooSlow(TransportLost):
    """The card did not answer in time. It may still be at it: nothing more may be asked of it."""


class Patience:
    """A Transport that answers in time or not at all."""

    def __init__(
        self, transport: Transport, seconds: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._transport = transport
        self._seconds = seconds
        self._clock = clock
        self._until = 0.0
        self.begin()

    def begin(self) -> None:
        """Give the card its time anew, for a command with all its pieces."""
        self._until = self._clock() + self._seconds

    def transmit(self, command: bytes) -> bytes:
        """Send one command, return its answer.

        Raises:
            TooSlow: the time is over.
            TransportLost: there is no card to send it to.
        """
        left = self._until - self._clock()
        if left <= 0:
            raise TooSlow("the card took too long")
        came: SimpleQueue[Outcome] = SimpleQueue()
        # A thread of its own, for no call can be broken off; one that hangs is left behind, and as
        # a daemon it does not keep the program from ending.
        Thread(target=self._ask, args=(command, came), daemon=True).start()
        try:
            outcome = came.get(timeout=left)
        except Empty:
            raise TooSlow("the card did not answer in time") from None
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _ask(self, command: bytes, came: "SimpleQueue[Outcome]") -> None:
        try:
            came.put(self._transport.transmit(command))
        except BaseException as error:  # noqa: BLE001 - raised where somebody waits for it
            came.put(error)
