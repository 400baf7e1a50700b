"""`eid client`: agencies' OpenID Connect registrations."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from eid.bootstrap import Services
from eid.cli.console import end_with, out, with_services
from eid.domain.visit import Visit
from eid.errors import EidError

NO_PIN = "1"

client_app = typer.Typer(help="Agencies' OpenID Connect registrations.", no_args_is_help=True)


@client_app.command("add")
def client_add(
    files: Annotated[
        list[Path], typer.Argument(exists=True, help="RFC 7591 names plus our own (JSON).")
    ],
    folder: Annotated[
        Path | None,
        typer.Option(
            "--secrets",
            exists=True,
            file_okay=False,
            help="Write new secrets here, NAME.secret (0600) for NAME.json.",
        ),
    ] = None,
    secret_file: Annotated[
        Path | None, typer.Option(help="Write one file's new secret here (0600).")
    ] = None,
) -> None:
    """Register clients, or replace their registrations. A secret is shown or written once."""
    if secret_file and (folder or len(files) > 1):
        raise typer.BadParameter("--secret-file is for one file alone; several: --secrets FOLDER")
    texts = {file: file.read_text(encoding="utf-8") for file in files}

    async def work(services: Services, visit: Visit) -> list[str]:
        problems = []
        for file, text in texts.items():
            place = folder / f"{file.stem}.secret" if folder else secret_file
            try:
                with _private_file(place) as write:  # it must be writable before a secret changes
                    client, secret = await services.add_client(visit, text)
                    write(secret)
            except EidError as refusal:
                problems.append(f"{file}: {refusal}")
                continue
            out.print(f"[green]✔[/] client {client}")
            _tell_secret(secret, place)
        return problems

    end_with(with_services(work))


@client_app.command("disable")
def client_disable(client: Annotated[str, typer.Argument(help="Its client_id.")]) -> None:
    """Shut a client out everywhere, within two seconds; adding its file again lets it in."""

    async def work(services: Services, visit: Visit) -> None:
        await services.disable_client(visit, client)

    with_services(work)
    out.print(f"[green]✔[/] client {escape(client)} is disabled")


@client_app.command("list")
def client_list() -> None:
    """Show every client."""

    async def work(services: Services, _visit: Visit) -> list[dict[str, str]]:
        return await services.clients()

    # Nothing is cut: an address has to be read whole, on a narrow terminal too.
    table = Table(show_lines=True)
    for name in ("Client, agency", "Profile, proof, level", "Redirect URIs", "State"):
        # An address of the usual length stays on one line.
        table.add_column(name, overflow="fold", min_width=24 if name == "Redirect URIs" else None)
    for row in with_services(work):
        who = f"{row['client']}\n{row['agency']}"
        level = f"level {row['least level']}"
        if row["least level"] == NO_PIN:
            level += ": no PIN"
        how = f"{row['profile']}\n{row['authentication']}\n{level}"
        table.add_row(*map(escape, (who, how, row["redirect URIs"], row["state"])))
    out.print(table)


@contextmanager
def _private_file(place: Path | None) -> Iterator[Callable[[str | None], None]]:
    """A file that its owner alone can read, new under its name once a secret was written."""
    if place is None:
        yield lambda _: None
        return
    with NamedTemporaryFile("w", dir=place.parent, prefix=f".{place.name}.", delete=False) as file:
        unfinished = Path(file.name)  # made with mode 0600
        try:
            yield lambda secret: _write(file, secret)
            file.flush()
            if unfinished.stat().st_size:
                unfinished.replace(place)
        finally:
            unfinished.unlink(missing_ok=True)


def _write(file: IO[str], secret: str | None) -> None:
    if secret:
        file.write(secret + "\n")


def _tell_secret(secret: str | None, place: Path | None) -> None:
    if secret and place is None:
        out.print(f"Its secret, shown once: {secret}", soft_wrap=True, highlight=False)
    elif secret:
        out.print(f"Its secret is in {escape(str(place))}", soft_wrap=True)
