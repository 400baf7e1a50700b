"""The migrations make exactly the tables, on both databases."""

import asyncio
import secrets
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from builders import make_card_certificate, make_card_document
from integration.store.furniture import Furniture
from postgres_server import Cluster
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from eid.domain import changes as do
from eid.errors import Misconfigured
from eid.store import open_store, upgrade
from eid.store.drivers import path_of
from eid.store.tables import SCHEMA

pytestmark = pytest.mark.anyio

COLUMNS = """SELECT table_name, column_name, data_type, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public'"""
CONSTRAINTS = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
VERSIONS = "alembic_version"


def sqlite_shape(path: Path) -> set[str]:
    """Every column, constraint and index, a line each."""
    with sqlite3.connect(path) as connection:
        made = connection.execute("SELECT name, tbl_name, sql FROM sqlite_master").fetchall()
    return {
        f"{table}: {line.strip().rstrip(',')}"
        for name, table, sql in made
        if sql and table != VERSIONS
        for line in (sql.splitlines() if name == table else [sql])
    }


async def postgres_shape(url: str) -> set[tuple[str, ...]]:
    connection = await asyncpg.connect(url)
    rows = [
        tuple(row) for ask in (COLUMNS, CONSTRAINTS, INDEXES) for row in await connection.fetch(ask)
    ]
    await connection.close()
    return {row for row in rows if row[0] != VERSIONS}


def engine_of(url: str) -> AsyncEngine:
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, SCHEMA))


async def test_the_sqlite_migrations_make_exactly_the_tables(
    sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "by_tables.sqlite3"
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    SCHEMA.create_all(engine)
    shape = sqlite_shape(path)
    assert len(shape) > 200
    assert sqlite_shape(sqlite_template) == shape
    with create_engine(f"sqlite:///{sqlite_template}", poolclass=NullPool).connect() as connection:
        assert differences(connection) == []


@pytest.mark.postgres
async def test_the_postgres_migrations_make_exactly_the_tables(
    postgres: Cluster, upgraded_postgres: str
) -> None:
    url = postgres.create("by_tables")
    async with engine_of(url).begin() as connection:
        await connection.run_sync(SCHEMA.create_all)
    shape = await postgres_shape(url)
    assert len(shape) > 200
    assert await postgres_shape(upgraded_postgres) == shape
    async with engine_of(upgraded_postgres).connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_columns_are_of_five_kinds() -> None:
    kinds = {str(column.type) for table in SCHEMA.sorted_tables for column in table.columns}
    assert kinds == {"TEXT", "BLOB", "BIGINT", "BOOLEAN"}


each_database = pytest.mark.parametrize(
    "make", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)


@each_database
async def test_a_database_of_the_first_version_keeps_its_cards_and_takes_documents(
    make: str,
    tmp_path: Path,
    fresh_postgres: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"sqlite:///{tmp_path}/eid.sqlite3" if make == "sqlite" else fresh_postgres()
    with monkeypatch.context() as earlier:
        earlier.setattr("eid.store.migrations.NEWEST", "0001")
        await upgrade(url)
    async with open_store(url) as store:
        furniture = Furniture(store)
        await furniture.account()
        card = await furniture.card()
        add = do.AddCardDocument(card.id, make_card_document())
        with pytest.raises((sqlite3.OperationalError, asyncpg.UndefinedTableError)):
            await store.keep([add], ())
    await upgrade(url)
    async with open_store(url) as store:
        assert await store.cards.standing(make_card_certificate().fingerprint)
        await store.keep([add], ())
        facts = await store.cards.document_standing(make_card_document().fingerprint)
        assert facts
        assert facts.card.id == card.id


@each_database
async def test_two_processes_that_upgrade_at_once_take_turns(
    make: str, tmp_path: Path, fresh_postgres: Callable[[], str]
) -> None:
    url = f"sqlite:///{tmp_path}/new/eid.sqlite3" if make == "sqlite" else fresh_postgres()
    await asyncio.gather(*(upgrade(url) for _ in range(3)))
    await upgrade(url)
    path = path_of(url)
    if path is not None:
        assert sqlite_shape(path)
    else:
        assert await postgres_shape(url)


@pytest.fixture
def fresh_postgres(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Makes an empty database; starts the server only for a test that wants one."""
    if request.node.get_closest_marker("postgres") is None:
        return str
    cluster: Cluster = request.getfixturevalue("postgres")
    return lambda: cluster.create(f"upgraded_{secrets.token_hex(4)}")


async def test_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "with % sign" / "eid.sqlite3"
    await upgrade(f"sqlite:///{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///", "mysql://x", "eid.sqlite3"])
async def test_another_kind_of_url_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured):
        await upgrade(url)
