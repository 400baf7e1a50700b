"""`eid lock`, `unlock`, `revoke-card`: whether an account may be used."""

from typing import Annotated

import typer

from eid.bootstrap import Services
from eid.cli.console import ByOption, NumberArgument, out, with_services
from eid.domain.account import LockGround
from eid.domain.visit import Visit

GroundOption = Annotated[LockGround, typer.Option(help="The legal ground.")]


def lock(number: NumberArgument, ground: GroundOption, by: ByOption = "operator") -> None:
    """Lock a holder's account for one ground; sessions, codes and tokens end at once."""

    async def work(services: Services, visit: Visit) -> None:
        await services.standing.lock(visit, number, ground, by)

    with_services(work)
    out.print(f"[green]✔[/] locked: {ground}")


def unlock(number: NumberArgument, ground: GroundOption, by: ByOption = "operator") -> None:
    """Lift one lock; the account opens when no other stands."""

    async def work(services: Services, visit: Visit) -> None:
        await services.standing.unlock(visit, number, ground, by)

    with_services(work)
    out.print(f"[green]✔[/] lifted: {ground}")


def revoke_card(
    number: NumberArgument,
    reason: Annotated[str, typer.Option(help="RFC 5280 name, such as keyCompromise.")],
    by: ByOption = "operator",
) -> None:
    """Revoke a holder's newest chip card and its certificates; the account is locked for it."""

    async def work(services: Services, visit: Visit) -> None:
        await services.standing.revoke_card(visit, number, reason, by)

    with_services(work)
    out.print("[green]✔[/] revoked")


def add_to(app: typer.Typer) -> None:
    """Put these commands on the program."""
    app.command()(lock)
    app.command()(unlock)
    app.command("revoke-card")(revoke_card)
