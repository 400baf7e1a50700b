"""What survives power-off: one file per card, written whole or not at all.

The file stands for the silicon: it holds the private keys. It is readable by its owner only,
and whoever has it has the card.
"""

import fcntl
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

KIND = "chipcard-sim.card:1"
OWNER_ONLY = 0o600
# Whatever reading a file that is no card's can end in.
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError)


class MemoryDamaged(Exception):
    """The file at `path` is not a card's memory, or not whole. It is left as it is."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} {reason}")
        self.path = path


@dataclass(frozen=True, slots=True)
class StoredReference:
    """A PIN or PUK as the chip keeps it: salted, hashed, counted."""

    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    tries_left: int
    tries_allowed: int


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key pair as the chip keeps it. `algorithm` is the number of NIST SP 800-78-5, table 6-2."""

    algorithm: int
    private: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CardState:
    """Everything that survives power-off.

    Attributes:
        references: PIN and PUK, by the number of the reference.
        keys: key pairs and the management key, by slot.
        objects: PIV data objects, by tag.
        files: elementary files of the passport application, by file identifier.
        passwords: what opens the passport application, by PACE's numbers (1 MRZ, 2 CAN).
    """

    serial: bytes
    is_locked: bool = False
    references: Mapping[int, StoredReference] = field(default_factory=dict)
    keys: Mapping[int, StoredKey] = field(default_factory=dict)
    objects: Mapping[int, bytes] = field(default_factory=dict)
    files: Mapping[int, bytes] = field(default_factory=dict)
    passwords: Mapping[int, bytes] = field(default_factory=dict, repr=False)


class Memory:
    """The card's file. Reading needs no lock: a file is only ever replaced by a whole new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[bytes, CardState] | None = None

    @classmethod
    def create(cls, path: Path, state: CardState) -> "Memory":
        """Start a card's file.

        Raises:
            FileExistsError: there is one already; a card is never overwritten.
        """
        memory = cls(path)
        with memory._alone():
            if path.exists():
                raise FileExistsError(path)
            memory._write(state)
        return memory

    def read(self) -> CardState:
        """What the card holds now; the same bytes are made sense of once.

        Raises:
            MemoryDamaged: the file is missing or not a card's memory.
        """
        try:
            found = self._path.read_bytes()
            if self._known is None or self._known[0] != found:
                self._known = (found, _read(found))
            return self._known[1]
        except OSError as error:
            raise MemoryDamaged(self._path, "cannot be opened") from error
        except _UNREADABLE as error:
            raise MemoryDamaged(self._path, "is not the whole memory of a card") from error

    def update(self, change: Callable[[CardState], CardState]) -> CardState:
        """Read, change and write, alone among all processes; what was written is on the disk.

        When `change` raises, nothing is written. `change` must not call `update` itself.
        """
        with self._alone():
            state = change(self.read())
            self._write(state)
        return state

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock. It stands beside the file, for the file itself is replaced."""
        lock = os.open(self._beside("lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, OWNER_ONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _write(self, state: CardState) -> None:
        new = self._beside("new")
        new.unlink(missing_ok=True)  # left by a process that was killed while it held the lock
        target = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, OWNER_ONLY)
        with os.fdopen(target, "wb") as file:
            file.write(_build(state))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)  # the new name, too, must survive power-off
        finally:
            os.close(folder)

    def _beside(self, ending: str) -> Path:
        return self._path.with_name(f"{self._path.name}.{ending}")


def _build(state: CardState) -> bytes:
    """The file's bytes. Their last member is the checksum of all that stands before it."""
    body = json.dumps(_json_from(state), indent=1).removesuffix("\n}").encode()
    return body + b',\n "checksum": "%s"\n}' % sha256(body).hexdigest().encode()


def _read(raw: bytes) -> CardState:
    found = json.loads(raw)
    if "checksum" in found:  # the first cards have none
        body, _, _ = raw.rpartition(b',\n "checksum"')
        if found["checksum"] != sha256(body).hexdigest():
            raise ValueError("checksum")
    return _state_from(found)


def _json_from(state: CardState) -> dict[str, Any]:
    return {
        "kind": KIND,
        "serial": _text(state.serial),
        "locked": state.is_locked,
        "references": {
            f"{number:02X}": {
                "salt": _text(each.salt),
                "digest": _text(each.digest),
                "triesLeft": each.tries_left,
                "triesAllowed": each.tries_allowed,
            }
            for number, each in state.references.items()
        },
        "keys": {
            f"{slot:02X}": {"algorithm": each.algorithm, "private": _text(each.private)}
            for slot, each in state.keys.items()
        },
        "objects": {f"{tag:X}": _text(content) for tag, content in state.objects.items()},
        "files": {f"{name:04X}": _text(content) for name, content in state.files.items()},
        "passwords": {str(number): _text(each) for number, each in state.passwords.items()},
    }


def _state_from(found: dict[str, Any]) -> CardState:
    if found["kind"] != KIND:
        raise ValueError(found["kind"])
    return CardState(
        serial=_bytes(found["serial"]),
        is_locked=found["locked"] is not False,  # anything unclear keeps the factory's door shut
        references={
            int(number, 16): StoredReference(
                _bytes(each["salt"]),
                _bytes(each["digest"]),
                int(each["triesLeft"]),
                int(each["triesAllowed"]),
            )
            for number, each in found["references"].items()
        },
        keys={
            int(slot, 16): StoredKey(int(each["algorithm"]), _bytes(each["private"]))
            for slot, each in found["keys"].items()
        },
        objects={int(tag, 16): _bytes(content) for tag, content in found["objects"].items()},
        files={int(name, 16): _bytes(content) for name, content in found.get("files", {}).items()},
        passwords={
            int(number): _bytes(each) for number, each in found.get("passwords", {}).items()
        },
    )


def _text(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")


def _bytes(text: str) -> bytes:
    return b64decode(text, validate=True)
