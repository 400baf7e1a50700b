"""pyscard, as its own documentation uses it: a connection to the card in a reader."""

from typing import Self

from smartcard.scard import SCARD_UNPOWER_CARD  # type: ignore[import-untyped]
from smartcard.System import readers  # type: ignore[import-untyped]
from virtual_reader import reader_of


class Line:
    """A connection, for as long as a block lasts; then the card has no power."""

    def __init__(self, slot: int = 0) -> None:
        found = {str(reader): reader for reader in readers()}
        self._connection = found[reader_of(slot)].createConnection()

    def __enter__(self) -> Self:
        self._connection.connect(disposition=SCARD_UNPOWER_CARD)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.release()

    def transmit(self, command: bytes) -> bytes:
        data, sw1, sw2 = self._connection.transmit(list(command))
        return bytes((*data, sw1, sw2))

    def cut_power(self) -> None:
        """Off and on again."""
        self._connection.reconnect(disposition=SCARD_UNPOWER_CARD)
