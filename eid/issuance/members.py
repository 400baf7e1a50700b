"""Strict reading of one JSON object: every refusal names the member, never its value."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

from eid.errors import BadDocument

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_TEXT = r"[^\x00-\x1f\x7f\ud800-\udfff]{1,200}"


def bad_member(member: str, why: str) -> BadDocument:
    """The error for a member that is missing, unasked for, or not of its shape.

    `member` is a path, such as `keys[0].slot`.
    """
    return BadDocument(f"{member}: {why}")


def reason_of(error: BadDocument) -> str:
    """A reason code for a report: the error's code, and which member it was about."""
    return f"{error.code}:{error.detail.partition(':')[0]}"


@dataclass(frozen=True, slots=True)
class Members:
    """A JSON object being read, and the path that leads to it ("" for the document itself)."""

    path: str
    held: Mapping[str, Any]

    def require_only(self, names: frozenset[str]) -> None:
        """Refuse members that nobody asked for: a slip of the pen must not pass for a wish.

        The unknown name itself is not repeated: it came from outside.
        """
        if not self.held.keys() <= names:
            raise bad_member(self.path or "document", "has a member that is not known")

    def text(self, name: str, pattern: str = _TEXT) -> str:
        """A string that matches the pattern from end to end."""
        held = self._get(name)
        if not isinstance(held, str) or re.fullmatch(pattern, held) is None:
            self.refuse(name, "is not a text of its shape")
        return held

    def optional_text(self, name: str, pattern: str = _TEXT) -> str | None:
        """The same, or None where the member is missing or null."""
        return None if self.held.get(name) is None else self.text(name, pattern)

    def texts(self, name: str, count: int) -> tuple[str, ...]:
        """A list of exactly so many strings."""
        held = self._get(name)
        if not isinstance(held, list) or len(held) != count:
            self.refuse(name, f"is not a list of {count}")
        rows = Members(self._at(name), {str(place): row for place, row in enumerate(held)})
        return tuple(rows.text(place) for place in rows.held)

    def day(self, name: str) -> date:
        """A calendar date written YYYY-MM-DD."""
        try:
            return date.fromisoformat(self.text(name, _DAY.pattern))
        except ValueError:
            self.refuse(name, "is no day of the calendar")

    def optional_day(self, name: str) -> date | None:
        """The same, or None where the member is missing or null."""
        return None if self.held.get(name) is None else self.day(name)

    def truth(self, name: str) -> bool:
        """A JSON boolean: neither 1 nor "true"."""
        held = self._get(name)
        if not isinstance(held, bool):
            self.refuse(name, "is not true or false")
        return held

    def number_or_none(self, name: str, allowed: frozenset[int]) -> int | None:
        """One of the allowed whole numbers, or None where the member is null."""
        held = self._get(name)
        if held is not None and (type(held) is not int or held not in allowed):
            self.refuse(name, "is not one of the numbers it may be")
        return held

    def octets(self, name: str) -> bytes:
        """The bytes behind a base64 text (RFC 4648, 4), in its one canonical spelling."""
        held = self._get(name)
        if not isinstance(held, str) or _BASE64.fullmatch(held) is None:
            self.refuse(name, "is not base64")
        try:
            octets = base64.b64decode(held, validate=True)
        except binascii.Error:
            self.refuse(name, "is not base64")
        if base64.b64encode(octets).decode() != held:
            self.refuse(name, "is not base64")
        return octets

    def members(self, name: str) -> "Members":
        """An object inside this one."""
        return as_members(self._at(name), self._get(name))

    def each(self, name: str, most: int) -> "tuple[Members, ...]":
        """The objects of a list of at least one and at most so many."""
        held = self._get(name)
        if not isinstance(held, list) or not 1 <= len(held) <= most:
            self.refuse(name, f"is not a list of 1 to {most}")
        return tuple(as_members(f"{self._at(name)}[{i}]", item) for i, item in enumerate(held))

    def refuse(self, name: str, why: str) -> NoReturn:
        """Refuse the document for one member."""
        raise bad_member(self._at(name), why)

    def _get(self, name: str) -> Any:
        if name not in self.held:
            self.refuse(name, "is missing")
        return self.held[name]

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def read_members(text: str | bytes) -> Members:
    """Read one JSON object.

    Raises:
        BadDocument: it is no JSON object, or names a member twice (RFC 7493, 2.3).
    """
    try:
        held = json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_constant)
    except BadDocument:
        raise
    except (ValueError, RecursionError) as error:
        raise bad_member("document", "is not JSON") from error
    return as_members("", held)


def as_members(path: str, held: object) -> Members:
    """Take a value for an object, or refuse it."""
    if not isinstance(held, dict):
        raise bad_member(path or "document", "is not an object")
    return Members(path, held)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    if len(held) != len(pairs):
        raise bad_member("document", "names a member twice")
    return held


def _no_constant(name: str) -> NoReturn:
    raise bad_member("document", f"holds {name}, which is not JSON")
