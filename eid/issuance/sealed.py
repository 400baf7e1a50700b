"""What a notice carries, sealed while it waits: the address and the values of its template."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from eid.domain.identifiers import NoticeId
from keys.sealing import Sealer

_CONTEXT = b"notice/"


@dataclass(frozen=True, slots=True)
class Content:
    """Where a notice goes, and what its template is filled with."""

    to: str
    values: Mapping[str, str]


def seal(sealer: Sealer, notice: NoticeId, content: Content) -> bytes:
    """Seal a content for its notice: in another notice's row it does not open."""
    text = json.dumps({"to": content.to, "values": dict(content.values)}, ensure_ascii=False)
    return sealer.seal(text.encode(), _CONTEXT + notice)


def unseal(sealer: Sealer, notice: NoticeId, sealed: bytes) -> Content:
    """Open a content.

    Raises:
        SealBroken: it was altered, moved to another notice, or sealed with another key.
    """
    read = json.loads(sealer.open(sealed, _CONTEXT + notice))
    return Content(read["to"], read["values"])
