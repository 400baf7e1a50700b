"""The `eid` command: ceremony, people in bulk, clients, keys, service.

Exit codes: 0 done; 1 refused or partly refused, with what to do next; 2 wrong usage.
"""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from eid.bootstrap import Services, build_services, hold_ceremony
from eid.config import Settings
from eid.domain.visit import Visit
from eid.errors import EidError, Misconfigured, StoreBusy
from keys.errors import CeremonyRefused, KeysError

T = TypeVar("T")

app = typer.Typer(
    help="Electronic identification service: a reference, not VNeID, not accredited.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
client_app = typer.Typer(help="Agencies' OpenID Connect registrations.", no_args_is_help=True)
app.add_typer(client_app, name="client")
out = Console()
err = Console(stderr=True)

MAX_SHOWN: Final = 20


def main() -> None:
    """Run the command line; every refusal says what to do next."""
    try:
        app()
    except Misconfigured as problem:
        _fail(f"settings: {problem}")
    except ValidationError as problem:
        wrong = [
            f"EID_{'__'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in problem.errors()
        ]
        _fail("settings: " + "; ".join(wrong))
    except SettingsError as problem:
        _fail(f"settings: {problem}; a list is written as JSON")
    except StoreBusy as problem:
        _fail(f"{problem}. Does the database of EID_DATABASE__URL run? Then try again.")
    except (EidError, KeysError) as problem:
        _fail(str(problem))
    except OSError as problem:
        _fail(f"{problem.strerror or problem}: {problem.filename or ''}")


@app.command()
def ceremony(
    file: Annotated[Path, typer.Option(exists=True, help="Names and lifetimes (TOML).")] = Path(
        "docker/ceremony.toml"
    ),
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Date the authorities back, for a demo."),
    ] = None,
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Fine if it was held before.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Make new authorities; cards in the field die.")
    ] = False,
) -> None:
    """Make the keys: master key, CSCA, document signer, card CA, first signing keys."""
    try:
        begin = since.replace(tzinfo=UTC) if since else None
        work = hold_ceremony(
            Settings(), file.read_text(encoding="utf-8"), replace=replace, since=begin
        )
        material = asyncio.run(work)
    except CeremonyRefused as refusal:
        if keep and "already" in str(refusal):
            out.print("The ceremony was held before: nothing changed.")
            return
        raise
    for name, minted in material.minted.items():
        subject = minted.certificate.subject.rfc4514_string()
        out.print(
            f"[green]✔[/] {name}: {subject}, until {minted.certificate.not_valid_after_utc:%F}"
        )


@app.command("issue-batch")
def issue_batch(
    file: Annotated[
        Path, typer.Argument(exists=True, help="Applications, one JSON object a line.")
    ],
    by: Annotated[str, typer.Option(help="Who hands it in, for the trail.")] = "operator",
) -> None:
    """Take applications in and open accounts. The same file twice changes nothing."""

    async def work(services: Services, visit: Visit) -> dict[str, object]:
        with file.open("rb") as lines:
            report = await services.batches.accept(visit, lines, by)
        with _bar("Applications", report.accepted) as moved:
            chunk = services.settings.issuance.chunk
            counts = await services.batches.process(visit, report.batch, chunk, moved)
        final = await services.batches.report(report.batch)
        return {"counts": counts, "rejected": final.rejected}

    done = _with_services(work)
    out.print(f"Lines: {done['counts']}")
    rejected = done["rejected"]
    assert isinstance(rejected, tuple)  # noqa: S101 - set three lines above
    _end_with([f"line {number}: {reason}" for number, reason in rejected])


@app.command("card-orders")
def card_orders(
    to: Annotated[Path, typer.Option("--out", help="Where to write the orders (NDJSON).")],
) -> None:
    """Write the chip cards that the bureau shall make."""

    async def work(services: Services, _visit: Visit) -> int:
        issuance, count = await services.card_issuance(), 0
        with to.open("w", encoding="utf-8") as file:
            async for order in issuance.orders():
                file.write(order + "\n")
                count += 1
        return count

    out.print(f"{_with_services(work)} card orders in {to}")


@app.command("complete-cards")
def complete_cards(
    reports: Annotated[Path, typer.Argument(exists=True, help="The bureau's key reports.")],
    to: Annotated[Path, typer.Option("--out", help="Where to write the packs (NDJSON).")],
) -> None:
    """Certify the chips' keys and write the packs that finish the cards."""

    async def work(services: Services, visit: Visit) -> list[str]:
        issuance, problems = await services.card_issuance(), []
        lines = reports.read_bytes().splitlines()
        with _bar("Cards", len(lines)) as moved, to.open("w", encoding="utf-8") as file:
            for number, line in enumerate(lines, 1):
                try:
                    file.write(await issuance.complete(visit, line) + "\n")
                except EidError as refusal:
                    problems.append(f"line {number}: {refusal.code}")
                moved(number)
        return problems

    _end_with(_with_services(work))


@app.command()
def notify() -> None:
    """Tell approved holders the result; their seven days of activation begin."""

    async def work(services: Services, visit: Visit) -> int:
        told = await services.notices.notify_due(visit)
        await services.deliveries.run(visit)
        return told

    out.print(f"{_with_services(work)} holders notified")


