"""What every command needs: the wired services, two consoles, and ways to end."""

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Final, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from eid.bootstrap import Services, build_services
from eid.bootstrap.variables import require_known
from eid.config import Settings
from eid.domain.visit import Visit

T = TypeVar("T")

out = Console()
err = Console(stderr=True)

MAX_SHOWN: Final = 20

NumberArgument = Annotated[str, typer.Argument(help="The holder's number.")]
ByOption = Annotated[str, typer.Option(help="Who decides, for the trail.")]


def read_settings() -> Settings:
    """The settings of the environment; raises `Misconfigured` for a name that is none of ours."""
    require_known(os.environ)  # noqa: TID251 - names alone: the front door of every command
    return Settings()


def with_services(work: Callable[[Services, Visit], Awaitable[T]]) -> T:
    """Do the work with everything wired and open, as one act under one trace."""

    async def run() -> T:
        services = build_services(read_settings())
        await services.open(chores=False)
        try:
            return await work(services, services.visit(f"cli-{secrets.token_hex(4)}"))
        finally:
            await services.close()

    return asyncio.run(run())


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar; what it yields is told how many are done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


def tell(problems: Sequence[str]) -> None:
    """Tell what was refused, each on its line."""
    for problem in problems[:MAX_SHOWN]:
        err.print(f"[yellow]{escape(problem)}[/]", soft_wrap=True, highlight=False)
    if len(problems) > MAX_SHOWN:
        err.print(f"… and {len(problems) - MAX_SHOWN} more")


def end_with(problems: Sequence[str]) -> None:
    """Tell what was refused; the exit code is then 1."""
    tell(problems)
    if problems:
        err.print(f"{len(problems)} refused; the rest is done. Mend them and run the same again.")
        raise typer.Exit(1)


def fail(reason: str) -> NoReturn:
    """Say why it cannot be done, and end with 1."""
    err.print(f"[red]✘[/] {escape(reason)}", soft_wrap=True, highlight=False)
    raise SystemExit(1)
