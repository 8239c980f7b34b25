"""Templates: how conveys look."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "templates",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_templates_org_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_templates")),
        sa.UniqueConstraint("org_id", "key", name=op.f("uq_templates_org_id_key")),
    )
    # SQLite cannot add a foreign key of two columns to a table: the table is copied to a new one, which then takes its
    # name, so that what refers to it goes on doing so.
    with op.batch_alter_table("widgets") as widgets:
        widgets.add_column(sa.Column("template_id", sa.Text(), nullable=True))
        widgets.create_foreign_key("fk_widgets_template", "templates", ["org_id", "template_id"], ["org_id", "id"])
