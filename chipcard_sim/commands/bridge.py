"""The browser's card reader, as a program."""

from pathlib import Path
from typing import Annotated

import typer

from chipcard_sim.bridge.drawer import CardSource, Drawer
from chipcard_sim.bridge.readers import PlasticCards
from chipcard_sim.commands.console import (
    CardsOption,
    FaultOption,
    ReaderOption,
    fail,
    fault_of,
    folder_of,
    place_of,
    reader_name,
    told,
)
from chipcard_sim.faults.fault import Before
from chipcard_sim.transport.pcsc import find_readers


def add_to(app: typer.Typer) -> None:
    """Add `bridge`."""
    app.command()(bridge)


def bridge(
    *,
    origin: Annotated[list[str], typer.Option(help="A provider whose pages may ask; repeatable.")],
    card: Annotated[str | None, typer.Option(help="The inserted card, with --no-picker.")] = None,
    cards: CardsOption = None,
    reader: ReaderOption = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Where to listen.")] = 8200,
    address: Annotated[
        str | None, typer.Option(help="How browsers call it, if not by --host and --port.")
    ] = None,
    has_picker: Annotated[
        bool, typer.Option("--picker/--no-picker", help="Offer every card, or one.")
    ] = True,
    fault: FaultOption = None,
) -> None:
    """Lend the cards to a browser: a card reader with its own window, on this machine.

    With --reader pcsc it lends the plastic cards of this machine's readers. With --fault every card
    answers wrongly in that one way (`chipcard-sim fault list`).
    """
    # Only this command needs a web framework.
    from chipcard_sim.bridge.serve import CannotListen, serve  # noqa: PLC0415
    from chipcard_sim.bridge.settings import BridgeSettings  # noqa: PLC0415

    if has_picker == (card is not None):
        raise typer.BadParameter("--card goes with --no-picker, and --no-picker with --card")
    if reader is not None and card is not None:
        raise typer.BadParameter("--reader goes without --card")
    played = fault_of(fault)
    if played is not None and played.before is Before.ACCEPTED:
        fail(
            f"{played.name} repeats an accepted answer: `chipcard-sim answer --accepted` plays it."
        )
    source = _drawer(card, cards) if reader is None else _plastic(reader)
    try:
        settings = BridgeSettings(
            address or f"http://{host}:{port}", tuple(origin), has_picker, played
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    try:
        serve(source, settings, host, port)
    except CannotListen as problem:
        fail(
            f"The bridge cannot start: {problem}. Stop what listens there, or choose another "
            "--port. A running demo has its own bridge: `make demo FAULT=NAME` spoils its cards."
        )


def _drawer(card: str | None, cards: Path | None) -> CardSource:
    if card is None:
        return Drawer(folder_of(cards))
    place = place_of(card, cards)
    return Drawer(place.parent, only=place.stem)


def _plastic(reader: str) -> CardSource:
    only = reader_name(reader)
    with told():
        find_readers()  # better refused now than by a window that stays empty
    return PlasticCards(only)
