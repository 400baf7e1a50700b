"""The first schema.

Versions go forward only: a database is taken back by its backup, which knows the rows too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "agency",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_table(
        "certificate",
        sa.Column("serial", sa.LargeBinary(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('unspecified', 'keyCompromise', 'affiliationChanged', 'superseded',"
            " 'cessationOfOperation', 'certificateHold')",
            name=op.f("ck_certificate_reason"),
        ),
        sa.CheckConstraint(
            "status IN ('RESERVED', 'GOOD', 'HELD', 'REVOKED')", name=op.f("ck_certificate_status")
        ),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_certificate")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_certificate_fingerprint")),
    )
    op.create_table(
        "challenge",
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("bound_to", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("spent_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("purpose IN ('login', 'activation')", name=op.f("ck_challenge_purpose")),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_challenge")),
    )
    op.create_index(op.f("ix_challenge_expires_at"), "challenge", ["expires_at"], unique=False)
    op.create_table(
        "holder",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=True),
        sa.Column("latin_name", sa.Text(), nullable=True),
        sa.Column("born", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("nationality", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("died", sa.Text(), nullable=True),
        sa.Column("passport", sa.Text(), nullable=True),
        sa.Column("residence_until", sa.Text(), nullable=True),
        sa.Column("names", sa.Text(), nullable=True),
        sa.Column("founded", sa.Text(), nullable=True),
        sa.Column("representative", sa.Text(), nullable=True),
        sa.Column("dissolved", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('citizen', 'foreigner', 'organisation')", name=op.f("ck_holder_kind")
        ),
        sa.CheckConstraint("sex IN ('F', 'M')", name=op.f("ck_holder_sex")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holder")),
        sa.UniqueConstraint("number", name=op.f("uq_holder_number")),
    )
    op.create_table(
        "key_blob",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_key_blob")),
    )
    op.create_table(
        "register_version",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_register_version")),
    )
    op.create_table(
        "replay_mark",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_replay_mark")),
    )
    op.create_index(op.f("ix_replay_mark_expires_at"), "replay_mark", ["expires_at"], unique=False)
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("staged_at", sa.BigInteger(), nullable=False),
        sa.Column("activates_at", sa.BigInteger(), nullable=False),
        sa.Column("retires_at", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('STAGED', 'ACTIVE', 'RETIRING', 'REMOVED')",
            name=op.f("ck_signing_key_state"),
        ),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_key")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("notified_at", sa.BigInteger(), nullable=True),
        sa.Column("activated_at", sa.BigInteger(), nullable=True),
        sa.Column("locks", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status IN ('approved', 'notified', 'active', 'locked', 'closed')",
            name=op.f("ck_account_status"),
        ),
        sa.CheckConstraint("level IN (1, 2)", name=op.f("ck_account_level")),
        sa.ForeignKeyConstraint(["holder"], ["holder.id"], name=op.f("fk_account_holder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("holder", name=op.f("uq_account_holder")),
    )
    op.create_index(
        "ix_account_approved",
        "account",
        ["opened_at"],
        unique=False,
        sqlite_where=sa.text("status = 'approved'"),
        postgresql_where=sa.text("status = 'approved'"),
    )
    op.create_table(
        "application",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('received', 'approved', 'refused')", name=op.f("ck_application_status")
        ),
        sa.ForeignKeyConstraint(["holder"], ["holder.id"], name=op.f("fk_application_holder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
    )
    op.create_table(
        "batch_line",
        sa.Column("batch", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('accepted', 'rejected', 'done')", name=op.f("ck_batch_line_status")
        ),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name=op.f("fk_batch_line_batch")),
        sa.PrimaryKeyConstraint("batch", "number", name=op.f("pk_batch_line")),
    )
    op.create_index(
        op.f("ix_batch_line_batch_status_number"),
        "batch_line",
        ["batch", "status", "number"],
        unique=False,
    )
    op.create_table(
        "chip_card",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("issued", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('ordered', 'personalised', 'active', 'suspended', 'revoked', 'expired')",
            name=op.f("ck_chip_card_status"),
        ),
        sa.ForeignKeyConstraint(["holder"], ["holder.id"], name=op.f("fk_chip_card_holder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chip_card")),
        sa.UniqueConstraint("document_number", name=op.f("uq_chip_card_document_number")),
    )
    op.create_index(
        op.f("ix_chip_card_holder_issued"), "chip_card", ["holder", "issued"], unique=False
    )
    op.create_index(
        op.f("ix_chip_card_status_valid_until"),
        "chip_card",
        ["status", "valid_until"],
        unique=False,
    )
    op.create_table(
        "client",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("redirect_uris", sa.Text(), nullable=False),
        sa.Column("post_logout_redirect_uris", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("required_claims", sa.Text(), nullable=False),
        sa.Column("authentication", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=True),
        sa.Column("keys", sa.Text(), nullable=True),
        sa.Column("id_token_algorithm", sa.Text(), nullable=False),
        sa.Column("least_account_level", sa.BigInteger(), nullable=False),
        sa.Column("least_authentication_level", sa.BigInteger(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "authentication IN ('client_secret_basic', 'client_secret_post', 'private_key_jwt')",
            name=op.f("ck_client_authentication"),
        ),
        sa.CheckConstraint("profile IN ('web', 'basic')", name=op.f("ck_client_profile")),
        sa.ForeignKeyConstraint(["agency"], ["agency.id"], name=op.f("fk_client_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
    )
    op.create_table(
        "mandate",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("for_whom", sa.LargeBinary(), nullable=False),
        sa.Column("by_whom", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('guardian', 'representative')", name=op.f("ck_mandate_kind")),
        sa.ForeignKeyConstraint(["by_whom"], ["holder.id"], name=op.f("fk_mandate_by_whom")),
        sa.ForeignKeyConstraint(["for_whom"], ["holder.id"], name=op.f("fk_mandate_for_whom")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate")),
    )
    op.create_table(
        "activation_case",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("link_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("attempts_left", sa.BigInteger(), nullable=False),
        sa.Column("self_service_until", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "status IN ('open', 'code_accepted', 'assisted', 'done')",
            name=op.f("ck_activation_case_status"),
        ),
        sa.CheckConstraint("attempts_left >= 0", name=op.f("ck_activation_case_attempts_left")),
        sa.ForeignKeyConstraint(
            ["account"], ["account.id"], name=op.f("fk_activation_case_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activation_case")),
        sa.UniqueConstraint("account", name=op.f("uq_activation_case_account")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_activation_case_link_hash")),
    )
    op.create_index(
        op.f("ix_activation_case_status_self_service_until"),
        "activation_case",
        ["status", "self_service_until"],
        unique=False,
    )
    op.create_table(
        "card_certificate",
        sa.Column("serial", sa.LargeBinary(), nullable=False),
        sa.Column("card", sa.LargeBinary(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=False),
        sa.Column("public_key_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["card"], ["chip_card.id"], name=op.f("fk_card_certificate_card")),
        sa.ForeignKeyConstraint(
            ["serial"], ["certificate.serial"], name=op.f("fk_card_certificate_serial")
        ),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_card_certificate")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_card_certificate_fingerprint")),
        sa.UniqueConstraint("public_key_hash", name=op.f("uq_card_certificate_public_key_hash")),
    )
    op.create_index(op.f("ix_card_certificate_card"), "card_certificate", ["card"], unique=False)
    op.create_table(
        "card_order",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("card", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('requested', 'keyed', 'completed')", name=op.f("ck_card_order_status")
        ),
        sa.ForeignKeyConstraint(["card"], ["chip_card.id"], name=op.f("fk_card_order_card")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_order")),
        sa.UniqueConstraint("card", name=op.f("uq_card_order_card")),
    )
    op.create_index(op.f("ix_card_order_status_id"), "card_order", ["status", "id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_consent_account")),
        sa.ForeignKeyConstraint(["client"], ["client.id"], name=op.f("fk_consent_client")),
        sa.PrimaryKeyConstraint("account", "client", name=op.f("pk_consent")),
    )
    op.create_table(
        "electronic_card",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('issued', 'active', 'locked')", name=op.f("ck_electronic_card_status")
        ),
        sa.ForeignKeyConstraint(
            ["account"], ["account.id"], name=op.f("fk_electronic_card_account")
        ),
        sa.ForeignKeyConstraint(["holder"], ["holder.id"], name=op.f("fk_electronic_card_holder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_electronic_card")),
        sa.UniqueConstraint("account", name=op.f("uq_electronic_card_account")),
        sa.UniqueConstraint("holder", name=op.f("uq_electronic_card_holder")),
    )
    op.create_table(
        "login_session",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("handle_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("idle_until", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_login_session_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("handle_hash", name=op.f("uq_login_session_handle_hash")),
    )
    op.create_index(op.f("ix_login_session_account"), "login_session", ["account"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("channel IN ('message', 'letter')", name=op.f("ck_outbox_channel")),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_outbox_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_due_at"), "outbox", ["due_at"], unique=False)
    op.create_table(
        "pending_authorization",
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("claims", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("code_challenge", sa.Text(), nullable=True),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("fresh_since", sa.BigInteger(), nullable=True),
        sa.Column("max_age", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("ui_locales", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client"], ["client.id"], name=op.f("fk_pending_authorization_client")
        ),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_pending_authorization")),
    )
    op.create_index(
        op.f("ix_pending_authorization_expires_at"),
        "pending_authorization",
        ["expires_at"],
        unique=False,
    )
    op.create_table(
        "token_grant",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("session", sa.LargeBinary(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("claims", sa.Text(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("amr", sa.Text(), nullable=False),
        sa.Column("authenticated_at", sa.BigInteger(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_token_grant_account")),
        sa.ForeignKeyConstraint(["client"], ["client.id"], name=op.f("fk_token_grant_client")),
        sa.ForeignKeyConstraint(
            ["session"], ["login_session.id"], name=op.f("fk_token_grant_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_grant")),
    )
    op.create_table(
        "access_token",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("grant_id", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["token_grant.id"], name=op.f("fk_access_token_grant_id")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_access_token")),
    )
    op.create_index(
        op.f("ix_access_token_expires_at"), "access_token", ["expires_at"], unique=False
    )
    op.create_index(op.f("ix_access_token_grant_id"), "access_token", ["grant_id"], unique=False)
    op.create_table(
        "authorization_code",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("grant_id", sa.LargeBinary(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("code_challenge", sa.Text(), nullable=True),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("spent_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client"], ["client.id"], name=op.f("fk_authorization_code_client")
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["token_grant.id"], name=op.f("fk_authorization_code_grant_id")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_authorization_code")),
    )
    op.create_index(
        op.f("ix_authorization_code_expires_at"), "authorization_code", ["expires_at"], unique=False
    )
