"""The three invented cards and the two ICAO specimens, byte for byte."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from eid.domain.holder import PersonName, Sex
from eid.domain.identifiers import PersonalNumber
from eid.emrtd import mrz
from eid.vietnam import mrz_profile

VECTORS = json.loads(Path(__file__).with_name("mrz.json").read_text("utf-8"))


def digit(text: str) -> str:
    """The check digit by another road: int(..., 36) and no table."""
    values = [0 if letter == "<" else int(letter, 36) for letter in text]
    return str(sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10)


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@pytest.mark.parametrize("card", VECTORS["cards"])
def test_a_card_prints_these_lines(card: dict[str, Any]) -> None:
    name = PersonName(card["latin"].title(), card["latin"])
    lines = mrz_profile.build_mrz(
        PersonalNumber(card["number"]),
        name,
        date.fromisoformat(card["born"]),
        Sex(card["sex"]),
        day(card["valid_until"]),
    )
    assert lines == tuple(card["lines"])


@pytest.mark.parametrize("card", VECTORS["cards"])
def test_these_lines_say_this_card(card: dict[str, Any]) -> None:
    read = mrz_profile.read_mrz(tuple(card["lines"]))
    assert (read.number, read.latin_name, read.sex) == (card["number"], card["latin"], card["sex"])
    assert (read.born, read.valid_until) == (day(card["born"]), day(card["valid_until"]))


@pytest.mark.parametrize("zone", [*VECTORS["cards"], *VECTORS["utopia"]])
def test_check_digits_by_another_road__icao9303_3_4_9(zone: dict[str, Any]) -> None:
    upper, middle, _ = zone["lines"]
    assert digit(middle[:6]) == middle[6]
    assert digit(middle[8:14]) == middle[14]
    assert digit(upper[5:30] + middle[:7] + middle[8:15] + middle[18:29]) == middle[29]


@pytest.mark.parametrize("zone", VECTORS["utopia"])
def test_the_specimens_read_and_write_the_same__icao9303_5_4_2(zone: dict[str, Any]) -> None:
    read = mrz.parse(tuple(zone["lines"]))
    assert read.number == zone["number"]
    assert mrz.build(read) == tuple(zone["lines"])
