"""Text messages: conversations, what is to be sent, and who wants none."""

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