@app.command()
def seed() -> None:
    """Put the demo's invented people into their situations (demo environment alone)."""

    async def work(services: Services, visit: Visit) -> int:
        if services.demo is None:
            raise Misconfigured("seed exists in the demo environment alone (EID_ENVIRONMENT=demo)")
        done = await services.demo.desk.arrange_all(visit)
        await services.deliveries.run(visit)
        return done

    out.print(f"{_with_services(work)} invented people arranged")


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
    texts = {file: _read_json(file) for file in files}

    async def work(services: Services, visit: Visit) -> list[str]:
        problems = []
        for file, text in texts.items():
            try:
                client, secret = await services.add_client(visit, text)
            except EidError as refusal:
                problems.append(f"{file}: {refusal}")
                continue
            out.print(f"[green]✔[/] client {client}")
            place = folder / f"{file.stem}.secret" if folder else secret_file
            if secret:
                _hand_over(secret, place)
        return problems

    _end_with(_with_services(work))


@client_app.command("list")
def client_list() -> None:
    """Show every client."""

    async def work(services: Services, _visit: Visit) -> list[dict[str, str]]:
        return await services.clients()

    rows = _with_services(work)
    table = Table()
    for name in rows[0] if rows else ("client",):
        table.add_column(name, no_wrap=name == "client")
    for row in rows:
        table.add_row(*row.values())
    out.print(table)


@app.command("rotate-keys")
def rotate_keys(
    compromised: Annotated[
        str | None, typer.Option(help="Withdraw this kid at once; its tokens are refused.")
    ] = None,
) -> None:
    """Stage, promote, retire and remove signing keys as their times come."""

    async def work(services: Services, visit: Visit) -> list[str]:
        return await services.rotate_keys(visit, compromised=compromised)

    steps = _with_services(work)
    out.print("\n".join(steps) if steps else "Nothing is due.")


@app.command()
def sweep() -> None:
    """Do what time alone demands: windows that passed, cards that expired, what to delete."""

    async def work(services: Services, visit: Visit) -> str:
        report = await services.sweep.run(visit)
        await services.deliveries.run(visit)
        return str(report)

    out.print(_with_services(work))


@app.command()
def doctor() -> None:
    """Check settings, keys, certificates and database; say what is wrong and how to mend it."""
    settings = Settings()

    async def work(services: Services, _visit: Visit) -> bool:
        return await services.is_ready()

    ready = _with_services(work)
    table = Table("Check", "Result")
    table.add_row("environment", settings.environment.value)
    table.add_row("issuer", settings.issuer)
    table.add_row("settings and master key", "[green]sound[/]")
    table.add_row("database and signing keys", "[green]ready[/]" if ready else "[red]not ready[/]")
    out.print(table)
    if not ready:
        _fail("no key can sign: eid rotate-keys; no database: check EID_DATABASE__URL")


@app.command()
def serve() -> None:
    """Run the provider at `EID_LISTEN` until it is stopped."""
    settings = Settings()
    build_services(settings)  # settings are refused here, before any worker starts
    host, _, port = settings.listen.rpartition(":")
    if not (host and port.isascii() and port.isdigit()):
        raise Misconfigured("EID_LISTEN is ADDRESS:PORT, such as 127.0.0.1:8000")
    import uvicorn  # noqa: PLC0415 - only this command needs a web server

    uvicorn.run(
        "api.main:app",
        host=host.strip("[]"),
        port=int(port),
        workers=settings.workers,
        access_log=False,
        log_level="info",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )


def _with_services(work: Callable[[Services, Visit], Awaitable[T]]) -> T:
    async def run() -> T:
        services = build_services(Settings())
        await services.open(chores=False)
        try:
            return await work(services, services.visit(f"cli-{secrets.token_hex(4)}"))
        finally:
            await services.close()

    return asyncio.run(run())


def _read_json(file: Path) -> Mapping[str, object]:
    try:
        read: Mapping[str, object] = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as problem:
        _fail(f"{file} is not JSON: {problem}")
    return read


def _hand_over(secret: str, place: Path | None) -> None:
    """Show a secret, or write it where its owner alone can read it, whatever lay there before."""
    if place is None:
        out.print(f"Its secret, shown once: {secret}", soft_wrap=True, highlight=False)
        return
    place.unlink(missing_ok=True)
    place.touch(mode=0o600, exist_ok=False)
    place.write_text(secret + "\n")
    out.print(f"Its secret is in {escape(str(place))}", soft_wrap=True)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


def _end_with(problems: list[str]) -> None:
    """Tell what was refused, each on its line; the exit code is then 1."""
    for problem in problems[:MAX_SHOWN]:
        err.print(f"[yellow]{escape(problem)}[/]", soft_wrap=True, highlight=False)
    if len(problems) > MAX_SHOWN:
        err.print(f"… and {len(problems) - MAX_SHOWN} more")
    if problems:
        err.print(f"{len(problems)} refused; the rest is done. Mend them and run the same again.")
        raise typer.Exit(1)


def _fail(reason: str) -> NoReturn:
    err.print(f"[red]✘[/] {escape(reason)}", soft_wrap=True, highlight=False)
    raise SystemExit(1)
