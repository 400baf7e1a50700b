"""The browser's card reader, as a program."""

from pathlib import Path
from typing import Annotated

import typer

from chipcard_sim.bridge.drawer import Drawer
from chipcard_sim.commands.console import CardsOption, folder_of, place_of


def add_to(app: typer.Typer) -> None:
    """Add `bridge`."""
    app.command()(bridge)


def bridge(
    *,
    origin: Annotated[list[str], typer.Option(help="A provider whose pages may ask; repeatable.")],
    card: Annotated[str | None, typer.Option(help="The inserted card, with --no-picker.")] = None,
    cards: CardsOption = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Where to listen.")] = 8200,
    address: Annotated[
        str | None, typer.Option(help="How browsers call it, if not by --host and --port.")
    ] = None,
    has_picker: Annotated[
        bool, typer.Option("--picker/--no-picker", help="Offer every card, or one.")
    ] = True,
) -> None:
    """Lend the cards to a browser: a card reader with its own window, on this machine."""
    # Only this command needs a web framework.
    from chipcard_sim.bridge.serve import serve  # noqa: PLC0415
    from chipcard_sim.bridge.settings import BridgeSettings  # noqa: PLC0415

    if has_picker == (card is not None):
        raise typer.BadParameter("--card goes with --no-picker, and --no-picker with --card")
    drawer = _drawer(card, cards)
    try:
        settings = BridgeSettings(address or f"http://{host}:{port}", tuple(origin), has_picker)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    serve(drawer, settings, host, port)


def _drawer(card: str | None, cards: Path | None) -> Drawer:
    if card is None:
        return Drawer(folder_of(cards))
    place = place_of(card, cards)
    return Drawer(place.parent, only=place.stem)
