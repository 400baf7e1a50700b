"""The `eid` command: ceremony, people in bulk, clients, keys, service.

Exit codes: 0 done; 1 refused or partly refused, with what to do next; 2 wrong usage.
"""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.markup import escape
from rich.table import Table

from eid.bootstrap import Services, Steps, hold_ceremony
from eid.bootstrap.doctor import Examination
from eid.cli import audit, issuing, serving, standing
from eid.cli.clients import client_app
from eid.cli.console import fail, out, read_settings, with_services
from eid.cli.trust import trust_app
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
app.add_typer(trust_app, name="trust")
issuing.add_to(app)
standing.add_to(app)
serving.add_to(app)
audit.add_to(app)

DEMO = Path(".demo/env")
RESULTS = {True: "[green]sound[/]", False: "[red]wrong[/]", None: "[yellow]unknown[/]"}
STEPS = {
    "begin": "{}: a new key, which signs at once",
    "stage": "{}: a new key is published; it signs when caches have had time to learn of it",
    "promote": "{}: signs from now on",
    "retire": "{}: signs no more; it stays published until its last token has expired",
    "remove": "{}: withdrawn",
}


def main() -> None:
    """Run the command line; every refusal says what to do next."""
    os.umask(0o077)  # what is written holds keys, secrets and people (KY-01)
    try:
        app()
    except Misconfigured as problem:
        _refuse_settings(str(problem))
    except ValidationError as problem:
        wrong = [
            f"EID_{'__'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in problem.errors()
        ]
        _refuse_settings("; ".join(wrong))
    except SettingsError as problem:
        _refuse_settings(f"{problem}; a list is written as JSON")
    except StoreBusy as problem:
        fail(f"{problem}. Does the database of EID_DATABASE__URL run? Then try again.")
    except (EidError, KeysError) as problem:
        fail(str(problem))
    except OSError as problem:
        fail(f"{problem.strerror or problem}: {problem.filename or ''}")


def _refuse_settings(reason: str) -> NoReturn:
    fail(f"settings: {reason}{_where_others_are()}")


def _where_others_are() -> str:
    """Where the settings of the demo's world lie, if that world is here."""
    return f"\n  For the demo's world: set -a; . {DEMO}; set +a" if DEMO.is_file() else ""


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
            read_settings(), file.read_text(encoding="utf-8"), replace=replace, since=begin
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

    async def work(services: Services, visit: Visit) -> Steps:
        return await services.rotate_keys(visit, compromised=compromised)

    steps = with_services(work)
    for step, key in steps:
        out.print(STEPS[step].format(key), soft_wrap=True)
    if not steps:
        out.print("Nothing is due.")


@app.command()
def sweep() -> None:
    """Do what time alone demands: windows that passed, cards that expired, what to delete."""

    async def work(services: Services, visit: Visit) -> str:
        report = await services.tick(visit)
        return (
            f"{report.windows_passed} activation windows passed, {report.cards_expired} cards "
            f"expired, {report.purged} old records deleted; {report.left} wait for the next run."
        )

    out.print(with_services(work))


@app.command()
def doctor() -> None:
    """Look at settings, keys, certificates and database; say what is wrong and how to mend it."""
    found = asyncio.run(Examination(read_settings()).run())
    table = Table("Check", "Result", "Found")
    for finding in found:
        told = "" if finding.good is False else escape(finding.told)
        table.add_row(finding.check, RESULTS[finding.good], told)
    out.print(table)
    wrong = [f"{one.check}: {one.told}" for one in found if one.good is False]
    if wrong:
        misset = any(one.check == "settings" and one.good is False for one in found)
        fail("\n✘ ".join(wrong) + (_where_others_are() if misset else ""))
