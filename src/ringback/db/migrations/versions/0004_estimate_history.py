"""How each queue stood, minute by minute, and the indexes of what the live board looks at."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _lists_of_callbacks()
    _who_blocked_a_number()
    _estimate_history()
    op.create_index(
        "ix_callbacks_finished",
        "callbacks",
        ["org_id", "finished_at", "call_target_id", "outcome"],
        sqlite_where=sa.text("finished_at IS NOT NULL"),
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.create_index("ix_callback_events_at", "callback_events", ["org_id", "at"])


def _estimate_history() -> None:
    op.create_table(
        "estimate_history",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("call_target_id", sa.Text(), nullable=False),
        sa.Column("promise", sa.Integer(), nullable=True),
        sa.Column("low", sa.Integer(), nullable=True),
        sa.Column("high", sa.Integer(), nullable=True),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("dialing", sa.Integer(), nullable=False),
        sa.Column("connecting", sa.Integer(), nullable=False),
        sa.Column("talking", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "minute", "call_target_id", name=op.f("pk_estimate_history")),
        sa.ForeignKeyConstraint(
            ["org_id", "call_target_id"],
            ["call_targets.org_id", "call_targets.id"],
            name=op.f("fk_estimate_history_org_id"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "(promise IS NULL) = (low IS NULL) AND (promise IS NULL) = (high IS NULL)",
            name=op.f("ck_estimate_history_estimate"),
        ),
        sqlite_with_rowid=False,
    )


def _lists_of_callbacks() -> None:
    op.create_index("ix_callbacks_outcome", "callbacks", ["org_id", "outcome", "id"])
    op.create_index("ix_callbacks_call_target", "callbacks", ["org_id", "call_target_id", "id"])


def _who_blocked_a_number() -> None:
    op.add_column("blocked_numbers", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("blocked_numbers", sa.Column("blocked_by", sa.Text(), nullable=True))
