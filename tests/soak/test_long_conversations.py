"""Long conversations in which one side does not behave (CV-42): no answer of 6F00, no endless talk.

Those with cards go on with the same card for as long as it lasts, as in a terminal's day.
"""

import random  # noqa: TID251 - seeded on purpose: a failure can be played again
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context

import pytest
from soak import talks
from soak.scratch import own_scratch, scratch
from soak.test_million_inputs import WORKERS
from unit.chipcard_sim.cards import blank_card, piv_card
from unit.chipcard_sim.passports import passport_card
from unit.chipcard_sim.piv_cards import manage, whole_card

from chipcard_sim.chip.card import Card

pytestmark = pytest.mark.soak

Talk = Callable[[random.Random], int]
SLOWEST = 2.0  # seconds of processor time for one conversation; PACE alone takes a twentieth


@cache
def the_passport() -> Card:
    return passport_card(own_scratch() / "passport")


def with_holder(dice: random.Random) -> int:
    card = piv_card(own_scratch() / "holder")
    return sum(talks.talk_in_the_open(card, dice) for _ in range(10))


def with_administrator(dice: random.Random) -> int:
    card = whole_card(own_scratch() / "administrator")
    talks.tell(card, talks.RAW[0])
    manage(card)
    return sum(talks.talk_in_the_open(card, dice) for _ in range(10))


def at_the_factory(dice: random.Random) -> int:
    path = own_scratch() / "blank"
    path.unlink(missing_ok=True)
    card = blank_card(path)
    talks.tell(card, talks.FACTORY[0])
    return talks.talk_in_the_open(card, dice, talks.FACTORY)


def with_closed_passport(dice: random.Random) -> int:
    the_passport().reset()
    return sum(talks.talk_in_the_open(the_passport(), dice) for _ in range(10))


def with_open_passport(how: str, dice: random.Random) -> int:
    return talks.talk_under_protection(the_passport(), dice, how)


CONVERSATIONS: dict[str, tuple[Talk, int]] = {
    "card with its holder": (with_holder, 250),
    "card with its administrator": (with_administrator, 200),
    "blank card at the factory": (at_the_factory, 800),
    "passport, closed": (with_closed_passport, 500),
    "passport, opened by BAC": (partial(with_open_passport, "bac"), 5000),
    "passport, opened by PACE": (partial(with_open_passport, "pace"), 1000),
    **{
        f"a liar: {what}": (partial(talks.listen_to_liar, what), 5000)
        for what in ("makes", *talks.PIV_TALKS)
    },
    **{
        f"a forger: {what}": (partial(talks.listen_to_forger, what), 500)
        for what in talks.PASSPORT_TALKS
    },
}


def work(name: str, worker: int) -> tuple[int, float]:
    """How many commands were exchanged, and the longest conversation."""
    talk, count = CONVERSATIONS[name]
    exchanged, slowest = 0, 0.0
    for number in range(worker, count, WORKERS):
        begin = time.thread_time()
        exchanged += talk(random.Random(f"{name} {number}"))
        slowest = max(slowest, time.thread_time() - begin)
    return exchanged, slowest


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_long_conversation__CV_42__CV_44(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    scratch()  # made, and one day removed, by this process and not by a fork of it
    begin = time.perf_counter()
    with ProcessPoolExecutor(WORKERS, get_context("fork")) as pool:
        told = list(pool.map(work, [name] * WORKERS, range(WORKERS)))
    exchanged, slowest = sum(each for each, _ in told), max(longest for _, longest in told)
    with capsys.disabled():
        figures = f"{CONVERSATIONS[name][1]:6} conversations, {exchanged:7} commands"
        seconds = time.perf_counter() - begin
        print(f"\n{name:34}{figures}, {seconds:5.1f} s", end="")  # noqa: T201 - figures
    assert slowest < SLOWEST
