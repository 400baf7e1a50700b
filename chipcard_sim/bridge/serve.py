"""Running the bridge as a program."""

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


def serve(cards: CardSource, settings: BridgeSettings, host: str, port: int) -> None:
    """Serve until the program is stopped."""
    journal = Journal()
    config = uvicorn.Config(
        create_bridge(cards, settings, journal),
        host=host,
        port=port,
        log_level="info",
        server_header=False,
        proxy_headers=False,  # nobody stands between the bridge and its browser
    )
    with suppress(KeyboardInterrupt):
        BridgeServer(config, journal).run()
