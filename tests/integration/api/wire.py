"""HTTP without a socket: each request goes straight into the application."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import httpx2
from starlette.types import ASGIApp


def raw(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    """Headers as they travel: not everything that comes is ASCII."""
    return {name.encode(): value.encode("latin-1", "replace") for name, value in headers.items()}


class _Body(httpx2.AsyncByteStream):
    """A body in the chunks in which it was given."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


class Wire(httpx2.BaseTransport):
    """A synchronous transport into an ASGI application. What the application raises, it raises."""

    def __init__(self, app: ASGIApp, runner: asyncio.Runner) -> None:
        self._transport = httpx2.ASGITransport(app=app)
        self._runner = runner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Ask, and read the answer to its end."""
        return self._runner.run(self._ask(request, _chunks(request)))

    async def _ask(self, request: httpx2.Request, chunks: list[bytes]) -> httpx2.Response:
        asked = httpx2.Request(
            request.method, request.url, headers=request.headers, stream=_Body(chunks)
        )
        answer = await self._transport.handle_async_request(asked)
        body = await answer.aread()
        return httpx2.Response(answer.status_code, headers=answer.headers, content=body)


def _chunks(request: httpx2.Request) -> list[bytes]:
    assert isinstance(request.stream, httpx2.SyncByteStream)
    return list(request.stream)
