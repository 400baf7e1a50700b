"""What the page shows of the desk at one moment: the drawer, the chosen card, its chip."""

from dataclasses import dataclass

from chipcard_sim.bridge.chip_state import ChipState, read_chip_state
from chipcard_sim.bridge.desk import Desk
from chipcard_sim.bridge.drawer import CardMissing, CardSource, PrintedCards
from chipcard_sim.bridge.drawn import DrawnCard, draw_face, draw_plastic, portrait_of
from chipcard_sim.bridge.faces import find_face
from chipcard_sim.bureau.plastic import Plastic
from chipcard_sim.chip.memory import MemoryDamaged
from chipcard_sim.terminal.errors import TerminalError


@dataclass(frozen=True, slots=True)
class Row:
    """A card in the drawer. `title` is whose it is; empty for one that has no holder."""

    name: str
    title: str
    number: str
    has_portrait: bool


@dataclass(frozen=True, slots=True)
class DeskView:
    """Everything the page needs. `chip` is None unless the chosen card is in the reader."""

    rows: tuple[Row, ...]
    inserted: str | None
    chosen: str | None = None
    drawn: DrawnCard | None = None
    chip: ChipState | None = None

    @property
    def is_inserted(self) -> bool:
        """Whether the chosen card is in the reader."""
        return self.chosen is not None and self.chosen == self.inserted


def look(desk: Desk, asked: str | None) -> DeskView:
    """Return the view with the asked card chosen, else the one in the reader, else the first."""
    names = desk.cards.names()
    inserted = desk.inserted
    rows = tuple(_row(desk.cards, name) for name in names)
    chosen = next((name for name in (asked, inserted, *names) if name in names), None)
    if chosen is None:
        return DeskView(rows, inserted)
    chip = _chip(desk, chosen) if chosen == inserted else None
    return DeskView(rows, inserted, chosen, _drawn(desk.cards, chosen), chip)


def find_portrait(cards: CardSource, name: str) -> bytes | None:
    """Return the printed portrait of a card as a JPEG, or None."""
    plastic = _printed(cards, name)
    return portrait_of(plastic) if plastic is not None else None


def _printed(cards: CardSource, name: str) -> Plastic | None:
    return cards.printed(name) if isinstance(cards, PrintedCards) else None


def _row(cards: CardSource, name: str) -> Row:
    drawn = _drawn(cards, name)
    if drawn is None:
        return Row(name, "", "", has_portrait=False)
    return Row(name, drawn.name, drawn.number, drawn.has_portrait)


def _drawn(cards: CardSource, name: str) -> DrawnCard | None:
    plastic = _printed(cards, name)
    if plastic is not None:
        return draw_plastic(plastic)
    face = find_face(cards, name)
    return draw_face(face) if face is not None else None


def _chip(desk: Desk, name: str) -> ChipState | None:
    try:
        with desk.talk(name, "look") as card:
            return read_chip_state(card)
    except (CardMissing, MemoryDamaged, TerminalError):
        return None
