"""What happens to every request: a case number, headers on every answer, a limit on bodies.

Plain ASGI: a framework's middleware class costs three times a whole route.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.pages.render import policy

log = logging.getLogger("eid.requests")

MAX_BODY = 64 * 1024
BODY_SECONDS = 20.0
TOO_SLOW = 408
MAX_LENGTH_DIGITS = 9
MAX_TARGET = 8 * 1024
TRACE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is misheard on the telephone

SECURITY_HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",  # unless an answer says better (HD-03)
}

ErrorPage = Callable[[Request, str, int], Response]


def new_trace() -> str:
    """A case number: ten letters a person can read out."""
    return "".join(secrets.choice(TRACE_ALPHABET) for _ in range(10))


class TooLargeError(Exception):
    """The body grew over the limit while it was being read."""


class TooSlowError(Exception):
    """The body did not come to its end in time."""


class FrontDoor:
    """Gives each request its case number, limits it, and dresses each answer (HD-01, HD-02).

    `page` makes the answer to what no route can answer: too large, or our fault.
    """

    def __init__(self, app: ASGIApp, page: ErrorPage) -> None:
        self._app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace = new_trace()
        scope.setdefault("state", {})["trace"] = trace
        answer = _Answer(send, trace)
        if _too_large(scope):
            await self._refuse(scope, answer, "too_large", 413)
            return
        try:
            await self._app(scope, _limited(receive), answer.dressed)
        except TooLargeError:
            await self._refuse(scope, answer, "too_large", 413)
        except TooSlowError:
            await self._refuse(scope, answer, "too_slow", TOO_SLOW)
        except ClientDisconnect:
            log.info("trace=%s the client went away", trace)
        except Exception:
            log.exception("trace=%s unexpected", trace)
            await self._refuse(scope, answer, "server_error", 500)

    async def _refuse(self, scope: Scope, answer: "_Answer", code: str, status: int) -> None:
        if answer.started:
            return
        # A query that was too large to be looked at is not looked at for the page either.
        bare = {**scope, "query_string": b""}
        try:
            response = self._page(Request(bare), code, status)
        except Exception:
            log.exception("trace=%s no page for %s", scope["state"]["trace"], code)
            response = JSONResponse({"error": code}, status_code=status)
        if status == TOO_SLOW:  # what may still come is no request (RFC 9110, 15.5.9)
            response.headers["Connection"] = "close"
        await response(bare, _nothing, answer.dressed)


class _Answer:
    """What goes back: every start of it gets our headers."""

    def __init__(self, send: Send, trace: str) -> None:
        self._send = send
        self._trace = trace
        self.started = False

    async def dressed(self, message: Message) -> None:
        """Send a message on."""
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers["X-Request-ID"] = self._trace
        await self._send(message)


def _too_large(scope: Scope) -> bool:
    """Size limits come before any parsing (AZ-24, HD-06)."""
    target = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    length = next((v for k, v in scope["headers"] if k == b"content-length"), b"0")
    if not length.isdigit() or len(length) > MAX_LENGTH_DIGITS:
        return True
    return target > MAX_TARGET or int(length) > MAX_BODY


def _limited(receive: Receive) -> Receive:
    """Bodies without a declared length meet the same limit, and slow ones end (HD-06)."""
    seen, whole = 0, False
    until = asyncio.get_running_loop().time() + BODY_SECONDS

    async def counted() -> Message:
        nonlocal seen, whole
        if whole:  # what may still come is the client's going away
            return await receive()
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            raise TooSlowError from None
        seen += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if seen > MAX_BODY:
            raise TooLargeError
        return message

    return counted


async def _nothing() -> Message:
    """What is left to receive for an answer that asks for nothing."""
    return {"type": "http.disconnect"}
