"""The cards of a folder, and a card that answers a login challenge."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chipcard_sim.bridge.drawer import powered
from chipcard_sim.bridge.faces import read_condition, read_face
from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.bureau.plastic import find_plastic
from chipcard_sim.chip.memory import MemoryDamaged
from chipcard_sim.commands.console import (
    CardOrReaderArgument,
    CardsOption,
    FaultOption,
    PinOption,
    ReaderOption,
    fail,
    fault_of,
    folder_of,
    inserted,
    secret,
)
from chipcard_sim.commands.show import written_end
from chipcard_sim.faults.fault import Before, Fault, Method
from chipcard_sim.faults.genuine import Ask, NeedsAccepted, genuine_answer
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.errors import NotACard


def add_to(app: typer.Typer) -> None:
    """Add `list` and `answer`."""
    app.command("list")(list_cards)
    app.command()(answer)


def list_cards(cards: CardsOption = None) -> None:
    """Show the cards of a folder: whose, until when, the PIN's tries, finished or not.

    Until when is the document's end, as printed; `chipcard-sim show` tells the certificates' too.
    """
    folder = folder_of(cards)
    table = Table("Card", "Holder", "Number", "Valid until", "Tries", "Finished")
    for place in sorted(folder.glob("*.card")):
        table.add_row(*_row(place))
    if table.row_count == 0:
        typer.echo(f"No cards in {folder}. `chipcard-sim personalise` makes some.", err=True)
    else:
        Console().print(table)
        typer.echo("`chipcard-sim show CARD` tells what is printed on one, the CAN too.", err=True)


def answer(
    *,
    card: CardOrReaderArgument = None,
    origin: Annotated[str, typer.Option(help="The site that asks, such as https://id.example.vn.")],
    nonce: Annotated[str, typer.Option(help="The challenge, as the site shows it.")],
    pin: PinOption = None,
    cards: CardsOption = None,
    reader: ReaderOption = None,
    fault: FaultOption = None,
    can: Annotated[
        str | None, typer.Option(help="For faults of the document: the number on the front.")
    ] = None,
    accepted: Annotated[
        str | None,
        typer.Option(help="For faults that repeat an answer: one accepted for this challenge."),
    ] = None,
) -> None:
    """Answer a login challenge: one line of JSON, to be pasted into the sign-in page.

    With --fault the answer is wrong in that one way (`chipcard-sim fault list`).
    """
    played = fault_of(fault)
    if played is None and (can is not None or accepted is not None):
        raise typer.BadParameter("--can and --accepted go with --fault")
    with inserted(card, cards, reader) as held:
        if played is None:
            ask = Ask(origin, nonce, pin=secret(pin, "PIN", "--pin"))
            typer.echo(genuine_answer(held, ask))
        else:
            typer.echo(_played(played, held, Ask(origin, nonce, pin or "", can or "", accepted)))


def _played(fault: Fault, card: Transport, ask: Ask) -> str:
    """Have the card answer wrongly, asking its holder for what is needed and was not given."""
    if fault.method is Method.CARD_CHIP:
        if not ask.can:
            fail(
                "This fault reads the chip: give --can (printed on the front; "
                "`chipcard-sim show CARD` tells it)."
            )
    elif fault.before is not Before.ACCEPTED:
        ask = replace(ask, pin=secret(ask.pin or None, "PIN", "--pin"))
    try:
        return fault.play(card, ask)
    except NeedsAccepted:
        fail(f"{fault.name} repeats an answer that was accepted: give it as --accepted.")


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
        _printed_end(place),
        "-" if condition.tries_left is None else str(condition.tries_left),
        "yes" if condition.is_locked else "no",
    )


def _printed_end(place: Path) -> str:
    try:
        plastic = find_plastic(place)
    except DocumentMalformed:
        return "smudged"
    return "-" if plastic is None else written_end(plastic)
