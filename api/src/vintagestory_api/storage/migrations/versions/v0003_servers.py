"""Game servers, their timeline, players and samples."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _server(primary_key: bool = False) -> "sa.Column[str]":
    reference = sa.ForeignKey("servers.id", ondelete="CASCADE")
    return sa.Column("server_id", sa.Text, reference, primary_key=primary_key, nullable=False)


def upgrade() -> None:
    op.create_table(
        "servers",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Text),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("data_path", sa.Text, nullable=False),
        sa.Column("wanted", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("setup", sa.Text),
        sa.Column("instance", sa.Text),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("deleted_at", sa.BigInteger),
        sa.Column("version_before", sa.Text),
    )
    op.create_table(
        "server_timeline",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        _server(),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text),
        sa.Column("run_id", sa.Text),
        sa.Column("instance", sa.Text),
        sa.Column("seq", sa.BigInteger),
        sa.Column("details", sa.Text, nullable=False),
    )
    op.create_index("server_timeline_of", "server_timeline", ["server_id", "id"])
    op.create_index("server_timeline_line", "server_timeline", ["server_id", "instance", "seq", "kind"], unique=True)
    op.create_table(
        "players",
        _server(primary_key=True),
        sa.Column("name_key", sa.Text, primary_key=True, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("uid", sa.Text),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "player_sessions",
        _server(primary_key=True),
        sa.Column("instance", sa.Text, primary_key=True, nullable=False),
        sa.Column("seq", sa.BigInteger, primary_key=True, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("joined_at", sa.BigInteger, nullable=False),
        sa.Column("left_at", sa.BigInteger),
        sa.Column("end", sa.Text),
    )
    op.create_index("player_sessions_of", "player_sessions", ["server_id", "name_key", "joined_at"])
    op.create_table(
        "chat",
        _server(primary_key=True),
        sa.Column("instance", sa.Text, primary_key=True, nullable=False),
        sa.Column("seq", sa.BigInteger, primary_key=True, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("group_id", sa.Integer),
    )
    op.create_index("chat_of", "chat", ["server_id", "seq"])
    op.create_index("chat_at", "chat", ["at"])
    op.create_table(
        "server_samples",
        _server(primary_key=True),
        sa.Column("step_seconds", sa.Integer, primary_key=True, nullable=False),
        sa.Column("at", sa.BigInteger, primary_key=True, nullable=False),
        sa.Column("cpu_percent", sa.Float),
        sa.Column("memory_bytes", sa.BigInteger),
        sa.Column("disk_bytes", sa.BigInteger),
        sa.Column("disk_free_bytes", sa.BigInteger),
        sa.Column("tick_ms", sa.Float),
        sa.Column("players", sa.Float),
    )
