"""What passes between reader and card, in the terminal: live from the bridge, or a short tour."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from chipcard_sim.bridge.words import read_words
from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.bureau.plastic import find_plastic
from chipcard_sim.commands.console import CardsOption, fail, inserted, place_of
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.emrtd import DATA_GROUPS, EmrtdClient
from chipcard_sim.terminal.errors import CardRefused
from chipcard_sim.terminal.piv import AUTHENTICATION_SLOT, PivClient
from chipcard_sim.transport.trace import Exchange, Trace

HASH = bytes(32)  # what the tour would have signed, if the card let it
PATIENCE = 60.0  # seconds; a bridge that is silent gives a sign of life more often


def add_to(app: typer.Typer) -> None:
    """Add `trace`."""
    app.command()(trace)


def trace(
    bridge: Annotated[
        str, typer.Option(help="The running bridge to follow.")
    ] = "http://127.0.0.1:8200",
    card: Annotated[
        str | None, typer.Option(help="Lead a short conversation with this card instead.")
    ] = None,
    cards: CardsOption = None,
) -> None:
    """Show commands and answers by name, until Ctrl-C. PINs, PUKs and keys are blanked."""
    if card is not None:
        _tour(card, cards)
        return
    with suppress(KeyboardInterrupt):
        for line in told(read_events(_lines_of(bridge))):
            typer.echo(line)
        typer.echo("The bridge has stopped.", err=True)


def read_events(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read server-sent events (HTML, 9.2.6): their name and their data, which are JSON."""
    name, data = "", ""
    for line in lines:
        field, _, value = line.partition(":")
        if not line and data:
            yield name, json.loads(data)
            name, data = "", ""
        elif field == "event":
            name = value.strip()
        elif field == "data":
            data += value.strip()


def told(events: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    """Write events as lines: a heading for each conversation, two lines for each exchange."""
    what = read_words()["en"]["what"]
    for name, members in events:
        if name == "opened":
            about = [what.get(members["what"], members["what"]), members["card"], members["asker"]]
            yield ""
            yield "# " + ", ".join(part for part in about if part)
        elif name == "exchange":
            yield from Exchange.read(members).lines()


def _lines_of(bridge: str) -> Iterator[str]:
    import httpx2  # noqa: PLC0415 - only this command calls a server

    try:
        with httpx2.stream("GET", f"{bridge}/trace", timeout=PATIENCE) as answer:
            if answer.status_code != httpx2.codes.OK:
                fail(f"{bridge} answers {answer.status_code}. Call it as its own page is called.")
            yield from answer.iter_lines()
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        fail(f"No bridge answers at {bridge} ({error}). `chipcard-sim bridge` starts one.")


def _tour(card: str, cards: Path | None) -> None:
    try:
        plastic = find_plastic(place_of(card, cards))
    except DocumentMalformed:
        plastic = None
    with inserted(card, cards) as held:
        traced = Trace(held, typer.echo)
        _tour_of_piv(traced)
        if plastic is not None and plastic.can is not None:
            _tour_of_passport(traced, plastic.can)


def _tour_of_piv(card: Transport) -> None:
    client = PivClient(card)
    _explain("The reader turns to the PIV application, by the beginning of its name.")
    client.select()
    _explain("It fetches the certificate of key 9A. Whoever holds the card may read it.")
    client.certificate(AUTHENTICATION_SLOT)
    _explain("It asks how many tries the PIN has left. That costs none.")
    client.pin_tries_left()
    _explain("It asks for a signature without having shown the PIN. The card refuses.")
    with suppress(CardRefused):
        client.sign(AUTHENTICATION_SLOT, HASH)


def _tour_of_passport(card: Transport, can: str) -> None:
    client = EmrtdClient(card)
    _explain("It proves that it knows the number printed on the front, without sending it (PACE).")
    client.open(AccessKey.from_can(can))
    _explain("Behind PACE all is sealed: DG1, the machine readable zone, comes through.")
    client.read(DATA_GROUPS[1])


def _explain(sentence: str) -> None:
    typer.echo(f"\n# {sentence}")
