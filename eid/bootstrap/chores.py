"""Work that time demands, done beside the requests for as long as the process lives."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from eid.errors import EidError
from keys.errors import RotationConflict

log = logging.getLogger("eid.service")

Chore = asyncio.Task[None]


def keep_doing(name: str, seconds: float, work: Callable[[], Awaitable[None]]) -> Chore:
    """Do it again and again; what fails is tried at the next turn."""
    return asyncio.create_task(_every(name, seconds, work))


async def stop_all(chores: Sequence[Chore]) -> None:
    """End them, and wait until they have ended."""
    for chore in chores:
        chore.cancel()
    for chore in chores:
        with suppress(asyncio.CancelledError):
            await chore


async def _every(name: str, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except (EidError, RotationConflict, OSError) as problem:
            log.warning("chore %s put off: %s", name, problem)
        except Exception:
            log.exception("chore %s failed", name)
        await asyncio.sleep(seconds)
