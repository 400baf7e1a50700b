"""What `keys` asks from outside, kept in memory: registers and blobs."""

from collections.abc import Sequence

from keys.errors import RotationConflict
from keys.jwks.states import SigningKey


class MemoryKeyRegister:
    """A key register with its version check."""

    def __init__(self) -> None:
        self.version = 0
        self.keys: tuple[SigningKey, ...] = ()

    async def load(self) -> tuple[int, tuple[SigningKey, ...]]:
        return self.version, self.keys

    async def save(self, version: int, keys: tuple[SigningKey, ...]) -> None:
        if version != self.version:
            raise RotationConflict("somebody else rotated")
        self.version, self.keys = version + 1, keys


class MemoryBlobs:
    """A blob store that counts how often it is read."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.reads = 0

    async def put(self, name: str, blob: bytes) -> None:
        self.blobs[name] = blob

    async def get(self, name: str) -> bytes | None:
        self.reads += 1
        return self.blobs.get(name)

    async def delete(self, name: str) -> None:
        self.blobs.pop(name, None)

    async def list(self) -> Sequence[str]:
        return tuple(self.blobs)
