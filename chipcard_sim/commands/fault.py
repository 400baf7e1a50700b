"""The faults that a card can be told to have."""

from collections.abc import Iterator
from textwrap import indent, wrap
from typing import Annotated

import typer

from chipcard_sim.commands.console import fault_of
from chipcard_sim.faults.fault import Before, Fault, Group, Method
from chipcard_sim.faults.page import write_page
from chipcard_sim.faults.table import FAULTS

_NAME = max(map(len, FAULTS))
_WIDTH = 74  # of a sentence that is indented by four, in a terminal of 80 columns

_fault = typer.Typer(help="The ways in which a card can be told to be wrong.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the group `fault`."""
    app.add_typer(_fault, name="fault")


@_fault.command("list")
def list_faults(
    *,
    group: Annotated[Group | None, typer.Option(help="Only those of this group.")] = None,
    is_markdown: Annotated[
        bool, typer.Option("--markdown", help="Write the page of the documentation.")
    ] = False,
) -> None:
    """Show every fault, by group, with the code of the refusal that it must meet."""
    if is_markdown:
        typer.echo(write_page(), nl=False)
        return
    for each in [group] if group else Group:
        typer.echo(f"{each.upper()}\n")
        for row in FAULTS.values():
            if row.group is each:
                typer.echo(_in_short(row))


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


def _in_short(row: Fault) -> str:
    """Its name and code, and beneath them what is wrong, for a terminal of any width."""
    sentence = "\n".join(wrap(row.english, _WIDTH))
    return f"{row.name:<{_NAME}}  {row.code}\n{indent(sentence, '    ')}\n"


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
