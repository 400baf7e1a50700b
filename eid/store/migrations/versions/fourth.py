"""A way from a case number to its events, for whoever reads the audit trail."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Index events by case number, in the order of the trail."""
    op.create_index("ix_audit_event_trace_id", "audit_event", ["trace", "id"])
