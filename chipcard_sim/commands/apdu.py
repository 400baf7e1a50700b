"""Raw commands to a card, with names for what passes."""

from typing import Annotated

import typer

from chipcard_sim.commands.console import CardArgument, CardsOption, inserted
from chipcard_sim.transport.trace import Trace


def add_to(app: typer.Typer) -> None:
    """Add `apdu`."""
    app.command()(apdu)


def apdu(
    card: CardArgument,
    commands: Annotated[list[str], typer.Argument(help="Commands in hexadecimal, in their order.")],
    cards: CardsOption = None,
) -> None:
    """Send raw commands to a card and show what passes, by name. PINs are blanked."""
    try:
        raw = [bytes.fromhex(command) for command in commands]
    except ValueError as error:
        raise typer.BadParameter("a command is written in hexadecimal") from error
    with inserted(card, cards) as held:
        trace = Trace(held, typer.echo)
        for command in raw:
            trace.transmit(command)
