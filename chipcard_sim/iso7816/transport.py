"""The one thing that card, socket and trace have in common: bytes in, bytes out."""

from typing import Protocol


class TransportLost(ConnectionError):
    """There is no card (any more): pulled, switched off, or the line is broken."""


class Transport(Protocol):
    """A way to reach a card."""

    def transmit(self, command: bytes) -> bytes:
        """Send one command, return its answer.

        Raises:
            TransportLost: there is no card to send it to.
        """
        ...
