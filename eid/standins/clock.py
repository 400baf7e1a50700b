"""Clocks: the machine's, and one for the demo that can be moved ahead."""

import fcntl
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from eid.errors import Malformed

FARTHEST: Final = 10 * 365 * 86400  # seconds


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Say what time it is, aware UTC."""
        return datetime.now(UTC)  # noqa: TID251 - here is where time comes from


class OffsetClock:
    """The machine's time plus whole seconds from a small file, which every process reads.

    A missing file means no offset. Time goes forward only: what was signed, spent or dated by the
    moved clock would otherwise lie in the future.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._machine = SystemClock()

    def now(self) -> datetime:
        """Say what time it is in the demo world, aware UTC."""
        return self._machine.now() + timedelta(seconds=self.ahead())

    def ahead(self) -> int:
        """How many seconds the demo world is ahead."""
        try:
            return int(self._path.read_text("ascii"))
        except FileNotFoundError:
            return 0

    def advance(self, seconds: int) -> None:
        """Go forward, for every process at once.

        Raises:
            Malformed: asked to stand still or to go back.
        """
        if seconds <= 0:
            raise Malformed("the clock goes forward only")
        if self.ahead() + seconds > FARTHEST:
            raise Malformed("the clock goes ten years ahead at most: begin the demo anew")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            unfinished = self._path.with_suffix(f".{os.getpid()}")
            unfinished.write_text(f"{self.ahead() + seconds}\n", "ascii")
            unfinished.replace(self._path)
