"""Two name spaces that look alike and are not: birth places in numbers, and today's units.

The 63 place codes of Circular 07/2016/TT-BCA stay in existing numbers for ever. The 34 provincial
units of 2025 have codes of their own (Decision 19/2025/QD-TTg): unit 15 is Lào Cai, place 015 was
Yên Bái. Never pad one into the other, and never read a residence out of a birth place.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

_LAST_PROVINCE = "096"


@dataclass(frozen=True, slots=True)
class Place:
    """A place of birth registration; `unit` is the unit that its land belongs to since 2025."""

    code: str
    name: str
    latin: str
    unit: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A provincial unit since 1 July 2025."""

    code: str
    name: str
    latin: str
    kind: str


@cache
def places() -> Mapping[str, Place]:
    """The 63 places, by the three digits that a number begins with."""
    return {code: Place(code, **row) for code, row in _read()["places"].items()}


@cache
def units() -> Mapping[str, Unit]:
    """The 34 units, by their two digits."""
    return {code: Unit(code, **row) for code, row in _read()["units"].items()}


def is_assigned(place: str) -> bool:
    """Whether the code belongs to a province or city of the old 63."""
    return place in places()


def is_beyond_provinces(place: str) -> bool:
    """Whether the code may stand for a birth abroad: that list is not public, so none is named."""
    return place > _LAST_PROVINCE


def _read() -> dict[str, dict[str, dict[str, str]]]:
    file = resources.files("eid.vietnam") / "place_codes.json"
    read: dict[str, dict[str, dict[str, str]]] = json.loads(file.read_text("utf-8"))
    return read
