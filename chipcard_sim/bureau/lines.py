"""Whole files of orders or packs, one document a line: a bad line is told and the rest goes on."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chipcard_sim.bureau.documents import build_report, read_order, read_pack
from chipcard_sim.bureau.jobs import OrderConflict
from chipcard_sim.bureau.management_key import WELL_KNOWN, ManagementKey
from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.bureau.personalise import make_chip, write_pack
from chipcard_sim.chip.memory import MemoryDamaged
from chipcard_sim.terminal.errors import TerminalError


@dataclass(frozen=True, slots=True)
class LineDone:
    """A line that was carried out, and the document it gave, if it gives one."""

    number: int
    document: str | None


@dataclass(frozen=True, slots=True)
class LineRejected:
    """A line that was not carried out, and why. Lines count from 1."""

    number: int
    reason: str


LineOutcome = LineDone | LineRejected


def make_chips(
    lines: Iterable[bytes],
    folder: Path,
    pin: str,
    puk: str,
    management_key: ManagementKey = WELL_KNOWN,
) -> Iterator[LineOutcome]:
    """Make a chip for each order; what a line gives is its key report."""
    return _each(
        lines,
        lambda line: build_report(make_chip(read_order(line), folder, pin, puk, management_key)),
    )


def write_packs(lines: Iterable[bytes], folder: Path) -> Iterator[LineOutcome]:
    """Write each pack to its card."""
    return _each(lines, lambda line: write_pack(read_pack(line), folder))


def _each(
    lines: Iterable[bytes], carry_out: Callable[[bytes], str | None]
) -> Iterator[LineOutcome]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield LineDone(number, carry_out(line))
        except (DocumentMalformed, OrderConflict, TerminalError, MemoryDamaged) as error:
            yield LineRejected(number, str(error))
