"""`eid issue-batch`, `card-orders`, `complete-cards`, `notify`: from an application to a notice."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape

from eid.bootstrap import Services
from eid.cli.console import bar, end_with, fail, out, tell, with_services
from eid.domain.visit import Visit
from eid.errors import EidError, RegistryAway
from eid.issuance.batches import BatchReport

THERE: Final = "already_issued"  # not a refusal: the file was handed in before, in another shape


def issue_batch(
    file: Annotated[
        Path, typer.Argument(exists=True, help="Applications, one JSON object a line.")
    ],
    by: Annotated[str, typer.Option(help="Who hands it in, for the trail.")] = "operator",
) -> None:
    """Take applications in and open accounts. The same file twice changes nothing."""

    async def work(services: Services, visit: Visit) -> tuple[BatchReport, bool]:
        chunk, away = services.settings.issuance.chunk, False
        with file.open("rb") as lines:
            report = await services.batches.accept(visit, lines, by)
        with bar("Applications", report.accepted) as moved:
            try:
                await services.batches.process(visit, report.batch, chunk, moved)
            except RegistryAway:
                away = True
        return await services.batches.report(report.batch), away

    report, away = with_services(work)
    there, refused = _sorted(report)
    known = f", {there} of holders who have an account already" if there else ""
    if away:
        out.print(
            f"{report.received} lines: {len(refused)} refused{known}; of the others some wait."
        )
        tell(refused)
        fail("the population registry does not answer: run the same again when it does")
    out.print(f"{report.received} lines: {report.accepted} done, {len(refused)} refused{known}.")
    end_with(refused)


def _sorted(report: BatchReport) -> tuple[int, list[str]]:
    """How many lines ask for what is there already, and the refused ones as sentences."""
    refused = [(number, reason) for number, reason in report.rejected if reason != THERE]
    there = len(report.rejected) - len(refused)
    return there, [f"line {number}: {reason}" for number, reason in refused]


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

    out.print(f"{with_services(work)} card orders in {escape(str(to))}", soft_wrap=True)


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
                    problems.append(f"line {number}: {refusal}")
                moved(number)
        return problems

    end_with(with_services(work))


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

    told = with_services(work)
    out.print(f"{told} holder{'' if told == 1 else 's'} notified")


def add_to(app: typer.Typer) -> None:
    """Put these commands on the program."""
    app.command("issue-batch")(issue_batch)
    app.command("card-orders")(card_orders)
    app.command("complete-cards")(complete_cards)
    app.command()(notify)
