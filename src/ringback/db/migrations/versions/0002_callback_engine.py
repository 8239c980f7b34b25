"""The callback engine: calls that are followed leg by leg, and what the forecast knows of a queue."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("callbacks", sa.Column("launched_at", sa.BigInteger(), nullable=True))
    op.add_column("attempts", sa.Column("flow", sa.Text(), nullable=True))
    op.add_column("attempts", sa.Column("wake_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_attempts_wake",
        "attempts",
        ["wake_at"],
        sqlite_where=sa.text("wake_at IS NOT NULL"),
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    _queue_memory()
    _queue_stats()
    op.drop_table("handle_times")  # a mean that is learned anew within some calls


def _queue_memory() -> None:
    op.create_table(
        "queue_memory",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("call_target_id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "call_target_id", name=op.f("pk_queue_memory")),
        sa.ForeignKeyConstraint(
            ["org_id", "call_target_id"],
            ["call_targets.org_id", "call_targets.id"],
            name=op.f("fk_queue_memory_org_id"),
        ),
    )


def _queue_stats() -> None:
    op.create_table(
        "queue_stats",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("call_target_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("calls_waiting", sa.Integer(), nullable=True),
        sa.Column("oldest_wait", sa.Float(), nullable=True),
        sa.Column("agents_staffed", sa.Integer(), nullable=True),
        sa.Column("agents_available", sa.Integer(), nullable=True),
        sa.Column("handle_time", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "call_target_id", name=op.f("pk_queue_stats")),
        sa.ForeignKeyConstraint(
            ["org_id", "call_target_id"], ["call_targets.org_id", "call_targets.id"], name=op.f("fk_queue_stats_org_id")
        ),
        sa.CheckConstraint("calls_waiting >= 0", name="calls_waiting"),
        sa.CheckConstraint("agents_staffed >= 0", name="agents_staffed"),
        sa.CheckConstraint("agents_available >= 0", name="agents_available"),
    )
