"""Run by Alembic: brings the schema behind the given connection up to date."""

from alembic import context

from eid.store.tables import SCHEMA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SCHEMA, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
