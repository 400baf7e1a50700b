"""`eid trust`: whose travel documents are believed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from eid.bootstrap import Services
from eid.bootstrap.document_trust import MasterListReport, TrustedCountry
from eid.bootstrap.revoked_signers import signer_number
from eid.cli.console import out, with_services
from eid.domain.visit import Visit
from keys.pki.anchors import SignerNumber

trust_app = typer.Typer(help="Whose travel documents are believed.", no_args_is_help=True)


@trust_app.command("import-master-list")
def import_master_list(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A CSCA master list (CMS, DER).")
    ],
    signer: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="The CSCA certificate (PEM or DER) it is signed under, got by another way.",
        ),
    ],
) -> None:
    """Believe the country signing authorities that a master list vouches for."""
    master_list, certificate = file.read_bytes(), signer.read_bytes()

    async def work(services: Services, visit: Visit) -> MasterListReport:
        return await services.import_master_list(visit, master_list, certificate)

    report = with_services(work)
    out.print(
        f"[green]✔[/] signed under {report.country}: {len(report.fresh)} new, {report.known} known"
    )
    if report.refused:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(report.refused.items()))
        out.print(f"{sum(report.refused.values())} not taken: {reasons}", soft_wrap=True)
    if report.fresh:
        out.print("A running provider believes them after its next start.")


@trust_app.command("revoke-signer")
def revoke_signer(
    serial: Annotated[str, typer.Argument(help="Its certificate's serial number, in hexadecimal.")],
    country: Annotated[str, typer.Option(help="Whose signer it is: two capitals.")],
) -> None:
    """Believe no document any more that this document signer has signed."""
    signer = signer_number(country, serial)

    async def work(services: Services, visit: Visit) -> None:
        await services.revoke_signer(visit, signer)

    with_services(work)
    out.print(f"[green]✔[/] {signer} is revoked. A running provider knows it after its next start.")


@trust_app.command("list")
def trust_list() -> None:
    """Show every country signing authority whose documents are believed, and revoked signers."""

    async def work(
        services: Services, _visit: Visit
    ) -> tuple[Sequence[TrustedCountry], Sequence[SignerNumber]]:
        return services.trusted_countries(), services.revoked_signers()

    countries, revoked = with_services(work)
    table = Table(show_lines=True)
    for name in ("Country", "Authority", "Until", "File"):
        table.add_column(name, overflow="fold")
    for row in countries:
        place = str(row.place) if row.place else "our own"
        table.add_row(*map(escape, (row.country, row.subject, f"{row.until:%F}", place)))
    out.print(table)
    for signer in revoked:
        out.print(f"revoked: document signer {signer}", highlight=False)
