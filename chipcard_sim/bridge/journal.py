"""The journal: the last things that passed between reader and cards, for whoever looks on.

It is bounded on every side: so many entries, and of each answer so many bytes. Secrets were blanked
before anything came here.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from threading import Lock

from chipcard_sim.transport.trace import Exchange

MOST_ENTRIES = 600
MOST_SHOWN = 512  # hexadecimal digits of one command or answer


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `kind` is `opened`, `exchange` or `closed`."""

    number: int
    kind: str
    members: Mapping[str, object]


class Journal:
    """Written by the threads that talk with cards, read by those who follow."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MOST_ENTRIES)
        self._numbers = count(1)
        self._lock = Lock()
        self.is_closed = False

    def write(self, kind: str, members: Mapping[str, object]) -> None:
        """Add an entry; the oldest falls out when there is no room."""
        with self._lock:
            self._entries.append(Entry(next(self._numbers), kind, members))

    def after(self, number: int) -> tuple[Entry, ...]:
        """Return what was written after an entry.

        A number that was never given is one of an earlier run: then everything is new.
        """
        with self._lock:
            entries = tuple(self._entries)
        newest = entries[-1].number if entries else 0
        return tuple(each for each in entries if each.number > number or number > newest)

    def close(self) -> None:
        """Let everybody who follows go home."""
        self.is_closed = True


def shortened(exchange: Exchange) -> Exchange:
    """Return an exchange of which no part is long."""
    return replace(
        exchange, command=_shortened(exchange.command), answer=_shortened(exchange.answer)
    )


def _shortened(text: str) -> str:
    if len(text) <= MOST_SHOWN:
        return text
    return f"{text[:MOST_SHOWN]}… +{(len(text) - MOST_SHOWN) // 2}]"
