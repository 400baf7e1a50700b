"""JSON that somebody else wrote: small, flat enough, no member twice (AZ-19, TJ-03)."""

import json
import math
from typing import Any, NoReturn


def read_object(text: str, longest: int, deepest: int) -> dict[str, Any]:
    """Read one JSON object. Raises ValueError for anything else, before it can hurt."""
    if len(text) > longest or _depth(text) > deepest:
        raise ValueError("too large or too deep")
    found = json.loads(
        text, object_pairs_hook=_members, parse_constant=_refuse, parse_float=_finite
    )
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one error for all that is unreadable
    return found


def _depth(text: str) -> int:
    """How deep brackets nest at most; those inside strings count too, which only errs strictly."""
    depth = deepest = 0
    for character in text:
        if character in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "}]":
            depth -= 1
    return deepest


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member twice")
    return members


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return value


def _refuse(_: str) -> NoReturn:
    raise ValueError("not a JSON number")
