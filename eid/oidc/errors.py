"""One table: our refusals and Authlib's, as OAuth error codes. Descriptions are ASCII, English."""

from typing import Final

from authlib.oauth2 import OAuth2Error

from eid.errors import Conflict, Unavailable

OK: Final = 200
BAD_REQUEST: Final = 400
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
NOT_ALLOWED: Final = 405
SERVER_ERROR: Final = 500
UNAVAILABLE: Final = 503


class Denied(Exception):
    """A request that is answered with an OAuth error; it never leaves this room.

    `description` keeps to %x20-21 / %x23-5B / %x5D-7E (RFC 6749, 4.1.2.1 and 5.2; CF-15) and
    never repeats what was sent.
    """

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


def denied(error: OAuth2Error) -> Denied:
    """Authlib's error in our words."""
    return Denied(str(error.error), printable(error.description or ""))


def of_failure(error: BaseException) -> Denied:
    """What the world is told when we failed. The log tells more, under the trace."""
    if isinstance(error, Conflict | Unavailable):
        return Denied("temporarily_unavailable", "The service is busy; try again.")
    return Denied("server_error", "The service failed; the trace is in its log.")


def printable(text: str) -> str:
    """Only the characters that an error description may have."""
    return "".join(c for c in text if " " <= c <= "~" and c not in '"\\')
