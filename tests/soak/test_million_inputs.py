"""A million spoilt inputs through every door for bytes from outside (CV-44).

Only the documented refusals may come out, no single input may take a second of the processor, and
memory may not grow. Each door's inputs are divided among the processors.
"""

import os
import random  # noqa: TID251 - seeded on purpose: a failure can be played again
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import pytest
from soak.doors import DOORS
from soak.mutation import shaken

pytestmark = pytest.mark.soak

INPUTS = 1_000_000
WORKERS = os.cpu_count() or 1
SLOWEST = 1.0  # seconds of processor time for one input
GROWTH = 100 * 1024  # KiB that a process may grow by at one door


@dataclass(frozen=True)
class Shift:
    """What one process saw at one door."""

    inputs: int
    read: int
    slowest: float
    growth: int


def inputs_of(name: str) -> int:
    """So many come to this door: at least as many as its share, the same for each process."""
    whole = sum(door.share for door in DOORS.values())
    return -(-INPUTS * DOORS[name].share // (whole * WORKERS)) * WORKERS


def memory() -> int:
    """The process's largest resident size so far, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def work(name: str, worker: int) -> Shift:
    door, dice = DOORS[name], random.Random(f"{name} {worker}")
    inputs, read, slowest = inputs_of(name) // WORKERS, 0, 0.0
    door.try_with(door.seeds[0])  # whatever is made once is made now
    before = memory()
    for _ in range(inputs):
        data = shaken(dice, door.seeds)
        begin = time.thread_time()
        read += door.try_with(data)
        slowest = max(slowest, time.thread_time() - begin)
    return Shift(inputs, read, slowest, memory() - before)


def test_together_they_are_a_million() -> None:
    assert sum(map(inputs_of, DOORS)) >= INPUTS


@pytest.mark.parametrize("name", DOORS)
def test_a_door_refuses_and_never_breaks__CV_40__CV_41__CV_44(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert any(map(DOORS[name].try_with, DOORS[name].seeds)), "no seed is good"
    begin = time.perf_counter()
    with ProcessPoolExecutor(WORKERS, get_context("fork")) as pool:
        shifts = list(pool.map(work, [name] * WORKERS, range(WORKERS)))
    inputs, read = sum(one.inputs for one in shifts), sum(one.read for one in shifts)
    slowest = max(one.slowest for one in shifts)
    with capsys.disabled():
        seconds = time.perf_counter() - begin
        told = f"{inputs:7} inputs, {read / inputs:4.0%} read, {seconds:5.1f} s"
        print(f"\n{name:38}{told}, slowest {slowest * 1000:4.0f} ms", end="")  # noqa: T201 - figures
    assert slowest < SLOWEST
    assert max(one.growth for one in shifts) < GROWTH
    assert read < inputs * 0.95, "accidents hardly hurt: the seeds or the door are too soft"
