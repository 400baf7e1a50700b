"""What every answer of a card is written in: JSON without doubled members, base64 in one spelling.

Both shapes of answer raise `BadCardAnswer` for everything else (CV-06).
"""

import base64
import binascii
import json

from eid.errors import BadCardAnswer


def json_object(body: bytes) -> dict[str, object]:
    """Read one JSON object; raises `BadCardAnswer`."""
    try:
        read = json.loads(body.decode("utf-8"), object_pairs_hook=_object)
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise BadCardAnswer("not JSON") from None
    if not isinstance(read, dict):
        raise BadCardAnswer("not a JSON object")
    return read


def base64_octets(text: str) -> bytes:
    """Decode the one base64 spelling of some bytes (RFC 4648 sections 3.3 and 3.5), not empty."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadCardAnswer("not base64") from None
    if not raw or base64.b64encode(raw).decode("ascii") != text:
        raise BadCardAnswer("not the canonical base64 of anything")
    return raw


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):  # RFC 8259 section 4: names SHOULD be unique; here they must
        raise BadCardAnswer("a member stands twice")
    return members
