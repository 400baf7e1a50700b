"""A fresh database for every test that asks for one, on each of the two engines."""

import asyncio
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_server import Cluster

from eid.store import upgrade

TEMPLATE = "upgraded"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema; tests get copies, which is quicker than upgrading each."""
    path = tmp_path_factory.mktemp("store") / "template.sqlite3"
    asyncio.run(upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Cluster) -> str:
    """A PostgreSQL database with the schema; tests get copies."""
    asyncio.run(upgrade(postgres.create(TEMPLATE)))
    return TEMPLATE


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh SQLite database."""
    path = tmp_path / "eid.sqlite3"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_database(postgres: Cluster, postgres_template: str) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database."""
    name = f"test_{next(_numbers)}"
    yield postgres.create(name, postgres_template)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database with the schema."""
    url: str = request.getfixturevalue(f"{request.param}_database")
    return url
