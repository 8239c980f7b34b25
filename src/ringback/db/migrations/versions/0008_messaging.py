"""Text messages: conversations, what is to be sent, and who wants none."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("callbacks", sa.Column("to_tell", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_index(
        "ix_callbacks_to_tell",
        "callbacks",
        ["updated_at"],
        unique=False,
        sqlite_where=sa.text("to_tell = 1"),
        postgresql_where=sa.text("to_tell = 1"),
    )
    _text_accounts()
    _conversations()
    _texts()
    _automations()
    _text_opt_outs()


def _text_accounts() -> None:
    op.create_table(
        "text_accounts",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("secrets_sealed", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_text_accounts_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_text_accounts")),
    )


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("our_number", sa.Text(), nullable=False),
        sa.Column("customer_number", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("last_place", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("wake_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_conversations_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", "our_number", "customer_number", name=op.f("pk_conversations")),
    )
    op.create_index("ix_conversations_customer", "conversations", ["org_id", "customer_number"], unique=False)
    op.create_index("ix_conversations_updated_at", "conversations", ["org_id", "updated_at"], unique=False)
    op.create_index(
        "ix_conversations_wake",
        "conversations",
        ["wake_at"],
        unique=False,
        sqlite_where=sa.text("wake_at IS NOT NULL"),
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )


def _texts() -> None:
    op.create_table(
        "texts",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("our_number", sa.Text(), nullable=False),
        sa.Column("customer_number", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("callback_id", sa.Text(), nullable=True),
        sa.Column("occasion", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("segments", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("attachments", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("stale_at", sa.BigInteger(), nullable=True),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(direction = 'in') = (kind = 'inbound')", name=op.f("ck_texts_inbound")),
        sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_texts_sending_has_lease")),
        sa.CheckConstraint(
            "(state IN ('pending', 'unsure')) = (due_at IS NOT NULL)", name=op.f("ck_texts_waiting_is_due")
        ),
        sa.CheckConstraint(
            "(state IN ('received', 'handled')) = (direction = 'in')", name=op.f("ck_texts_direction_has_state")
        ),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_texts_direction")),
        sa.CheckConstraint(
            "kind IN ('inbound', 'reply', 'opt_out', 'confirmation', 'reminder', 'calling', 'missed', 'final', 'canceled')",
            name=op.f("ck_texts_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('received', 'handled', 'pending', 'sending', 'unsure', 'queued', 'sent', 'delivered', 'read', 'undelivered', 'failed', 'dropped')",
            name=op.f("ck_texts_state"),
        ),
        sa.CheckConstraint("(lease_until IS NULL) = (lease_owner IS NULL)", name=op.f("ck_texts_lease_has_owner")),
        sa.ForeignKeyConstraint(
            ["org_id", "our_number", "customer_number"],
            ["conversations.org_id", "conversations.our_number", "conversations.customer_number"],
            name="fk_texts_conversation",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("org_id", "our_number", "customer_number", "place", name=op.f("pk_texts")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_texts_org_id_id")),
    )
    op.create_index("ix_texts_created_at", "texts", ["org_id", "created_at"], unique=False)
    op.create_index(
        "ix_texts_due",
        "texts",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_texts_lease",
        "texts",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "ix_texts_received",
        "texts",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_index(
        "ux_texts_inbound",
        "texts",
        ["org_id", "provider_id"],
        unique=True,
        sqlite_where=sa.text("direction = 'in'"),
        postgresql_where=sa.text("direction = 'in'"),
    )
    op.create_index(
        "ux_texts_occasion",
        "texts",
        ["org_id", "callback_id", "kind", "occasion"],
        unique=True,
        sqlite_where=sa.text("callback_id IS NOT NULL"),
        postgresql_where=sa.text("callback_id IS NOT NULL"),
    )


def _automations() -> None:
    op.create_table(
        "automations",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_automations_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_automations")),
    )


def _text_opt_outs() -> None:
    op.create_table(
        "text_opt_outs",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("source IN ('word', 'gateway', 'console')", name=op.f("ck_text_opt_outs_source")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_text_opt_outs_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", "number", name=op.f("pk_text_opt_outs")),
    )
