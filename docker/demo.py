"""`make demo`: a running e-ID world on this machine. Ctrl-C ends everything."""

import argparse
import json
import signal
import sys
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table
from world import PEOPLE, PIN, PUK, ROOT, World, WorldError, chosen_database, chosen_ports

STATE = ROOT / ".demo"
console = Console()


def main() -> int:
    """Make the world if it is not there, start it, tell where, wait for Ctrl-C."""
    options = _options()
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        world = World(
            options.state.resolve(), chosen_ports(), options.database or chosen_database()
        )
        if options.make_only:
            if not world.is_made():
                world.make()
            return 0
        world.require_free_ports()
        if options.fresh and not _forget(world, sure=options.yes):
            return 1
        if not world.is_made():
            console.print("[bold]Making the world:[/] keys, database, people, cards.")
            world.make()
        console.print("Starting the provider, two agencies and the card bridge …")
        world.start()
    except WorldError as problem:
        console.print(f"[red]{problem}[/]")
        return 1
    except KeyboardInterrupt:
        console.print("Stopped before it ran.")
        return 130
    return _run(world)


def _run(world: World) -> int:
    try:
        console.print(_addresses(world))
        console.print(_persons(world))
        console.print(
            f"PIN [bold]{PIN}[/], PUK [bold]{PUK}[/] for every card. "
            "All 40 people: docs/test-persons.md. Stop: [bold]Ctrl-C[/]. "
            "Begin anew: [bold]make demo FRESH=1[/]."
        )
        world.watch()
    except WorldError as problem:
        console.print(f"[red]{problem}[/]")
        return 1
    except KeyboardInterrupt:
        console.print("\nStopping …")
        return 0
    finally:
        world.stop()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="throw the state away and begin anew")
    parser.add_argument("--yes", action="store_true", help="do not ask before throwing away")
    parser.add_argument("--make-only", action="store_true", help="make the world, run nothing")
    parser.add_argument("--state", type=Path, default=STATE, help="folder of the state")
    parser.add_argument("--database", help="another database, e.g. postgresql://…")
    return parser.parse_args()


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _forget(world: World, *, sure: bool) -> bool:
    if not world.state.exists():
        return True
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
    table = Table(title="Not VNeID, not accredited. Everybody is invented.", title_style="yellow")
    table.add_column("What")
    table.add_column("Where", style="bold")
    first, second = world.portals
    table.add_row(first.name_en, first.origin)
    table.add_row(second.name_en, second.origin)
    table.add_row("Provider (issuer)", world.issuer)
    table.add_row("Mail-box of all test persons", f"{world.issuer}/demo/outbox")
    table.add_row("Clock, reset", f"{world.issuer}/demo/clock  {world.issuer}/demo/reset")
    table.add_row("Card bridge", world.bridge)
    return table


def _persons(world: World) -> Table:
    table = Table(title="Test persons: what to try with each")
    for name in ("Person", "Number", "Situation", "Card file", "Try"):
        table.add_column(name)
    cards, links = _cards(world), _links(world)
    seen: dict[str, int] = {}
    for line in PEOPLE.read_text(encoding="utf-8").splitlines():
        person = json.loads(line)
        situation = person["demo"]["situation"]
        seen[situation] = seen.get(situation, 0) + 1
        if seen[situation] > 2:  # noqa: PLR2004 - two of each kind; docs/test-persons.md has all
            continue
        hint = person["demo"]["try"]["en"]
        name = person.get("name") or person["names"]["vi"]
        link = links.get(person.get("email") or name) if situation == "notified" else None
        table.add_row(
            name,
            person["number"],
            situation,
            cards.get(person["number"], "-"),
            f"{hint}\n{link}" if link else hint,
        )
    return table


def _cards(world: World) -> dict[str, str]:
    """Card file by personal number, as the bureau's orders tell."""
    orders = world.state / "bureau" / "orders.ndjson"
    found = {}
    for line in orders.read_text(encoding="utf-8").splitlines():
        order = json.loads(line)
        path = world.cards / f"{order['documentNumber']}.card"
        found[order["holder"]["number"]] = str(
            path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        )
    return found


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
