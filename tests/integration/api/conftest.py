"""One house is made for the session; every test gets a copy with a door of its own."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from integration.api.front_door import FrontDoor, copy_house, make_house, open_door
from integration.api.visitor import Visitor


@pytest.fixture(scope="session")
def made_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    make_house(folder)
    return folder


@contextmanager
def opened(made_house: Path, folder: Path) -> Iterator[FrontDoor]:
    copy_house(made_house, folder)
    with asyncio.Runner() as runner:
        door = open_door(folder, runner)
        yield door
        door.http.close()
        door.run(door.services.close())


@pytest.fixture
def door(made_house: Path, tmp_path: Path) -> Iterator[FrontDoor]:
    """The front door of a fresh demo."""
    with opened(made_house, tmp_path) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def shared_door(made_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    """One front door for a module whose tests are refused, look, or bring people of their own."""
    with opened(made_house, tmp_path_factory.mktemp("shared")) as shared:
        yield shared


@pytest.fixture
def visitor(door: FrontDoor) -> Visitor:
    return door.visitor()
