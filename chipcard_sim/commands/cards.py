"""The cards of a folder, and a card that answers a login challenge."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chipcard_sim.bridge.drawer import powered
from chipcard_sim.bridge.faces import read_condition, read_face
from chipcard_sim.chip.memory import MemoryDamaged
from chipcard_sim.commands.console import (
    CardOrReaderArgument,
    CardsOption,
    PinOption,
    ReaderOption,
    folder_of,
    inserted,
    secret,
)
from chipcard_sim.terminal.agent import CitizenAgent
from chipcard_sim.terminal.errors import NotACard


def add_to(app: typer.Typer) -> None:
    """Add `list` and `answer`."""
    app.command("list")(list_cards)
    app.command()(answer)


def list_cards(cards: CardsOption = None) -> None:
    """Show the cards of a folder: whose, until when, the PIN's tries, finished or not."""
    folder = folder_of(cards)
    table = Table("Card", "Holder", "Number", "Valid until", "Tries", "Finished")
    for place in sorted(folder.glob("*.card")):
        table.add_row(*_row(place))
    if table.row_count == 0:
        typer.echo(f"No cards in {folder}. `chipcard-sim personalise` makes some.", err=True)
    else:
        Console().print(table)


def answer(
    *,
    card: CardOrReaderArgument = None,
    origin: Annotated[str, typer.Option(help="The site that asks, such as https://id.example.vn.")],
    nonce: Annotated[str, typer.Option(help="The challenge, as the site shows it.")],
    pin: PinOption = None,
    cards: CardsOption = None,
    reader: ReaderOption = None,
) -> None:
    """Answer a login challenge: one line of JSON, to be pasted into the sign-in page."""
    with inserted(card, cards, reader) as held:
        token = CitizenAgent(held).answer(origin, nonce, secret(pin, "PIN"))
    typer.echo(json.dumps(token))


def _row(place: Path) -> tuple[str, ...]:
    try:
        with powered(place) as card:
            face = read_face(place.stem, card)
            condition = read_condition(card)
    except (MemoryDamaged, NotACard):
        return place.stem, "damaged", "", "", "", ""
    return (
        place.stem,
        face.holder if face else "-",
        face.masked_number if face else "-",
        f"{face.valid_until:%Y-%m-%d}" if face else "-",
        "-" if condition.tries_left is None else str(condition.tries_left),
        "yes" if condition.is_locked else "no",
    )
