"""What the factory remembers of an order: the order, the report it gave, the pack it wrote.

A job is a folder `factory/<order>` beside the cards. The order is written before the chip is
made and the report after, so that a factory that stopped in between knows which chip is unfinished.
"""

from dataclasses import dataclass
from pathlib import Path

from chipcard_sim.bureau.papers import write_whole

_FOLDER = "factory"


class OrderConflict(Exception):
    """The document does not go with what the factory already did for this order or number."""


@dataclass(frozen=True, slots=True)
class Job:
    """The papers of one order, below the folder of cards. `order` is the order's identifier."""

    cards: Path
    order: str

    @property
    def chip(self) -> Path:
        """Where the chip lies until its report is kept and it becomes a card."""
        return self._folder / "chip.card"

    def read(self, paper: str) -> str | None:
        """Return a paper as it was kept, or None."""
        place = self._place(paper)
        return place.read_text("utf-8") if place.exists() else None

    def keep(self, paper: str, text: str) -> None:
        """Keep a paper."""
        write_whole(self._place(paper), text)

    def keep_once(self, paper: str, text: str) -> bool:
        """Keep a paper that may never change. Return whether it is new.

        Raises:
            OrderConflict: another paper of this name was kept before.
        """
        kept = self.read(paper)
        if kept is None:
            self.keep(paper, text)
        elif kept != text:
            raise OrderConflict(f"order {self.order}: another {paper} came before")
        return kept is None

    def _place(self, paper: str) -> Path:
        return self._folder / f"{paper}.json"

    @property
    def _folder(self) -> Path:
        return self.cards / _FOLDER / self.order
