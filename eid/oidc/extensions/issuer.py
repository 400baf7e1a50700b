"""The authorization response: a 303 that names its issuer (RFC 9207) and leaks nothing."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlencode

from eid.oidc.messages import EngineReply

SEE_OTHER: Final = 303  # never 302 or 307: a POST must not be sent on (RFC 9700, 4.12; AZ-16)


def redirect(location: str) -> EngineReply:
    """Send the browser there; no store keeps it, no Referer tells of it."""
    headers = (
        ("Location", location),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
    )
    return EngineReply(SEE_OTHER, headers, b"")


def answer(redirect_uri: str, parameters: Iterable[tuple[str, str]], issuer: str) -> EngineReply:
    """Answer a client through the browser. `iss` stands in errors too (RFC 9207, 2; AZ-09)."""
    return redirect(with_query(redirect_uri, [*parameters, ("iss", issuer)]))


def with_query(uri: str, parameters: Iterable[tuple[str, str]]) -> str:
    """Add to the query that a registered URI may have (RFC 6749, 3.1.2: it MUST be retained)."""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(list(parameters))}"
