"""The PC/SC daemon with vsmartcard's virtual reader, for tests, and cards put into its slots.

A machine has one such daemon. Whoever uses it holds a lock, so that test processes take turns.
"""

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir
from threading import Thread
from typing import NoReturn

import pytest

from chipcard_sim.commands.daemon import DaemonUnfit, daemon
from chipcard_sim.iso7816.transport import TransportLost
from chipcard_sim.transport import pcsc, vpcd

HERE = "127.0.0.1"
LOCK = Path(gettempdir()) / "eid-pcscd.lock"
SEEN_WITHIN = 5.0  # seconds
PAUSE = 0.01


def need(*programs: str) -> None:
    """Skip where a program is missing; where a build must prove it, that is a failure."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        give_up(f"not installed: {', '.join(missing)}")


def give_up(reason: str) -> NoReturn:
    if os.getenv("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def the_only_user() -> Iterator[None]:
    """Wait until nobody else on this machine uses the daemon; who waits is told so."""
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write(f"Waiting for another user of pcscd: {LOCK} is held.\n")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def running_daemon() -> Iterator[None]:
    """Have pcscd; when the block ends nothing of it is left."""
    with the_only_user(), ExitStack() as stack:
        try:
            stack.enter_context(daemon(lambda _: None))
        except DaemonUnfit as problem:
            give_up(str(problem))
        wait_for(lambda: len(pcsc.find_readers()) >= vpcd.SLOTS, "the virtual reader")
        yield


def reader_of(slot: int) -> str:
    return f"Virtual PCD 00 {slot:02X}"


@contextmanager
def in_slot(card: vpcd.InsertedCard, slot: int = 0) -> Iterator[vpcd.VirtualSlot]:
    """Have a card in the reader, where PC/SC sees it; afterwards PC/SC has seen it go."""
    name = reader_of(slot)
    with vpcd.inserted(card, HERE, vpcd.FIRST_PORT + slot) as place:
        place.await_reader()
        server = Thread(target=_serve, args=(place,))
        server.start()
        try:
            wait_for(lambda: name in pcsc.find_cards(), f"a card in {name}")
            yield place
        finally:
            place.pull()
            server.join()
    wait_for(lambda: name not in pcsc.find_cards(), f"an empty {name}")


def _serve(place: vpcd.VirtualSlot) -> None:
    with suppress(TransportLost):  # a card that goes away by itself ends its thread only
        place.serve()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + SEEN_WITHIN
    while not condition():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(PAUSE)
