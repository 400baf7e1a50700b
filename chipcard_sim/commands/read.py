"""The passport application of a card, as a border's reader sees it."""

import json
import secrets
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chipcard_sim.commands.console import (
    CardOrReaderArgument,
    CardsOption,
    ReaderOption,
    fail,
    inserted,
)
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.chip_examination import Examination, Proof, examine_chip
from chipcard_sim.terminal.chip_reading import read_chip_with
from chipcard_sim.terminal.errors import UnusableAccessKey, WrongAccessKey

_CURVES = {12: "P-256", 13: "brainpoolP256r1"}
_MASK = "•"
_NAMES = {
    1: "machine readable zone",
    2: "face",
    3: "fingerprints",
    13: "data of the state",
    14: "chip's protocols and key",
    15: "key of active authentication",
}
_PROOFS = {
    Proof.PROVEN: "proven",
    Proof.FAILED: "NOT PROVEN: this may be a copy",
    Proof.NOT_OFFERED: "not offered by this chip",
}


def add_to(app: typer.Typer) -> None:
    """Add `read`."""
    app.command()(read)


def read(
    *,
    card: CardOrReaderArgument = None,
    can: Annotated[
        str | None, typer.Option(help="The card access number: six digits on the front.")
    ] = None,
    mrz: Annotated[
        str | None, typer.Option(help="The machine readable zone, all its lines joined.")
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="One line of JSON, no table.")] = False,
    origin: Annotated[
        str | None, typer.Option(help="A site that asks: answer its challenge, with --nonce.")
    ] = None,
    nonce: Annotated[str | None, typer.Option(help="The challenge, as the site shows it.")] = None,
    cards: CardsOption = None,
    reader: ReaderOption = None,
) -> None:
    """Open the chip with what is printed on it, and tell what it proves.

    With --origin and --nonce it answers a challenge instead: one line of JSON to be pasted into
    the sign-in page. No PIN is asked: whoever holds the card can read it.
    """
    key = _key(can, mrz)
    if (origin is None) != (nonce is None):
        raise typer.BadParameter("--origin goes with --nonce")
    with inserted(card, cards, reader) as held:
        try:
            if origin is not None and nonce is not None:
                typer.echo(json.dumps(read_chip_with(held, origin, nonce, key)))
                return
            seen = examine_chip(held, key, secrets.token_bytes)
        except WrongAccessKey:
            fail("The chip did not open: that number or zone is not this card's.")
    if is_json:
        typer.echo(json.dumps(_members(seen), ensure_ascii=False))
    else:
        Console().print(_table(seen))


def _key(can: str | None, mrz: str | None) -> AccessKey:
    if (can is None) == (mrz is None):
        raise typer.BadParameter("give --can or --mrz")
    try:
        return AccessKey.from_can(can) if can is not None else AccessKey.from_mrz(_lines(mrz or ""))
    except UnusableAccessKey as error:
        raise typer.BadParameter(str(error)) from error


def _lines(zone: str) -> list[str]:
    """Cut a joined zone into its lines, by its length."""
    joined = "".join(zone.split())
    width = {90: 30, 72: 36, 88: 44}.get(len(joined), len(joined) or 1)
    return [joined[at : at + width] for at in range(0, len(joined), width)]


def _table(seen: Examination) -> Table:
    table = Table("What", "Said or proven", title="The chip")
    for what, said in _rows(seen):
        # What a chip says may hold anything: it is neither markup nor a terminal's command.
        table.add_row(what, Text("".join(each if each.isprintable() else "?" for each in said)))
    return table


def _rows(seen: Examination) -> Iterator[tuple[str, str]]:
    yield "opened with", _access(seen)
    if seen.announced is not None:
        yield "offers are signed too", "yes" if seen.announced else "NO: altered on the way"
    for group in seen.groups:
        state = "as signed" if group.is_signed else "NOT AS SIGNED: altered"
        yield _group_name(group.number), f"{group.size} bytes, {state}"
    for number in seen.hidden:
        yield _group_name(number), "signed, and not shown to this reader"
    signer = seen.signed.signer
    yield "signed by, it says", signer.subject if signer else "nobody that can be read"
    yield "that one issued by", signer.issuer if signer else "-"
    yield "chip authentication", _PROOFS[seen.chip_authentication]
    yield "active authentication", _PROOFS[seen.active_authentication]
    for line in mask_zone(seen.zone):
        yield "holder", line


def _members(seen: Examination) -> dict[str, Any]:
    signer = seen.signed.signer
    return {
        "access": _access(seen),
        "announced": seen.announced,
        "dataGroups": {
            str(group.number): {"size": group.size, "asSigned": group.is_signed}
            for group in seen.groups
        },
        "hidden": list(seen.hidden),
        "signer": signer and {"subject": signer.subject, "issuer": signer.issuer},
        "chipAuthentication": seen.chip_authentication.value,
        "activeAuthentication": seen.active_authentication.value,
        "zone": list(mask_zone(seen.zone)),
    }


def _access(seen: Examination) -> str:
    pace = seen.access.pace
    return seen.access.name if pace is None else f"PACE on {_CURVES[pace.parameters]}"


def _group_name(number: int) -> str:
    return f"DG{number} {_NAMES.get(number, '')}".rstrip()


def mask_zone(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The zone with its numbers blanked: document number and optional data (ICAO 9303-4 to -6)."""
    if len(lines) == 3:  # noqa: PLR2004 - a card of three lines
        first, second, third = lines
        return (
            first[:5] + _masked(first[5:]),
            second[:18] + _masked(second[18:29]) + second[29:],
            third,
        )
    first, second = lines
    return first, _masked(second[:10]) + second[10:28] + _masked(second[28:])


def _masked(text: str) -> str:
    return "".join(each if each == "<" else _MASK for each in text)
