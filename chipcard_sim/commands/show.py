"""One card told as text: what is printed on it, and how long its certificates are valid."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import typer

from chipcard_sim.bridge.chip_state import read_chip_state
from chipcard_sim.bridge.drawer import powered
from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.bureau.plastic import Plastic, find_plastic
from chipcard_sim.commands.console import CardArgument, CardsOption, fail, place_of, told

NO_EXPIRY = "no expiry"


def add_to(app: typer.Typer) -> None:
    """Add `show`."""
    app.command()(show)


def show(card: CardArgument, cards: CardsOption = None) -> None:
    """Show what is printed on a card, front and back, and until when its certificates are valid."""
    place = place_of(card, cards)
    plastic = _printed(place)
    if plastic is None:
        typer.echo(f"Nobody knows what is printed on {place.stem}.")
    else:
        _echo("Front", _front(plastic))
        _echo("Back", _back(plastic))
    with told(), powered(place) as chip:
        keys = read_chip_state(chip).keys
    ends = [(f"Certificate {key.slot}", f"until {key.valid_until:%Y-%m-%d}") for key in keys]
    _echo("Chip", ends or [("Certificates", "none")])


def written_end(plastic: Plastic) -> str:
    """The document's last day, as a word for those that never expire."""
    return plastic.valid_until.isoformat() if plastic.valid_until else NO_EXPIRY


def _printed(place: Path) -> Plastic | None:
    try:
        return find_plastic(place)
    except DocumentMalformed as error:
        fail(f"What is printed on {place.stem} cannot be read: {error}. The chip may be whole.")


def _front(plastic: Plastic) -> Iterator[tuple[str, str]]:
    yield "Number", plastic.number
    yield "Full name", plastic.name
    yield "Date of birth", plastic.born.isoformat()
    yield "Sex", plastic.sex
    yield "Nationality", plastic.nationality
    yield "Valid until", written_end(plastic)
    yield "CAN", plastic.can or "none"


def _back(plastic: Plastic) -> Iterator[tuple[str, str]]:
    yield "Document number", plastic.document_number
    yield "Date of issue", plastic.issued.isoformat()
    for line in plastic.mrz:
        yield "MRZ", line


def _echo(title: str, rows: Iterable[tuple[str, str]]) -> None:
    typer.echo(title)
    for name, value in rows:
        # Papers may hold anything: nothing of them is a terminal's command.
        typer.echo(f"  {name:<16}" + "".join(each if each.isprintable() else "?" for each in value))
