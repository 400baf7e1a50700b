"""Strict reading of one JSON object: every refusal says which member is wrong and why."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

MOST_BYTES = 262144  # a pack: four certificates, and the files of a passport with a portrait
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


class DocumentMalformed(ValueError):
    """A bureau document cannot be read. `member` is a path such as `keys[0].slot`."""

    def __init__(self, member: str, reason: str) -> None:
        super().__init__(f"{member}: {reason}")
        self.member = member
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Members:
    """A JSON object being read, and the path that leads to it ("" for the document itself).

    Members that nobody asks for are ignored, so that an issuer may add one (RFC 7493, 4.2).
    """

    path: str
    held: Mapping[str, object]

    def text(self, name: str, pattern: str = r".{1,200}") -> str:
        """Return a string that matches the pattern from end to end."""
        held = self._get(name)
        if not isinstance(held, str):
            raise self._wrong(name, "must be a text")
        if re.fullmatch(pattern, held) is None or not _is_encodable(held):
            raise self._wrong(name, f"must match {pattern}")
        return held

    def text_or_none(self, name: str, pattern: str) -> str | None:
        """Return such a string, or None where the member is absent."""
        return self.text(name, pattern) if name in self.held else None

    def day(self, name: str) -> date:
        """Return a calendar date written YYYY-MM-DD."""
        written = self.text(name, _DATE)
        try:
            return date.fromisoformat(written)
        except ValueError as error:
            raise self._wrong(name, "is no day of the calendar") from error

    def day_or_none(self, name: str) -> date | None:
        """Return a calendar date, or None where the member is null."""
        return None if self._get(name) is None else self.day(name)

    def octets(self, name: str, size: int | None = None) -> bytes:
        """Return the bytes behind a base64 text (RFC 4648, 4): not empty, or exactly so many."""
        written = self.text(name, r"[A-Za-z0-9+/]+={0,2}")
        try:
            octets = base64.b64decode(written, validate=True)
        except binascii.Error as error:
            raise self._wrong(name, "is not base64") from error
        if size is not None and len(octets) != size:
            raise self._wrong(name, f"must have {size} bytes")
        return octets

    def octets_or_none(self, name: str) -> bytes | None:
        """Return such bytes, or None where the member is absent."""
        return self.octets(name) if name in self.held else None

    def members(self, name: str) -> "Members":
        """Return an object inside this one."""
        return _as_members(self._at(name), self._get(name))

    def each(self, name: str) -> "tuple[Members, ...]":
        """Return the objects of a list that may not be empty."""
        held = self._list(name)
        return tuple(_as_members(f"{self._at(name)}[{i}]", item) for i, item in enumerate(held))

    def each_if_any(self, name: str) -> "tuple[Members, ...]":
        """Return the objects of a list, or none of them where the member is absent."""
        return self.each(name) if name in self.held else ()

    def texts(self, name: str, pattern: str, count: int) -> tuple[str, ...]:
        """Return a list of exactly `count` strings that match the pattern."""
        held = self._list(name)
        if len(held) != count:
            raise self._wrong(name, f"must have {count} items")
        lines = Members(self.path, {f"{name}[{i}]": item for i, item in enumerate(held)})
        return tuple(lines.text(key, pattern) for key in lines.held)

    def _list(self, name: str) -> list[object]:
        held = self._get(name)
        if not isinstance(held, list) or not held:
            raise self._wrong(name, "must be a list with something in it")
        return held

    def _get(self, name: str) -> object:
        if name not in self.held:
            raise self._wrong(name, "is missing")
        return self.held[name]

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _wrong(self, name: str, reason: str) -> DocumentMalformed:
        return DocumentMalformed(self._at(name), reason)


def read_members(text: str | bytes, kind: str) -> Members:
    """Read one JSON object of the given kind.

    Raises:
        DocumentMalformed: too long, no JSON, a member twice (RFC 7493, 2.3), or another kind.
    """
    if len(text) > MOST_BYTES:
        raise DocumentMalformed("document", f"is longer than {MOST_BYTES} bytes")
    try:
        read = json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_constant)
    except DocumentMalformed:
        raise
    except (ValueError, RecursionError) as error:
        raise DocumentMalformed("document", "is not JSON") from error
    document = _as_members("", read)
    if document.text("kind") != kind:
        raise DocumentMalformed("kind", f"must be {kind}")
    return document


def _as_members(path: str, held: object) -> Members:
    if not isinstance(held, dict):
        raise DocumentMalformed(path or "document", "must be an object")
    return Members(path, held)


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    held = dict(pairs)
    if len(held) != len(pairs):
        raise DocumentMalformed("document", "names a member twice")
    return held


def _no_constant(name: str) -> object:
    raise DocumentMalformed("document", f"holds {name}, which is not JSON")


def _is_encodable(text: str) -> bool:
    """Say whether the text is Unicode: JSON can spell a lone surrogate, UTF-8 cannot."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
