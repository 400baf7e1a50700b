"""A fresh database for every test that asks for one, on each of the two engines."""

import asyncio
import shutil
from pathlib import Path

import asyncpg
import pytest
from postgres_server import Cluster

from eid.store import upgrade
from eid.store.tables import SCHEMA


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema; tests get copies, which is quicker than upgrading each."""
    path = tmp_path_factory.mktemp("store") / "template.sqlite3"
    asyncio.run(upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def upgraded_postgres(postgres: Cluster) -> str:
    """A PostgreSQL database with the schema; making one for each test would take a second each."""
    url = postgres.create("eid")
    asyncio.run(upgrade(url))
    return url


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh SQLite database."""
    path = tmp_path / "eid.sqlite3"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_database(upgraded_postgres: str) -> str:
    """The URL of a PostgreSQL database with the schema and no rows."""
    asyncio.run(_empty(upgraded_postgres))
    return upgraded_postgres


async def _empty(url: str) -> None:
    connection = await asyncpg.connect(url)
    children_first = reversed(SCHEMA.sorted_tables)
    await connection.execute(";".join(f"DELETE FROM {table.name}" for table in children_first))  # noqa: S608 - our tables
    await connection.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database with the schema."""
    url: str = request.getfixturevalue(f"{request.param}_database")
    return url
