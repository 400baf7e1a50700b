"""Adapters: the doors of `eid.ports`, kept on SQLite and on PostgreSQL.

The only package that speaks SQL. Rows are not nouns: `tables` is the schema, `statements` holds
every statement once, `drivers` run them, `doors` turn rows into nouns and back.
"""

from eid.store.doors import StoreDoors
from eid.store.drivers import path_of
from eid.store.drivers.postgres import PostgresDriver
from eid.store.drivers.sqlite import SqliteDriver

__all__ = ["StoreDoors", "open_store", "upgrade"]

PATIENCE = 2.0  # seconds


def open_store(url: str, pool: int = 8, patience: float = PATIENCE) -> StoreDoors:
    """The store at the URL, not yet connected; its schema has been made by `upgrade`.

    Args:
        url: `sqlite:///PATH` or `postgresql://user@host:port/name`.
        pool: connections at most (PostgreSQL).
        patience: seconds a busy database is waited for before `StoreBusy`.
    """
    path = path_of(url)
    if path is not None:
        return StoreDoors(SqliteDriver(path, patience))
    return StoreDoors(PostgresDriver(url, pool, patience))


async def upgrade(url: str) -> None:
    """Bring the database at the URL to the newest version; again is harmless."""
    # Alembic and SQLAlchemy load for longer than all the rest, and one command of many needs them.
    from eid.store.migrations import upgrade as upgrade_schema  # noqa: PLC0415

    await upgrade_schema(url)
