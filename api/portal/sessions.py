"""What the agency remembers of a browser: on its own side, bounded, and for a short while."""

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from .client import SignedIn
from .settings import PortalSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Session:
    """A citizen signed in to this agency in one browser."""

    signed_in: SignedIn
    csrf: str


class Shelf(Generic[T]):
    """Things kept in memory under unguessable names.

    The least recently used one goes when the shelf is full. Only a hash of each name is kept, so
    that a look into the memory opens no session. An agency with several processes puts a shared
    store in its place.

    Args:
        room: How many things fit.
        lifetime: How long each is kept.
    """

    def __init__(self, room: int, lifetime: timedelta) -> None:
        self.lifetime = lifetime
        self._room = room
        self._things: OrderedDict[bytes, tuple[datetime, T]] = OrderedDict()

    def put(self, thing: T, now: datetime) -> str:
        """Keep a thing and return its new name, 256 random bits."""
        name = secrets.token_urlsafe(32)
        self._things[_hashed(name)] = now + self.lifetime, thing
        if len(self._things) > self._room:
            self._things.popitem(last=False)
        return name

    def find(self, name: str, now: datetime) -> T | None:
        """The thing of that name, unless it is unknown or too old."""
        kept = self._things.get(_hashed(name))
        if kept is None or kept[0] <= now:
            return None
        self._things.move_to_end(_hashed(name))
        return kept[1]

    def take(self, name: str, now: datetime) -> T | None:
        """The thing of that name, for the last time."""
        kept = self._things.pop(_hashed(name), None)
        return kept[1] if kept is not None and kept[0] > now else None


class Cookies:
    """The agency's cookies: HttpOnly, Lax, host-only; behind the `__Host-` wall where there is TLS.

    Lax and not Strict: the callback is a navigation that another site began.
    """

    def __init__(self, settings: PortalSettings) -> None:
        self._secure = settings.is_secure
        self._prefix = f"{'__Host-' if self._secure else ''}{settings.cookie_name}-"

    def read(self, request: Request, name: str) -> str:
        """The cookie's value, or an empty text."""
        return request.cookies.get(self._prefix + name, "")

    def write(self, response: Response, name: str, value: str, lifetime: timedelta) -> None:
        """Set a cookie for as long as what it names is kept."""
        response.set_cookie(
            self._prefix + name,
            value,
            max_age=int(lifetime.total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def clear(self, response: Response, name: str) -> None:
        """Take a cookie back."""
        response.delete_cookie(
            self._prefix + name, path="/", secure=self._secure, httponly=True, samesite="lax"
        )


def _hashed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
