"""Which redirect URIs a client may register (RFC 9700, 2.1; AZ-01, CA-10)."""

import re
from typing import Final
from urllib.parse import urlsplit

from eid.errors import BadDocument

LONGEST: Final = 512
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# What a registered URI may be written with. No %, so that it has one spelling; no wildcard.
HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?|::1")
PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~\-]*)*")
QUERY: Final = re.compile(r"(?:[A-Za-z0-9._~\-]+=[A-Za-z0-9._~\-]*&?)*")


def require_redirect_uri(uri: str) -> None:
    """Return if people may be sent there: https, or http on loopback. Raises `BadDocument`."""
    if not uri.isascii() or len(uri) > LONGEST or any(c <= " " or c == "\\" for c in uri):
        raise BadDocument("redirect URI: too long, or characters that no URI has")
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise BadDocument("redirect URI: not a URI") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise BadDocument("redirect URI: https is wanted, or http on loopback")
    if not uri.startswith(f"{parts.scheme}://"):
        raise BadDocument("redirect URI: the scheme in small letters")
    if host is None or not HOST.fullmatch(host) or parts.netloc != parts.netloc.lower():
        raise BadDocument("redirect URI: not a plain host in small letters")
    if parts.netloc.endswith(":"):
        raise BadDocument("redirect URI: a port, or no colon")
    if "@" in parts.netloc or "#" in uri:
        raise BadDocument("redirect URI: no user, no fragment (RFC 6749, 3.1.2)")
    if not PATH.fullmatch(parts.path) or not QUERY.fullmatch(parts.query):
        raise BadDocument("redirect URI: a plain path and query, without % or *")
    if any(segment in {".", ".."} for segment in parts.path.split("/")):
        raise BadDocument("redirect URI: no dot segments")


def origin(uri: str) -> str:
    """Scheme, host and port of a URI, as a person may compare it."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"
