"""The PIN of a card: looked at, changed, unblocked."""

from typing import Annotated

import typer

from chipcard_sim.bridge.faces import read_condition
from chipcard_sim.commands.console import (
    CardOrReaderArgument,
    CardsOption,
    NewPinOption,
    PinOption,
    ReaderOption,
    inserted,
    piv,
    secret,
)

_pin = typer.Typer(help="Look at, change or unblock the PIN of a card.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the group `pin`."""
    app.add_typer(_pin, name="pin")


@_pin.command()
def status(
    card: CardOrReaderArgument = None, cards: CardsOption = None, reader: ReaderOption = None
) -> None:
    """Say how many tries the PIN has left. It costs none."""
    with inserted(card, cards, reader) as held:
        tries_left = read_condition(held).tries_left
    if tries_left is None:
        typer.echo("No PIN was set: the card is not personalised.")
    elif tries_left == 0:
        typer.echo("The PIN is blocked. `chipcard-sim pin unblock` gives it a new value.")
    else:
        typer.echo(f"The PIN has {tries_left} tries left.")


@_pin.command()
def change(
    card: CardOrReaderArgument = None,
    pin: PinOption = None,
    new_pin: NewPinOption = None,
    cards: CardsOption = None,
    reader: ReaderOption = None,
) -> None:
    """Replace the PIN by one who knows it."""
    with piv(card, cards, reader) as client:
        client.change_pin(secret(pin, "present PIN", "--pin"), _new(new_pin))
    typer.echo("The PIN was changed.")


@_pin.command()
def unblock(
    card: CardOrReaderArgument = None,
    puk: Annotated[str | None, typer.Option(help="Asked for when not given.")] = None,
    new_pin: NewPinOption = None,
    cards: CardsOption = None,
    reader: ReaderOption = None,
) -> None:
    """Give a blocked PIN a new value, with the PUK."""
    with piv(card, cards, reader, shown="PUK") as client:
        client.unblock(secret(puk, "PUK", "--puk"), _new(new_pin))
    typer.echo("The PIN has a new value and all its tries.")


def _new(given: str | None) -> str:
    return secret(given, "new PIN", "--new-pin", is_new=True)
