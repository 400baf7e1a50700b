"""chipcard-sim: make chip cards, look at them, use them, and lend them to a browser."""

import json
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn, TextIO

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.bridge.drawer import Drawer, powered
from chipcard_sim.bridge.faces import read_condition, read_face
from chipcard_sim.bureau.lines import LineOutcome, LineRejected, make_chips, write_packs
from chipcard_sim.chip.card import Card
from chipcard_sim.chip.memory import MemoryDamaged
from chipcard_sim.terminal.agent import CitizenAgent
from chipcard_sim.terminal.errors import (
    ChallengeRefused,
    NotACard,
    PinBlocked,
    TerminalError,
    UnusablePin,
    WrongPin,
)
from chipcard_sim.terminal.piv import PivClient, padded_pin, padded_puk
from chipcard_sim.transport.trace import Trace

FAILED = 1

app = typer.Typer(
    help="A chip card, its factory and its reader, for people without one. Not VNeID.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local variables could show a PIN
)
pin_app = typer.Typer(help="Look at, change or unblock the PIN of a card.", no_args_is_help=True)
app.add_typer(pin_app, name="pin")

CardArgument = Annotated[
    str, typer.Argument(help="A document number in the folder of cards, or the path of a card.")
]
CardsOption = Annotated[
    Path | None,
    typer.Option(
        "--cards", help="The folder of cards; else .demo/cards where there is one, else cards."
    ),
]
PinOption = Annotated[str | None, typer.Option(help="Asked for when not given.")]
NewPinOption = Annotated[str | None, typer.Option(help="Asked for when not given.")]
_WAY_OUT = {
    "PIN": "`chipcard-sim pin unblock` gives it a new value, with the PUK.",
    "PUK": "The card cannot be unblocked any more; it needs to be made anew.",
}


@app.command()
def new(
    document_number: Annotated[str, typer.Argument(help="The name of the new chip.")],
    cards: CardsOption = None,
) -> None:
    """Make a blank chip: no keys, no PIN, the factory's door still open."""
    folder = _folder(cards)
    place = folder / f"{document_number}.card"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        Card.create(place, serial=uuid.uuid4().bytes, applications=APPLICATIONS)
    except FileExistsError:
        _fail(f"There is already a card {place}. Choose another name.")
    typer.echo(place)


@app.command()
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
    folder = _folder(cards)
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


@app.command("list")
def list_cards(cards: CardsOption = None) -> None:
    """Show the cards of a folder: whose, until when, the PIN's tries, finished or not."""
    folder = _folder(cards)
    table = Table("Card", "Holder", "Number", "Valid until", "Tries", "Finished")
    for place in sorted(folder.glob("*.card")):
        table.add_row(*_row(place))
    if table.row_count == 0:
        typer.echo(f"No cards in {folder}. `chipcard-sim personalise` makes some.", err=True)
    else:
        Console().print(table)


@app.command()
def answer(
    card: CardArgument,
    origin: Annotated[str, typer.Option(help="The site that asks, such as https://id.example.vn.")],
    nonce: Annotated[str, typer.Option(help="The challenge, as the site shows it.")],
    pin: PinOption = None,
    cards: CardsOption = None,
) -> None:
    """Answer a login challenge: one line of JSON, to be pasted into the sign-in page."""
    with _inserted(card, cards) as inserted:
        token = CitizenAgent(inserted).answer(origin, nonce, _secret(pin, "PIN"))
    typer.echo(json.dumps(token))


@pin_app.command("status")
def pin_status(card: CardArgument, cards: CardsOption = None) -> None:
    """Say how many tries the PIN has left. It costs none."""
    with _inserted(card, cards) as inserted:
        tries_left = read_condition(inserted).tries_left
    if tries_left is None:
        typer.echo("No PIN was set: the card is not personalised.")
    elif tries_left == 0:
        typer.echo("The PIN is blocked. `chipcard-sim pin unblock` gives it a new value.")
    else:
        typer.echo(f"The PIN has {tries_left} tries left.")


@pin_app.command("change")
def pin_change(
    card: CardArgument,
    pin: PinOption = None,
    new_pin: NewPinOption = None,
    cards: CardsOption = None,
) -> None:
    """Replace the PIN by one who knows it."""
    with _piv(card, cards) as client:
        client.change_pin(_secret(pin, "Present PIN"), _secret(new_pin, "New PIN", is_new=True))
    typer.echo("The PIN was changed.")


@pin_app.command("unblock")
def pin_unblock(
    card: CardArgument,
    puk: Annotated[str | None, typer.Option(help="Asked for when not given.")] = None,
    new_pin: NewPinOption = None,
    cards: CardsOption = None,
) -> None:
    """Give a blocked PIN a new value, with the PUK."""
    with _piv(card, cards, shown="PUK") as client:
        client.unblock(_secret(puk, "PUK"), _secret(new_pin, "New PIN", is_new=True))
    typer.echo("The PIN has a new value and all its tries.")


@app.command()
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
    with _inserted(card, cards) as inserted:
        trace = Trace(inserted, typer.echo)
        for command in raw:
            trace.transmit(command)


@app.command()
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
    place = _place(card, cards) if card is not None else None
    drawer = Drawer(_folder(cards)) if place is None else Drawer(place.parent, only=place.stem)
    try:
        settings = BridgeSettings(address or f"http://{host}:{port}", tuple(origin), has_picker)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    serve(drawer, settings, host, port)


def main() -> None:
    """Run the program."""
    os.umask(0o077)  # a card's file holds its keys
    app()


def _folder(cards: Path | None) -> Path:
    """The folder that was named, or where the cards of this place lie."""
    demo = Path(".demo/cards")
    return cards or (demo if demo.is_dir() else Path("cards"))


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


def _place(card: str, cards: Path | None) -> Path:
    is_path = "/" in card or card.endswith(".card")
    place = Path(card) if is_path else _folder(cards) / f"{card}.card"
    if not place.is_file():
        _fail(f"There is no card {place}. `chipcard-sim list --cards DIR` shows what is there.")
    return place


@contextmanager
def _inserted(card: str, cards: Path | None, shown: str = "PIN") -> Iterator[Card]:
    """Put a card into the reader; what it refuses is told with what to do next, and exit code 1."""
    try:
        with powered(_place(card, cards)) as inserted:
            yield inserted
    except WrongPin as error:
        _fail(f"The {shown} is wrong. Tries left: {error.tries_left}.")
    except PinBlocked:
        _fail(f"The {shown} is blocked. {_WAY_OUT[shown]}")
    except UnusablePin as error:
        _fail(f"No PIN or PUK looks like that: {error}. No try was spent.")
    except ChallengeRefused as error:
        _fail(f"The challenge was not signed: {error}. Copy all of it from the sign-in page.")
    except (TerminalError, MemoryDamaged) as error:
        _fail(f"The card refused: {error}. `chipcard-sim list` shows whether it is finished.")


@contextmanager
def _piv(card: str, cards: Path | None, shown: str = "PIN") -> Iterator[PivClient]:
    with _inserted(card, cards, shown) as inserted:
        client = PivClient(inserted)
        client.select()
        yield client


def _secret(given: str | None, name: str, *, is_new: bool = False) -> str:
    """Return a secret from the command line, or ask for it without showing it."""
    if given is not None:
        return given
    return str(typer.prompt(name, hide_input=True, confirmation_prompt=is_new, err=True))


def _fail(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(FAILED)


if __name__ == "__main__":
    main()
