"""A way to what an authority took back, for the list that it publishes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BARRED = sa.text("status IN ('HELD', 'REVOKED')")


def upgrade() -> None:
    """Index the few certificates that do not count, not the many that do."""
    op.create_index(
        "ix_certificate_barred",
        "certificate",
        ["serial"],
        sqlite_where=BARRED,
        postgresql_where=BARRED,
    )
