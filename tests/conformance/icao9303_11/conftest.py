from pathlib import Path

import pytest
from unit.chipcard_sim.passports import PassportReader, opened, passport_card

from chipcard_sim.chip.card import Card


@pytest.fixture
def card(tmp_path: Path) -> Card:
    return passport_card(tmp_path / "chip")


@pytest.fixture
def reader(card: Card) -> PassportReader:
    """In front of a closed card, nothing selected."""
    return PassportReader(card)


@pytest.fixture(params=["bac", "pace"])
def inside(card: Card, request: pytest.FixtureRequest) -> PassportReader:
    """A reader that has opened the card, either way, and stands in the application."""
    return opened(card, request.param)
