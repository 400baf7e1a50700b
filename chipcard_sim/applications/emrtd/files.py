"""The files of the passport application and who may read them (ICAO 9303-10, 3.6 and 4.2)."""

from dataclasses import dataclass
from enum import Enum, auto

from chipcard_sim.applications.emrtd.commands import SHORT_IDENTIFIER
from chipcard_sim.chip.memory import Memory
from chipcard_sim.iso7816.status import CardError, StatusWord

CARD_ACCESS = 0x011C
COMMON = 0x011E
SECURITY_OBJECT = 0x011D
DATA_GROUP_1 = 0x0101
DATA_GROUPS = range(DATA_GROUP_1, 0x0111)
FIRST_IDENTIFIER = 0x0100  # ICAO 9303-10, table 38: 01 and the short identifier


class Directory(Enum):
    """Where a reader stands."""

    MASTER = auto()
    PASSPORT = auto()


# What has a name, whether the card holds it or not: asking without access tells no more.
NAMES: dict[Directory, frozenset[int]] = {
    Directory.MASTER: frozenset({CARD_ACCESS}),
    Directory.PASSPORT: frozenset({COMMON, SECURITY_OBJECT, *DATA_GROUPS}),
}


@dataclass(frozen=True, slots=True)
class Selected:
    """The current file, as it was when it was selected: a picture is read in a hundred pieces."""

    identifier: int
    content: bytes


class Files:
    """Which directory and which file are current. Volatile."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.directory = Directory.MASTER
        self._current: Selected | None = None

    def enter(self, directory: Directory) -> None:
        """Stand in a directory, at no file."""
        self.directory = directory
        self._current = None

    def select(self, identifier: int, *, is_open: bool) -> bytes:
        """Make a file current; its content. `is_open`: whether access was granted.

        Raises:
            CardError: NOT_FOUND, or SECURITY_STATUS_NOT_SATISFIED; the current file stays.
        """
        if identifier not in NAMES[self.directory]:
            raise CardError(StatusWord.NOT_FOUND)
        _demand(identifier, is_open=is_open)
        content = self._memory.read().files.get(identifier)
        if content is None:
            raise CardError(StatusWord.NOT_FOUND)
        self._current = Selected(identifier, content)
        return content

    def read(self, identifier: int | None, offset: int, *, is_open: bool) -> bytes:
        """A file's content from the offset on; a file named here becomes the current one.

        Raises:
            CardError: as `select`, NO_CURRENT_FILE, or PAST_THE_END.
        """
        if identifier is not None:
            self.select(_whole(identifier), is_open=is_open)
        if self._current is None:
            raise CardError(StatusWord.NO_CURRENT_FILE)
        _demand(self._current.identifier, is_open=is_open)
        if offset >= len(self._current.content):
            raise CardError(StatusWord.PAST_THE_END)
        return self._current.content[offset:]


def _demand(identifier: int, *, is_open: bool) -> None:
    """ICAO 9303-11, 4.2: all but EF.CardAccess is for who has opened the chip."""
    if identifier != CARD_ACCESS and not is_open:
        raise CardError(StatusWord.SECURITY_STATUS_NOT_SATISFIED)


def _whole(identifier: int) -> int:
    """A file identifier, from a short one too."""
    return identifier | FIRST_IDENTIFIER if identifier < SHORT_IDENTIFIER else identifier
