"""The bridge's outer wall: the same headers on every answer, and one name to be called by."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chipcard_sim.bridge.refusals import Refused

# No Cross-Origin-Opener-Policy here: any value but unsafe-none cuts window.opener, and with it
# the only way back to the page that asked (HTML, 7.1.3, cross-origin opener policies).
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """An ASGI application in front of another one. `address` is the bridge's own origin."""

    app: ASGIApp
    address: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if it calls the bridge by its own name; guard the answer."""

        async def guarded_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            answerer = self.app if self._is_called_by_name(scope) else _refuse_host
            await answerer(scope, receive, guarded_send)

    def _is_called_by_name(self, scope: Scope) -> bool:
        """Say whether the one Host header is ours: a rebound DNS name would be another."""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        return hosts == [urlsplit(self.address).netloc.encode("ascii")]


async def _refuse_host(scope: Scope, receive: Receive, send: Send) -> None:
    refused = Refused("host_wrong")
    await JSONResponse(refused.as_json(), refused.status)(scope, receive, send)
