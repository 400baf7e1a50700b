"""The faults that a card can be told to have."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chipcard_sim.commands.console import fault_of
from chipcard_sim.faults.fault import Before, Fault, Method
from chipcard_sim.faults.page import write_page
from chipcard_sim.faults.table import FAULTS

_fault = typer.Typer(help="The ways in which a card can be told to be wrong.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the group `fault`."""
    app.add_typer(_fault, name="fault")


@_fault.command("list")
def list_faults(
    *,
    is_markdown: Annotated[
        bool, typer.Option("--markdown", help="Write the page of the documentation.")
    ] = False,
) -> None:
    """Show every fault, and the refusal that it must meet."""
    if is_markdown:
        typer.echo(write_page(), nl=False)
        return
    table = Table("Fault", "What is wrong", "Refused by", "With", "Tests")
    for column in (table.columns[0], table.columns[3]):
        column.no_wrap = True  # names, to be typed again
    for row in FAULTS.values():
        table.add_row(row.name, row.english, row.refused_by, row.code, row.clause)
    Console().print(table)


@_fault.command()
def show(name: Annotated[str, typer.Argument(help="Of the fault.")]) -> None:
    """Tell all about one fault, and how to play it."""
    row = fault_of(name)
    if row is None:
        return
    typer.echo(f"{row.name} ({row.group})")
    typer.echo(f"  {row.english}\n  {row.vietnamese}")
    because = f", because: {row.reason}" if row.reason else ""
    typer.echo(f"  Asked by {row.method}; the {row.refused_by} refuses with {row.code}{because}.")
    typer.echo(f"  It tests {row.clause}.")
    if row.before is not Before.NOTHING:
        typer.echo(f"  Before it can be played, {row.before}.")
    typer.echo("Play it:")
    for line in _ways(row):
        typer.echo(f"  {line}")


def _ways(row: Fault) -> Iterator[str]:
    """The commands that play it."""
    secret = "--can CAN" if row.method is Method.CARD_CHIP else "--pin PIN"
    if row.before is Before.ACCEPTED:
        secret = "--accepted ANSWER"  # noqa: S105 - no secret, how one is given
    yield f"chipcard-sim answer CARD --fault {row.name} --origin ORIGIN --nonce NONCE {secret}"
    if row.before is not Before.ACCEPTED:
        yield f"chipcard-sim bridge --origin ORIGIN --fault {row.name}"
    if row.wrap is not None:
        yield f"chipcard-sim insert CARD --fault {row.name}"
