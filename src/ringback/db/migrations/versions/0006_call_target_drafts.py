"""Call targets that are being changed and not published yet."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_target_drafts",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("call_target_id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("made_from", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "call_target_id", name=op.f("pk_call_target_drafts")),
        sa.ForeignKeyConstraint(
            ["org_id", "call_target_id"],
            ["call_targets.org_id", "call_targets.id"],
            name=op.f("fk_call_target_drafts_org_id"),
            ondelete="CASCADE",
        ),
    )
