"""Where the demo world listens: four ports of the loopback, the usual ones or chosen ones."""

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
    bridge: int = 8200

    def __str__(self) -> str:
        """As `EID_DEMO_PORTS` has them."""
        return f"{self.provider},{self.portal},{self.tax},{self.bridge}"

    @classmethod
    def free(cls) -> "Ports":
        """Four ports that nobody uses now."""
        with held_ports(4) as ports:
            return cls(*ports)

    @classmethod
    def others(cls) -> "Ports":
        """Four that nobody uses now and that are easy to remember, where there are such."""
        for base in range(9000, 30000, 1000):
            ports = cls(base, base + 101, base + 102, base + 200)
            if not any(is_taken(getattr(ports, part.name)) for part in fields(ports)):
                return ports
        return cls.free()


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
    """The ports of `EID_DEMO_PORTS` (provider,portal,tax,bridge); the usual ones if it is empty."""
    if not text:
        return Ports()
    words = [word.strip() for word in text.split(",")]
    numbers = {int(word) for word in words if word.isascii() and word.isdigit()}
    parts = len(fields(Ports))
    if len(words) != parts or len(numbers) != parts or not numbers <= set(range(1, 65536)):
        raise WorldError("EID_DEMO_PORTS wants four different ports: provider,portal,tax,bridge")
    return Ports(*map(int, words))
