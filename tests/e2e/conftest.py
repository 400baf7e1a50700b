"""One running world for all end-to-end tests; each test takes people of its own."""

from collections.abc import Iterator

import pytest
from browser import Browser
from journey import Journey
from world import Ports, World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"), Ports.free())
    made.make(show=False)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def journey(world: World) -> Journey:
    walker = Journey(world)
    walker.prepare()
    return walker


@pytest.fixture
def browser() -> Iterator[Browser]:
    """One person's browser, closed afterwards."""
    opened = Browser()
    yield opened
    opened.close()
