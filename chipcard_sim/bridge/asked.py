"""Reading what the window asks: who may send it, how long it may be, which texts it must hold."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from chipcard_sim.bridge.refusals import Refused

MOST_BYTES = 8192  # as Web eID's native messages
# Web eID's application refuses a challenge of fewer than 44 characters; 128 is ample for any.
_NONCE = re.compile(r"[\x21-\x7e]{44,128}")
_PIN = re.compile(r"[0-9]{6,8}")  # SP 800-73-4, part 2, 2.4.3
_PUK = re.compile(r"[0-9]{8}")
_CAN = re.compile(r"[0-9]{6}")  # ICAO 9303-11, 4.4.1: the card access number


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """The members of a request, all texts. It has no repr: a PIN shall not reach a log."""

    held: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a member that must be there."""
        if name not in self.held:
            raise Refused("malformed")
        return self.held[name]

    def pin(self, name: str) -> str:
        """Return a PIN of the right shape: a misshapen one would only cost a try."""
        return self._shaped(name, _PIN, "pin_shape")

    def puk(self, name: str) -> str:
        """Return a PUK of the right shape."""
        return self._shaped(name, _PUK, "puk_shape")

    def can(self) -> str:
        """Return a card access number of the right shape."""
        return self._shaped("can", _CAN, "can_shape")

    def nonce(self) -> str:
        """Return the challenge's text, which the card signs as text."""
        return self._shaped("nonce", _NONCE, "nonce_wrong")

    def _shaped(self, name: str, shape: re.Pattern[str], code: str) -> str:
        text = self.text(name)
        if shape.fullmatch(text) is None:
            raise Refused(code)
        return text


async def read_asked(request: Request, address: str) -> Asked:
    """Read a request of the bridge's own window.

    A browser sets Origin itself and a page cannot forge it (Fetch, 3.2); and another site's page
    cannot send JSON without a preflight, which nobody answers here.

    Raises:
        Refused: origin_wrong, content_type_wrong, too_large, malformed.
    """
    if request.headers.getlist("origin") != [address]:
        raise Refused("origin_wrong")
    media_type = request.headers.get("content-type", "").partition(";")[0]
    if media_type.strip().lower() != "application/json":
        raise Refused("content_type_wrong")
    return _read_texts(await _read_body(request))


async def _read_body(request: Request) -> bytes:
    """Read the body, and stop as soon as it is too long: Content-Length may lie or be absent."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise Refused("too_large")
    return body


def _read_texts(body: bytes) -> Asked:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        # The parser's own error quotes the body, and the body holds a PIN.
        raise Refused("malformed") from None
    if not isinstance(read, dict) or not all(isinstance(value, str) for value in read.values()):
        raise Refused("malformed")
    return Asked(read)
