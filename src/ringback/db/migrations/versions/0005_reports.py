"""What happened in each hour, counted once it is over: what the reports are made of."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COUNTS = (
    "requested",
    "success",
    "canceled",
    "unavailable",
    "not_completed",
    "abandoned",
    "rescheduled_away",
    "expired",
    "failure",
    "attempts",
    "retried",
    "at_first",
    "on_time",
    "late_2",
    "late_5",
    "late_15",
    "later",
    "never",
    "promised_seconds",
    "waited_seconds",
    "late_seconds",
    "spared",
    "spared_seconds",
    "held",
    "held_seconds",
)


def upgrade() -> None:
    _report_counts()
    _report_progress()


def _report_counts() -> None:
    op.create_table(
        "report_counts",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("call_target_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _COUNTS),
        sa.PrimaryKeyConstraint(
            "org_id", "starts_at", "call_target_id", "channel", "type", name=op.f("pk_report_counts")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "call_target_id"],
            ["call_targets.org_id", "call_targets.id"],
            name=op.f("fk_report_counts_org_id"),
        ),
        sa.CheckConstraint("type IN ('asap', 'scheduled')", name=op.f("ck_report_counts_type")),
        sqlite_with_rowid=False,
    )


def _report_progress() -> None:
    op.create_table(
        "report_progress",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("counted_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_report_progress")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_report_progress_org_id"), ondelete="CASCADE"
        ),
    )
