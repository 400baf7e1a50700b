"""What the commands share: where cards lie, the card in the reader, secrets, and how one fails."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from chipcard_sim.bridge.drawer import powered
from chipcard_sim.chip.memory import MemoryDamaged
from chipcard_sim.faults.fault import Fault
from chipcard_sim.faults.table import FAULTS
from chipcard_sim.iso7816.transport import Transport, TransportLost
from chipcard_sim.terminal.errors import (
    ChallengeRefused,
    PinBlocked,
    TerminalError,
    UnusableAccessKey,
    UnusablePin,
    WrongAccessKey,
    WrongPin,
)
from chipcard_sim.terminal.piv import PivClient
from chipcard_sim.transport import pcsc

FAILED = 1

CardArgument = Annotated[
    str, typer.Argument(help="A document number in the folder of cards, or the path of a card.")
]
CardOrReaderArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="CARD", help="A document number, or a path; left out where --reader is given."
    ),
]
ReaderOption = Annotated[
    str | None,
    typer.Option(
        metavar="pcsc[:NAME]",
        help="Use the card in a PC/SC reader of this machine, plastic or not; of this NAME, "
        "where there is more than one.",
    ),
]
CardsOption = Annotated[
    Path | None,
    typer.Option(
        "--cards", help="The folder of cards; else .demo/cards where there is one, else cards."
    ),
]
FaultOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Be wrong in one way: a row of `chipcard-sim fault list`."),
]
PinOption = Annotated[str | None, typer.Option(help="Asked for when not given.")]
NewPinOption = Annotated[str | None, typer.Option(help="Asked for when not given.")]
_DAMAGED = (
    "the file is damaged; nothing was overwritten. Put back a copy, or make the card anew (in the "
    "demo: `make demo FRESH=1`)."
)
_WAY_OUT = {
    "PIN": "`chipcard-sim pin unblock` gives it a new value, with the PUK.",
    "PUK": "The card cannot be unblocked any more; it needs to be made anew.",
}


def folder_of(cards: Path | None) -> Path:
    """The folder that was named, or where the cards of this place lie."""
    demo = Path(".demo/cards")
    return cards or (demo if demo.is_dir() else Path("cards"))


def place_of(card: str, cards: Path | None) -> Path:
    """The file of a card that was named by its number or its path; fails where there is none."""
    is_path = "/" in card or card.endswith(".card")
    place = Path(card) if is_path else folder_of(cards) / f"{card}.card"
    if not place.is_file():
        fail(f"There is no card {place}. `chipcard-sim list --cards DIR` shows what is there.")
    return place


@contextmanager
def inserted(
    card: str | None, cards: Path | None, reader: str | None = None, shown: str = "PIN"
) -> Iterator[Transport]:
    """Lend a card: a simulated one of a folder, or the one in a PC/SC reader.

    What it refuses is told with what to do next, and exit code 1.
    """
    if card is not None and reader is not None:
        raise typer.BadParameter("a card is named, and --reader too: give one of the two")
    if card is None and reader is None:
        raise typer.BadParameter("name a card, or --reader pcsc")
    with told(shown):
        if reader is not None:
            with pcsc.card_in(reader_name(reader) or _only_reader()) as held:
                yield held
        else:
            with powered(place_of(str(card), cards)) as held:
                yield held


@contextmanager
def told(shown: str = "PIN") -> Iterator[None]:
    """Tell what a card refuses, with what to do next. `shown` is the secret that it asked for."""
    try:
        yield
    except WrongPin as error:
        fail(f"The {shown} is wrong. Tries left: {error.tries_left}.")
    except PinBlocked:
        fail(f"The {shown} is blocked. {_WAY_OUT[shown]}")
    except UnusablePin as error:
        fail(f"No PIN or PUK looks like that: {error}. No try was spent.")
    except UnusableAccessKey as error:
        fail(f"No card access number looks like that: {error}. Nothing was sent.")
    except WrongAccessKey as error:
        fail(f"The card did not open: {error}. The six digits are printed on its front.")
    except ChallengeRefused as error:
        fail(f"The challenge was not signed: {error}. Copy all of it from the sign-in page.")
    except (TerminalError, MemoryDamaged) as error:
        fail(_unfit(error))
    except TransportLost as error:
        fail(f"There is no card any more: {error}. Put it into the reader and try again.")
    except pcsc.ReaderUnfit as error:
        fail(str(error))


def _unfit(error: TerminalError | MemoryDamaged) -> str:
    if isinstance(error, MemoryDamaged):
        return f"{error}: {_DAMAGED}"
    return f"The card refused: {error}. `chipcard-sim list` shows whether it is finished."


@contextmanager
def piv(
    card: str | None, cards: Path | None, reader: str | None, shown: str = "PIN"
) -> Iterator[PivClient]:
    """Lend a card whose PIV application is selected; fails as `inserted`."""
    with inserted(card, cards, reader, shown) as held:
        client = PivClient(held)
        client.select()
        yield client


def reader_name(reader: str) -> str | None:
    """The name in `pcsc:NAME`, or None in `pcsc`."""
    kind, _, name = reader.partition(":")
    if kind != "pcsc":
        raise typer.BadParameter("--reader is written pcsc, or pcsc:NAME")
    return name or None


def _only_reader() -> str:
    """The one reader that holds a card."""
    found = pcsc.find_cards()
    if len(found) > 1:
        fail("There are cards in " + ", ".join(found) + ": name one, as --reader pcsc:NAME.")
    if not found:
        seen = ", ".join(pcsc.find_readers()) or "none"
        fail(f"There is no card in any reader. Readers: {seen}.")
    return found[0]


def fault_of(name: str | None) -> Fault | None:
    """The fault that was named, or None where none was; fails where there is none of that name."""
    if name is None:
        return None
    if name not in FAULTS:
        near = get_close_matches(name, FAULTS, n=1)
        advice = f" Did you mean {near[0]}?" if near else ""
        fail(f"There is no fault {name}.{advice} `chipcard-sim fault list` shows all.")
    return FAULTS[name]


def secret(given: str | None, name: str, option: str, *, is_new: bool = False) -> str:
    """Return a secret from the command line, or ask for it without showing it.

    Where nobody can be asked the program ends, and names the option.
    """
    if given is not None:
        return given
    if not has_terminal():
        fail(f"The {name} is asked for in a terminal, and here is none: give it as {option}.")
    label = name[:1].upper() + name[1:]
    return str(typer.prompt(label, hide_input=True, confirmation_prompt=is_new, err=True))


def has_terminal() -> bool:
    """Whether somebody sits there who can type without it being shown."""
    return sys.stdin.isatty()


def fail(reason: str) -> NoReturn:
    """End the program with exit code 1 and this sentence, which says what to do next."""
    typer.echo(reason, err=True)
    raise typer.Exit(FAILED)
