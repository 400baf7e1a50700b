"""Brings a database's schema up to date, without an alembic.ini.

Two processes that start at once take turns: a lock on PostgreSQL, the one writer on SQLite.
"""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool, StaticPool

from eid.store.drivers import path_of

TURN = 7_202_406_900  # any number of ours
WAIT = 30.0
PRIVATE = 0o600
NEWEST = "head"


async def upgrade(url: str) -> None:
    """Bring the database at the URL to the newest version; again is harmless."""
    path = path_of(url)
    if path is not None:
        await asyncio.to_thread(_upgrade_sqlite, path)
    else:
        await _upgrade_postgres(url)


def _upgrade_sqlite(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=PRIVATE)
    with closing(sqlite3.connect(path, timeout=WAIT, isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
        event.listen(engine, "begin", _take_turn)
        with engine.begin() as connection:
            _run(connection)


def _take_turn(connection: Connection) -> None:
    """The driver would commit before each CREATE TABLE: so the transaction is begun by hand."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _upgrade_postgres(url: str) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": TURN})
        await connection.run_sync(_run)


def _run(connection: Connection) -> None:
    config = Config()
    # A percent sign in a folder's name would be read as a placeholder.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, NEWEST)
