"""What happened in each hour, counted once it is over: what the reports are made of."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
