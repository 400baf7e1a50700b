"""Where the demo world listens: five ports of the loopback, the usual ones or chosen ones."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields


class WorldError(Exception):
    """Something a person has to mend; the message says what and how."""


@dataclass(frozen=True)
class Ports:
    """Where everything listens. Loopback only."""

    provider: int = 8000
    portal: int = 8101
    tax: int = 8102
    library: int = 8103
    bridge: int = 8200

    def __str__(self) -> str:
        """As `EID_DEMO_PORTS` has them."""
        return ",".join(str(getattr(self, part.name)) for part in fields(self))

    @classmethod
    def free(cls) -> "Ports":
        """Five ports that nobody uses now."""
        with held_ports(len(fields(cls))) as ports:
            return cls(*ports)

    @classmethod
    def others(cls) -> "Ports":
        """Five that nobody uses now and that are easy to remember, where there are such."""
        for base in range(9000, 30000, 1000):
            ports = cls(base, base + 101, base + 102, base + 103, base + 200)
            if not any(is_taken(getattr(ports, part.name)) for part in fields(ports)):
                return ports
        return cls.free()


ORDER = ",".join(part.name for part in fields(Ports))


@contextmanager
def held_ports(count: int) -> Iterator[list[int]]:
    """So many free ports, nobody else's until the block ends."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        yield [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def is_taken(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def read_ports(text: str) -> Ports:
    """The ports of `EID_DEMO_PORTS` (see `ORDER`); the usual ones if it is empty."""
    if not text:
        return Ports()
    words = [word.strip() for word in text.split(",")]
    numbers = {int(word) for word in words if word.isascii() and word.isdigit()}
    if not len(words) == len(numbers) == len(fields(Ports)) or not numbers <= set(range(1, 65536)):
        raise WorldError(f"EID_DEMO_PORTS wants five different ports: {ORDER}")
    return Ports(*map(int, words))
