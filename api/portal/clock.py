"""The time as this agency sees it. In the demo world time can be moved ahead."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]


def shifted_clock(offset_file: Path | None) -> Clock:
    """A clock that runs ahead of the machine's by the seconds written in a file.

    Args:
        offset_file: Text file with one whole number; read again at each use, so that whoever moves
            the time moves it for every process. A missing file means no offset.
    """

    def now() -> datetime:
        return datetime.fromtimestamp(time.time(), UTC) + _offset(offset_file)

    return now


def _offset(offset_file: Path | None) -> timedelta:
    if offset_file is None:
        return timedelta()
    try:
        return timedelta(seconds=int(offset_file.read_text(encoding="ascii")))
    except FileNotFoundError:
        return timedelta()
