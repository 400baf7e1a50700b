"""The desk: cards to choose from, one of them in the reader, and a journal of what passes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Lock
from time import time

from chipcard_sim.bridge.drawer import CardMissing, CardSource
from chipcard_sim.bridge.journal import Journal, shortened
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.transport.trace import Exchange, Recording


class Desk:
    """Lends cards for conversations that are written down.

    The card in the reader is the one that the window offers first and whose chip the page shows.
    """

    def __init__(
        self, cards: CardSource, journal: Journal, clock: Callable[[], float] = time
    ) -> None:
        self.cards = cards
        self.journal = journal
        self._clock = clock
        self._numbers = count(1)
        self._lock = Lock()
        self._inserted: str | None = None

    @property
    def inserted(self) -> str | None:
        """The name of the card in the reader, or None."""
        with self._lock:
            name = self._inserted
        return name if name in self.cards.names() else None

    def insert(self, name: str) -> None:
        """Put a card into the reader, in place of any other.

        Raises:
            CardMissing: there is no such card.
        """
        if name not in self.cards.names():
            raise CardMissing(name)
        with self._lock:
            self._inserted = name

    def remove(self) -> None:
        """Take the card out."""
        with self._lock:
            self._inserted = None

    @contextmanager
    def talk(self, name: str, what: str, asker: str = "") -> Iterator[Transport]:
        """Lend a card for one conversation, and write down what passes.

        Args:
            name: of the card.
            what: what is done, a key of the page's words.
            asker: the site for which it is done.

        Raises:
            CardMissing, MemoryDamaged: as `CardSource.inserted`.
        """
        number = next(self._numbers)

        def keep(exchange: Exchange) -> None:
            self._write("exchange", number, **shortened(exchange).as_json())

        with self.cards.inserted(name) as card:
            at = round(self._clock() * 1000)
            self._write("opened", number, what=what, asker=asker, card=name, at=at)
            try:
                yield Recording(card, keep)
            finally:
                self._write("closed", number)

    def _write(self, kind: str, conversation: int, **members: object) -> None:
        self.journal.write(kind, {"conversation": conversation, **members})
