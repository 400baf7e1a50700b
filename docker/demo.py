"""`make demo`: a running e-ID world on this machine. Ctrl-C ends everything."""

import argparse
import json
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from rich.console import Console
from rich.table import Table
from world import (
    PEOPLE,
    PIN,
    PUK,
    ROOT,
    STOPPING,
    World,
    WorldError,
    chosen_database,
    chosen_ports,
    settings_told,
)

STATE = ROOT / ".demo"
INTERRUPTED = 130
SHOWN = {"notified": 2, "active": 2}  # of every other situation, one
console = Console()


def main() -> int:
    """Make the world if it is not there, start it, tell where, wait for Ctrl-C."""
    options = _options()
    for number in STOPPING:
        signal.signal(number, _as_interrupt)
    try:
        world = World(
            options.state.resolve(),
            chosen_ports(),
            options.database or chosen_database(),
            options.fault,
        )
        return _run(world, options)
    except WorldError as problem:
        console.print(str(problem), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1


def _run(world: World, options: argparse.Namespace) -> int:
    try:
        if options.make_only:
            _make(world)
            return 0
        if options.serve_only:
            _serve(world)
        world.require_free_ports()
        world.require_known_fault()
        if options.fresh and not _forget(world, sure=options.yes):
            return 1
        _make(world)
        console.print("Starting the provider, three agencies and the card bridge.")
        world.start()
        _tell(world)
        world.watch()
    except KeyboardInterrupt:
        console.print("\nStopping …")
        return 0 if world.running else INTERRUPTED
    finally:
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must leave nobody behind
        world.stop()


def _make(world: World) -> None:
    if not world.is_made():
        console.print("[bold]Making the world:[/] keys, database, people, cards.")
        world.make()
    world.write_settings()  # one made by an earlier version has none, or others


def _serve(world: World) -> NoReturn:
    _make(world)
    console.print(f"The provider alone, at {world.issuer}. Stop: [bold]Ctrl-C[/].")
    console.print(settings_told(world))
    world.become_provider()


def _tell(world: World) -> None:
    """Who is there, what to do, and last, where to begin: that is what stays in sight."""
    console.print(_persons(world))
    console.print(_letters(world))
    console.print(
        f"PIN [bold]{PIN}[/], PUK [bold]{PUK}[/] for every card; cards lie in {world.cards}. "
        "All 40 people: docs/test-persons.md. In another terminal: [bold]. .venv/bin/activate[/], "
        "then [bold]chipcard-sim list[/]."
    )
    console.print(settings_told(world))
    if world.fault:
        console.print(f"[yellow]Every card of the bridge is wrong in one way: {world.fault}.[/]")
    if days := world.ahead().days:
        console.print(f"[yellow]The demo clock is {days} days ahead of this machine's.[/]")
    console.print(_addresses(world))
    console.print("Stop: [bold]Ctrl-C[/]. Begin anew: [bold]make demo FRESH=1[/].")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="throw the state away and begin anew")
    parser.add_argument("--yes", action="store_true", help="do not ask before throwing away")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--make-only", action="store_true", help="make the world, run nothing")
    only.add_argument("--serve-only", action="store_true", help="make it, run the provider alone")
    only.add_argument("--fault", help="a row of `chipcard-sim fault list`, for the bridge's cards")
    parser.add_argument("--state", type=Path, default=STATE, help="folder of the state")
    parser.add_argument("--database", help="another database, e.g. postgresql://…")
    return parser.parse_args()


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _forget(world: World, *, sure: bool) -> bool:
    if not world.state.exists():
        return True
    if world.database:
        raise WorldError(
            "The people are in a database of yours, which is not emptied from here: drop it, "
            f"create it anew and remove {world.state}; then start without --fresh."
        )
    if not sure:
        console.print(f"This deletes all keys, accounts and cards in {world.state}.")
        if not sys.stdin.isatty():
            console.print("Nobody to ask here: say --yes to docker/demo.py if you mean it.")
            return False
        if console.input("Type [bold]yes[/] to go on: ").strip().lower() != "yes":
            console.print("Nothing was deleted.")
            return False
    world.forget()
    return True


def _addresses(world: World) -> Table:
    table = _table("Not VNeID, not accredited. Everybody is invented.")
    table.add_column("What")
    table.add_column("Where", style="bold", overflow="fold")
    table.add_row("Card bridge", world.bridge)
    table.add_row("Clock", f"{world.issuer}/demo/clock")
    table.add_row("Reset of a person", f"{world.issuer}/demo/reset")
    table.add_row("Mail-box of everybody", f"{world.issuer}/demo/outbox")
    table.add_row("Provider (issuer)", world.issuer)
    for portal in reversed(world.portals):
        table.add_row(portal.name_en, portal.origin)
    return table


def _persons(world: World) -> Table:
    table = _table("Test persons: situation at the beginning, and what to try")
    table.add_column("Person, number, card", overflow="fold", min_width=20)
    table.add_column("Situation", overflow="fold", width=11)
    table.add_column("Try", overflow="fold")
    cards = _cards(world)
    for person in _shown():
        number, demo = person["number"], person["demo"]
        who = f"[bold]{_name(person)}[/]\n{number}\n{cards.get(number, 'no card')}"
        table.add_row(who, demo["situation"].replace("_", " "), demo["try"]["en"])
    return table


def _letters(world: World) -> Table:
    """Each under its name: with a border beside it, a link would not fit a narrow terminal."""
    table = _table("Activation links")
    table.show_header = False
    table.add_column(overflow="fold")
    links = _links(world)
    for person in _shown():
        link = links.get(person.get("email") or _name(person))
        if link and person["demo"]["situation"] == "notified":
            table.add_row(f"{_name(person)}\n[bold]{link}[/]")
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_style="yellow", show_lines=True)


def _shown() -> Iterator[dict[str, Any]]:
    """One or two persons of each situation; docs/test-persons.md has all."""
    seen: Counter[str] = Counter()
    for line in PEOPLE.read_text(encoding="utf-8").splitlines():
        person = json.loads(line)
        situation = person["demo"]["situation"]
        seen[situation] += 1
        if seen[situation] <= SHOWN.get(situation, 1):
            yield person


def _name(person: dict[str, Any]) -> str:
    return str(person.get("name") or person["names"]["vi"])


def _cards(world: World) -> dict[str, str]:
    """Document number by personal number, as the bureau's orders tell."""
    orders = (world.state / "bureau" / "orders.ndjson").read_text(encoding="utf-8")
    read = [json.loads(line) for line in orders.splitlines()]
    return {order["holder"]["number"]: order["documentNumber"] for order in read}


def _links(world: World) -> dict[str, str]:
    """Newest activation link by the address it was sent to."""
    found = {}
    for path in sorted((world.state / "outbox").glob("*.json")):
        notice = json.loads(path.read_text(encoding="utf-8"))
        if link := notice["values"].get("link"):
            found[notice["to"]] = link
    return found


if __name__ == "__main__":
    sys.exit(main())
