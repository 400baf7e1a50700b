"""The document that a chip carries for readers of passports."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of documents. Cards that were made before have none."""
    op.create_table(
        "card_document",
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("card", sa.LargeBinary(), nullable=False),
        sa.Column("active_key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["card"], ["chip_card.id"], name=op.f("fk_card_document_card")),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_card_document")),
        sa.UniqueConstraint("active_key_hash", name=op.f("uq_card_document_active_key_hash")),
        sa.UniqueConstraint("card", name=op.f("uq_card_document_card")),
    )
