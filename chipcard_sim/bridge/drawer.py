"""The drawer: the cards that lie in a folder, and one of them put into the reader at a time."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock
from typing import Protocol, runtime_checkable

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.bureau.plastic import Plastic, find_plastic
from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816.transport import Transport

_ENDING = ".card"


class CardMissing(Exception):
    """There is no such card in the drawer."""


class CardSource(Protocol):
    """Where the bridge's cards come from: a drawer of simulated ones, or readers with plastic."""

    def names(self) -> tuple[str, ...]:
        """Return the names of the cards that are there now, in order."""
        ...

    def inserted(self, name: str) -> AbstractContextManager[Transport]:
        """Lend a freshly reset card for one conversation; nobody else talks to it meanwhile.

        Raises:
            CardMissing: there is no such card.
        """
        ...


@runtime_checkable
class PrintedCards(Protocol):
    """A source that also knows what is printed on its cards, which no chip tells a reader."""

    def printed(self, name: str) -> Plastic | None:
        """Return what is printed on a card, or None where nobody knows."""
        ...


class Drawer:
    """Cards by document number. With `only`, the drawer shows no other card than that one.

    `wrap` stands between reader and card for as long as a conversation lasts: a card that
    misbehaves on command is a good one in such a wrapping.
    """

    def __init__(
        self,
        folder: Path,
        only: str | None = None,
        wrap: Callable[[Card], Transport] | None = None,
    ) -> None:
        self._folder = folder
        self._only = only
        self._wrap = wrap
        self._turns: dict[str, Lock] = {}

    def names(self) -> tuple[str, ...]:
        """Return the document numbers of the cards that lie here now, in order."""
        found = sorted(place.stem for place in self._folder.glob(f"*{_ENDING}"))
        return tuple(name for name in found if self._only in {None, name})

    @contextmanager
    def inserted(self, name: str) -> Iterator[Transport]:
        """Put a card into the reader for one conversation; nobody else talks to it meanwhile.

        It enters freshly reset, so nothing of an earlier conversation (a verified PIN) remains.

        Raises:
            CardMissing: there is no such card here. The name is never made into a path.
            MemoryDamaged: the file is not a card's memory.
        """
        if name not in self.names():
            raise CardMissing(name)
        with self._turns.setdefault(name, Lock()), powered(self._place(name)) as it:
            yield it if self._wrap is None else self._wrap(it)

    def printed(self, name: str) -> Plastic | None:
        """Return what is printed on a card, or None where nothing lies beside its file."""
        if name not in self.names():
            return None
        try:
            return find_plastic(self._place(name))
        except DocumentMalformed:
            return None  # a smudge: the chip is what counts

    def _place(self, name: str) -> Path:
        return self._folder / f"{name}{_ENDING}"


@contextmanager
def powered(path: Path) -> Iterator[Card]:
    """Give power to the card at a path; it loses everything volatile when the conversation ends.

    Raises:
        MemoryDamaged: the file is missing or not a card's memory.
    """
    card = Card.open(path, applications=APPLICATIONS)
    card.reset()
    try:
        yield card
    finally:
        card.power_off()
