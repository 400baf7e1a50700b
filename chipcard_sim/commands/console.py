"""What the commands share: where cards lie, the card in the reader, secrets, and how one fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from chipcard_sim.bridge.drawer import powered
from chipcard_sim.chip.card import Card
from chipcard_sim.chip.memory import MemoryDamaged
from chipcard_sim.terminal.errors import (
    ChallengeRefused,
    PinBlocked,
    TerminalError,
    UnusablePin,
    WrongPin,
)
from chipcard_sim.terminal.piv import PivClient

FAILED = 1

CardArgument = Annotated[
    str, typer.Argument(help="A document number in the folder of cards, or the path of a card.")
]
CardsOption = Annotated[
    Path | None,
    typer.Option(
        "--cards", help="The folder of cards; else .demo/cards where there is one, else cards."
    ),
]
PinOption = Annotated[str | None, typer.Option(help="Asked for when not given.")]
NewPinOption = Annotated[str | None, typer.Option(help="Asked for when not given.")]
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
def inserted(card: str, cards: Path | None, shown: str = "PIN") -> Iterator[Card]:
    """Put a card into the reader; what it refuses is told with what to do next, and exit code 1."""
    try:
        with powered(place_of(card, cards)) as held:
            yield held
    except WrongPin as error:
        fail(f"The {shown} is wrong. Tries left: {error.tries_left}.")
    except PinBlocked:
        fail(f"The {shown} is blocked. {_WAY_OUT[shown]}")
    except UnusablePin as error:
        fail(f"No PIN or PUK looks like that: {error}. No try was spent.")
    except ChallengeRefused as error:
        fail(f"The challenge was not signed: {error}. Copy all of it from the sign-in page.")
    except (TerminalError, MemoryDamaged) as error:
        fail(f"The card refused: {error}. `chipcard-sim list` shows whether it is finished.")


@contextmanager
def piv(card: str, cards: Path | None, shown: str = "PIN") -> Iterator[PivClient]:
    """Put a card into the reader and turn to its PIV application; fails as `inserted`."""
    with inserted(card, cards, shown) as held:
        client = PivClient(held)
        client.select()
        yield client


def secret(given: str | None, name: str, *, is_new: bool = False) -> str:
    """Return a secret from the command line, or ask for it without showing it."""
    if given is not None:
        return given
    return str(typer.prompt(name, hide_input=True, confirmation_prompt=is_new, err=True))


def fail(reason: str) -> NoReturn:
    """End the program with exit code 1 and this sentence, which says what to do next."""
    typer.echo(reason, err=True)
    raise typer.Exit(FAILED)
