"""The `eid` command: ceremony, people in bulk, clients, keys, service.

Exit codes: 0 done; 1 refused or partly refused, with what to do next; 2 wrong usage.
"""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.table import Table

from eid.bootstrap import Services, build_services, hold_ceremony
from eid.cli.clients import client_app
from eid.cli.console import bar, end_with, fail, out, with_services
from eid.cli.standing import add_to
from eid.config import Settings
from eid.domain.visit import Visit
from eid.errors import EidError, Misconfigured, StoreBusy
from keys.errors import CeremonyRefused, KeysError

app = typer.Typer(
    help="Electronic identification service: a reference, not VNeID, not accredited.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(client_app, name="client")
add_to(app)


def main() -> None:
    """Run the command line; every refusal says what to do next."""
    os.umask(0o077)  # what is written holds keys, secrets and people (KY-01)
    try:
        app()
    except Misconfigured as problem:
        fail(f"settings: {problem}")
    except ValidationError as problem:
        wrong = [
            f"EID_{'__'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in problem.errors()
        ]
        fail("settings: " + "; ".join(wrong))
    except SettingsError as problem:
        fail(f"settings: {problem}; a list is written as JSON")
    except StoreBusy as problem:
        fail(f"{problem}. Does the database of EID_DATABASE__URL run? Then try again.")
    except (EidError, KeysError) as problem:
        fail(str(problem))
    except OSError as problem:
        fail(f"{problem.strerror or problem}: {problem.filename or ''}")


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
        with bar("Applications", report.accepted) as moved:
            chunk = services.settings.issuance.chunk
            counts = await services.batches.process(visit, report.batch, chunk, moved)
        final = await services.batches.report(report.batch)
        return {"counts": counts, "rejected": final.rejected}

    done = with_services(work)
    out.print(f"Lines: {done['counts']}")
    rejected = done["rejected"]
    assert isinstance(rejected, tuple)  # noqa: S101 - set three lines above
    end_with([f"line {number}: {reason}" for number, reason in rejected])


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

    out.print(f"{with_services(work)} card orders in {to}")


@app.command("complete-cards")
def complete_cards(
    reports: Annotated[Path, typer.Argument(exists=True, help="The bureau's key reports.")],
    to: Annotated[Path, typer.Option("--out", help="Where to write the packs (NDJSON).")],
) -> None:
    """Certify the chips' keys and write the packs that finish the cards."""

    async def work(services: Services, visit: Visit) -> list[str]:
        issuance, problems = await services.card_issuance(), []
        lines = reports.read_bytes().splitlines()
        with bar("Cards", len(lines)) as moved, to.open("w", encoding="utf-8") as file:
            for number, line in enumerate(lines, 1):
                try:
                    file.write(await issuance.complete(visit, line) + "\n")
                except EidError as refusal:
                    problems.append(f"line {number}: {refusal.code}")
                moved(number)
        return problems

    end_with(with_services(work))


@app.command()
def notify(
    number: Annotated[
        str | None, typer.Option(help="One holder who was helped: a fresh link, code and window.")
    ] = None,
) -> None:
    """Tell approved holders the result; their seven days of activation begin."""

    async def work(services: Services, visit: Visit) -> int:
        told = 1
        if number is None:
            told = await services.notices.notify_due(visit)
        else:
            await services.notify_again(visit, number)
        await services.deliveries.run(visit)
        return told

    out.print(f"{with_services(work)} holders notified")


@app.command()
def seed() -> None:
    """Put the demo's invented people into their situations (demo environment alone)."""

    async def work(services: Services, visit: Visit) -> int:
        if services.demo is None:
            raise Misconfigured("seed exists in the demo environment alone (EID_ENVIRONMENT=demo)")
        done = await services.demo.desk.arrange_all(visit)
        await services.deliveries.run(visit)
        return done

    out.print(f"{with_services(work)} invented people arranged")


@app.command("rotate-keys")
def rotate_keys(
    compromised: Annotated[
        str | None, typer.Option(help="Withdraw this kid at once; its tokens are refused.")
    ] = None,
) -> None:
    """Stage, promote, retire and remove signing keys as their times come."""

    async def work(services: Services, visit: Visit) -> list[str]:
        return await services.rotate_keys(visit, compromised=compromised)

    steps = with_services(work)
    out.print("\n".join(steps) if steps else "Nothing is due.")


@app.command()
def sweep() -> None:
    """Do what time alone demands: windows that passed, cards that expired, what to delete."""

    async def work(services: Services, visit: Visit) -> str:
        report = await services.sweep.run(visit)
        await services.deliveries.run(visit)
        return str(report)

    out.print(with_services(work))


@app.command()
def doctor() -> None:
    """Check settings, keys, certificates and database; say what is wrong and how to mend it."""
    settings = Settings()

    async def work(services: Services, _visit: Visit) -> bool:
        return await services.is_ready()

    ready = with_services(work)
    table = Table("Check", "Result")
    table.add_row("environment", settings.environment.value)
    table.add_row("issuer", settings.issuer)
    table.add_row("settings and master key", "[green]sound[/]")
    table.add_row("database and signing keys", "[green]ready[/]" if ready else "[red]not ready[/]")
    out.print(table)
    if not ready:
        fail("no key can sign: eid rotate-keys; no database: check EID_DATABASE__URL")


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
