"""`eid audit`: what happened, as the trail holds it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from eid.bootstrap import Services
from eid.cli.console import fail, out, with_services
from eid.domain.trail import KeptEvent
from eid.domain.visit import Visit

LOOK_AGAIN_AFTER: Final = 1.0  # seconds
HEADS: Final = ("Time (UTC)", "Event", "Account", "What it says")
WIDTHS: Final = (19, 20, 8)  # of a time, the longest name, the account's first digits
PLAIN: Final = re.compile(r"[\w.:/+-]+", re.ASCII)

Show = Callable[[KeptEvent], None]


def audit(
    last: Annotated[int, typer.Option(min=1, help="How many, from the end.")] = 20,
    case: Annotated[
        str | None, typer.Option(help="All of one case: the number of an error page.")
    ] = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what comes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show the audit trail, newest last: who was refused and why, and what was done."""
    show: Show = _show_json if as_json else _show_row

    async def work(services: Services, _visit: Visit) -> int:
        count = 0
        async for event in _events(services, last, case, follow=follow):
            if not count and not as_json:
                _row(*HEADS, style="bold")
            show(event)
            count += 1
        return count

    with suppress(KeyboardInterrupt):  # how one ends to follow
        if not with_services(work) and case is not None:
            fail("no event has this case number: take the number of the page, letter by letter")


async def _events(
    services: Services, last: int, case: str | None, *, follow: bool
) -> AsyncIterator[KeptEvent]:
    """The events that are wanted, newest last; with `follow` without end."""
    shown = await services.trail.last(last)
    following = services.trail.follow(shown)
    if case is None:
        for event in shown:
            yield event
    else:
        async for event in services.trail.of_case(case):
            yield event
    while follow:
        await asyncio.sleep(LOOK_AGAIN_AFTER)
        for event in await following.news():
            if case in {None, event.trace}:
                yield event


def _show_json(event: KeptEvent) -> None:
    told = {
        "at": event.at.isoformat(),
        "event": event.kind,
        "trace": event.trace,
        "account": event.account.hex() if event.account else None,
        **event.members,
    }
    typer.echo(json.dumps(told))


def _show_row(event: KeptEvent) -> None:
    account = event.account.hex()[: WIDTHS[-1]] if event.account else ""
    said = {**event.members, "trace": event.trace}
    members = " ".join(f"{name}={_plain(value)}" for name, value in said.items() if value != "")
    _row(f"{event.at:%F %T}", event.kind, account, members)


def _plain(value: object) -> str:
    """A value that stays on its line, whatever is in it (AU-05)."""
    return value if isinstance(value, str) and PLAIN.fullmatch(value) else json.dumps(value)


def _row(*cells: str, style: str = "") -> None:
    """Print a line of the table; each is laid out by itself, so that more can follow."""
    line = Table.grid(padding=(0, 2, 0, 0))
    for width in WIDTHS:
        line.add_column(width=width)
    line.add_column(overflow="fold")
    line.add_row(*map(escape, cells), style=style)
    out.print(line, highlight=False)


def add_to(app: typer.Typer) -> None:
    """Put the command on the program."""
    app.command()(audit)
