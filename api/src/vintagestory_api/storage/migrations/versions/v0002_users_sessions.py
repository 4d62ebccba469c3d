"""Users and their browser sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("is_disabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("last_signed_in_at", sa.BigInteger),
    )
    op.create_index("users_name", "users", ["name_key"], unique=True)
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("user_id", sa.Text, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("secret_hash", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_used_at", sa.BigInteger, nullable=False),
        sa.Column("from_address", sa.Text),
        sa.Column("browser", sa.Text),
    )
    op.create_index("sessions_secret", "sessions", ["secret_hash"], unique=True)
    op.create_index("sessions_of_user", "sessions", ["user_id"])
