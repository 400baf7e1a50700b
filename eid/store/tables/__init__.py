"""The schema: SQLModel tables, one file per noun; the migrations' source and the reports' rows."""

from eid.store.tables import accounts, batches, cards, clients, grants, holders, keys, notices
from eid.store.tables.columns import Row

SCHEMA = Row.metadata

__all__ = [
    "SCHEMA",
    "accounts",
    "batches",
    "cards",
    "clients",
    "grants",
    "holders",
    "keys",
    "notices",
]
