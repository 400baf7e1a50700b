"""The short form of the long test: every door for bytes from outside, spoilt and hostile bytes."""

import random  # noqa: TID251 - seeded on purpose: a failure can be played again
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soak.doors import DOORS
from soak.mutation import shaken

SLOWEST = 0.1  # seconds of processor time for one input (CV-40)
DEEP = 1000
HOSTILE = {
    "nothing": b"",
    "zeros": bytes(70_000),
    "ones": b"\xff" * 70_000,
    "a DER tower": b"\x30\x80" * DEEP,
    "a DER tower with lengths": b"".join(
        b"\x30\x82" + (4 * left).to_bytes(2, "big") for left in range(DEEP, 0, -1)
    ),
    "a JSON tower": b"[" * 40_000,
    "a JSON tower of objects": b'{"a":' * 1500,
    "a length of two gigabytes": b"\x30\x84\x7f\xff\xff\xff" + bytes(100),
    "an object identifier of huge arcs": b"\x06\x82\x10\x00" + b"\xff" * 4095 + b"\x7f",
    "a huge number": b"9" * 10_000,
    "a lone surrogate": b'{"kind":"\\ud800","format":"\\ud800"}',
    "all that is not a number": b'{"kind":NaN,"format":-Infinity,"a":1e999}',
    "percents": b"%" * 5000,
}


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_door_reads_or_refuses_what_was_spoilt__CV_41__CV_44(name: str, seed: int) -> None:
    DOORS[name].try_with(shaken(random.Random(seed), DOORS[name].seeds))


@pytest.mark.parametrize("name", DOORS)
def test_a_door_refuses_what_is_hostile_at_once__CV_40(name: str) -> None:
    door = DOORS[name]
    assert any(map(door.try_with, door.seeds)), "no seed is good"
    for hostile in HOSTILE.values():
        begin = thread_time()
        door.try_with(hostile)
        assert thread_time() - begin < SLOWEST, hostile[:20]
