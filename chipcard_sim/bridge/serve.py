"""Running the bridge as a program."""

import uvicorn

from chipcard_sim.bridge.app import create_bridge
from chipcard_sim.bridge.drawer import Drawer
from chipcard_sim.bridge.settings import BridgeSettings


def serve(drawer: Drawer, settings: BridgeSettings, host: str, port: int) -> None:
    """Serve until the program is stopped."""
    uvicorn.run(
        create_bridge(drawer, settings),
        host=host,
        port=port,
        log_level="info",
        server_header=False,
        proxy_headers=False,  # nobody stands between the bridge and its browser
    )
