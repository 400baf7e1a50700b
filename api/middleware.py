"""What happens to every request: a case number, headers on every answer, a limit on bodies.

Plain ASGI: a framework's middleware class costs three times a whole route.
"""

import logging
import secrets
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.pages.render import policy

log = logging.getLogger("eid.requests")

MAX_BODY = 64 * 1024
MAX_TARGET = 8 * 1024
TRACE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is misheard on the telephone

SECURITY_HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def new_trace() -> str:
    """A case number: ten letters a person can read out."""
    return "".join(secrets.choice(TRACE_ALPHABET) for _ in range(10))


class TooLargeError(Exception):
    """The body grew over the limit while it was being read."""


class FrontDoor:
    """Gives each request its case number, limits it, and dresses each answer (HD-01, HD-02)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace = new_trace()
        scope.setdefault("state", {})["trace"] = trace
        started = False

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Request-ID"] = trace
            await send(message)

        if _too_large(scope):
            await _refuse(dressed, 413)
            return
        try:
            await self._app(scope, _limited(receive), dressed)
        except TooLargeError:
            if not started:
                await _refuse(dressed, 413)
        except Exception:
            log.exception("trace=%s unexpected", trace)
            if not started:
                await _refuse(dressed, 500)


def _too_large(scope: Scope) -> bool:
    """Size limits come before any parsing (AZ-24, HD-06)."""
    target = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    length = next((v for k, v in scope["headers"] if k == b"content-length"), b"0")
    return target > MAX_TARGET or not length.isdigit() or int(length) > MAX_BODY


def _limited(receive: Receive) -> Receive:
    """Bodies without a declared length meet the same limit."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            raise TooLargeError
        return message

    return counted


async def _refuse(send: Send, status: int) -> None:
    """An answer that needs nothing of the application."""
    code = {413: "too_large", 500: "server_error"}[status]
    body = f'{{"error":"{code}"}}'.encode()
    headers: list[Any] = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
