"""How each queue stood, minute by minute: what the live board draws."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
