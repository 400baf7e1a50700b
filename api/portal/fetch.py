"""Ask the provider for JSON, with bounds on time and size."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from .errors import ProviderAway
from .strict_json import read_object

LARGEST_REPLY = 256 * 1024  # bytes; a discovery document or key set is a few kB
PATIENCE = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Reply:
    """A JSON answer of the provider."""

    status: int
    body: dict[str, Any]


def open_http(
    transport: httpx2.AsyncBaseTransport | None, ca_file: Path | None = None
) -> httpx2.AsyncClient:
    """The HTTP client: no redirects, no proxies out of the environment, no cookies kept for others.

    Args:
        transport: Another way to reach the provider than the network; for tests.
        ca_file: Whom alone to trust for TLS; the machine's authorities where it is None.
    """
    trusted = ssl.create_default_context(cafile=ca_file) if ca_file else True
    return httpx2.AsyncClient(
        transport=transport,
        verify=trusted,
        timeout=PATIENCE,
        follow_redirects=False,
        trust_env=False,
    )


async def fetch(http: httpx2.AsyncClient, request: httpx2.Request) -> Reply:
    """Send a request and read the JSON object that answers it.

    Raises:
        ProviderAway: no answer, too long an answer, or something else than a JSON object.
    """
    where = f"{request.method} {request.url.path}"
    try:
        response = await http.send(request, stream=True)
        try:
            raw = await _read_bounded(response, where)
        finally:
            await response.aclose()
    except httpx2.HTTPError as error:
        raise ProviderAway("provider_away", f"{where}: {type(error).__name__}") from error
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise ProviderAway("provider_away", f"{where}: {response.status_code}, no JSON")
    try:
        return Reply(response.status_code, read_object(raw))
    except ValueError as error:
        raise ProviderAway("provider_away", f"{where}: {error}") from error


async def _read_bounded(response: httpx2.Response, where: str) -> bytes:
    raw = bytearray()
    async for chunk in response.aiter_bytes():
        raw += chunk
        if len(raw) > LARGEST_REPLY:
            raise ProviderAway("provider_away", f"{where}: the answer is too long")
    return bytes(raw)
