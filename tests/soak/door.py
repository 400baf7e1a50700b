"""One way in for bytes from outside: how it is opened, what it may raise, what to spoil."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Door:
    """`make_seeds` gives good documents; `share` is how many of a thousand inputs come here."""

    name: str
    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    make_seeds: Callable[[], tuple[bytes, ...]]
    share: int = 10

    @cached_property
    def seeds(self) -> tuple[bytes, ...]:
        return self.make_seeds()

    def try_with(self, data: bytes) -> bool:
        """Whether the data were read; False: refused as documented. Nothing else may happen."""
        try:
            self.read(data)
        except self.refusals:
            return False
        except Exception as error:
            error.add_note(f"{self.name} was given {data[:4000].hex()}")
            raise
        return True
