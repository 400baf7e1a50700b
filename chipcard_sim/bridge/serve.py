"""Running the bridge as a program."""

import errno
import socket
from contextlib import suppress
from types import FrameType

import uvicorn

from chipcard_sim.bridge.app import create_bridge
from chipcard_sim.bridge.drawer import CardSource
from chipcard_sim.bridge.journal import Journal
from chipcard_sim.bridge.settings import BridgeSettings


class BridgeServer(uvicorn.Server):
    """A server that ends the streams before it waits for answers to end: they never would."""

    def __init__(self, config: uvicorn.Config, journal: Journal) -> None:
        super().__init__(config)
        self._journal = journal

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        self._journal.close()
        super().handle_exit(sig, frame)


class CannotListen(Exception):
    """The place to listen at is taken, or is none of this machine's; the message says which."""


def serve(cards: CardSource, settings: BridgeSettings, host: str, port: int) -> None:
    """Serve until the program is stopped; raises `CannotListen`."""
    journal = Journal()
    config = uvicorn.Config(
        create_bridge(cards, settings, journal),
        log_level="info",
        server_header=False,
        proxy_headers=False,  # nobody stands between the bridge and its browser
    )
    with _listen(host, port) as listening, suppress(KeyboardInterrupt):
        BridgeServer(config, journal).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(f"port {port} is in use") from error
        raise CannotListen(f"{host}:{port}: {error.strerror}") from error
