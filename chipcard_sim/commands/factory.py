"""The card factory: blank chips, and cards made from the issuer's papers."""

import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.progress import track

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.bureau.lines import LineOutcome, LineRejected, make_chips, write_packs
from chipcard_sim.chip.card import Card
from chipcard_sim.commands.console import FAILED, CardsOption, fail, folder_of
from chipcard_sim.terminal.errors import UnusablePin
from chipcard_sim.terminal.piv import padded_pin, padded_puk


def add_to(app: typer.Typer) -> None:
    """Add `new` and `personalise`."""
    app.command()(new)
    app.command()(personalise)


def new(
    document_number: Annotated[str, typer.Argument(help="The name of the new chip.")],
    cards: CardsOption = None,
) -> None:
    """Make a blank chip: no keys, no PIN, the factory's door still open."""
    folder = folder_of(cards)
    place = folder / f"{document_number}.card"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        Card.create(place, serial=uuid.uuid4().bytes, applications=APPLICATIONS)
    except FileExistsError:
        fail(f"There is already a card {place}. Choose another name.")
    typer.echo(place)


def personalise(
    *,
    orders: Annotated[
        Path | None, typer.Option(help="Card orders, one a line: make their chips.", exists=True)
    ] = None,
    reports: Annotated[
        Path | None, typer.Option(help="Where to write the key reports of --orders.")
    ] = None,
    packs: Annotated[
        Path | None, typer.Option(help="Card packs, one a line: finish those cards.", exists=True)
    ] = None,
    cards: CardsOption = None,
    pin: Annotated[str, typer.Option(help="First PIN of each card; a demo value.")] = "123456",
    puk: Annotated[str, typer.Option(help="PUK of each card; a demo value.")] = "12345678",
) -> None:
    """Run the factory: --orders with --reports makes chips, later --packs finishes the cards.

    A line that cannot be carried out is told with its number and the rest goes on; the exit code
    is then 1. The same file again changes nothing.
    """
    _check_first_secrets(pin, puk)
    folder = folder_of(cards)
    if orders is not None and reports is not None and packs is None:
        folder.mkdir(parents=True, exist_ok=True)
        with reports.open("w", encoding="utf-8") as file:
            lines = orders.read_bytes().splitlines()
            done = _work("Making chips", make_chips(lines, folder, pin, puk), len(lines), file)
    elif packs is not None and orders is None and reports is None:
        lines = packs.read_bytes().splitlines()
        done = _work("Writing packs", write_packs(lines, folder), len(lines))
    else:
        raise typer.BadParameter("give --orders with --reports, or --packs alone")
    if not done:
        raise typer.Exit(FAILED)


def _check_first_secrets(pin: str, puk: str) -> None:
    try:
        padded_pin(pin)
        padded_puk(puk)
    except UnusablePin as error:
        raise typer.BadParameter(f"no PIN or PUK looks like that: {error}") from error


def _work(
    title: str, outcomes: Iterable[LineOutcome], count: int, file: TextIO | None = None
) -> bool:
    """Carry out lines under a progress bar; tell the rejected; return whether all went well."""
    console = Console(stderr=True)
    rejected = 0
    for outcome in track(outcomes, title, total=count, console=console):
        if isinstance(outcome, LineRejected):
            rejected += 1
            console.print(f"line {outcome.number}: {outcome.reason}", markup=False, highlight=False)
        elif outcome.document is not None and file is not None:
            file.write(f"{outcome.document}\n")
    if rejected:
        console.print(f"{rejected} lines were rejected; mend them and run the same again.")
    return rejected == 0
