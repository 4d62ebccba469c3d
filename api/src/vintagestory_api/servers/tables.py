"""Game servers, what happened to them, and who played on them, as tables. Importing this module imports SQLAlchemy.

Times are integer UTC milliseconds. `instance` names one start of a game, `seq` a line of its console: together they keep what
a restarted manager reads for the second time from being stored twice.
"""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, MetaData, Table, Text

metadata = MetaData()

servers = Table(
    "servers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Text),  # which installed version it uses; null before the first install
    Column("port", Integer, nullable=False),
    Column("data_path", Text, nullable=False),  # absolute for an adopted folder, else relative to the manager's folder
    Column("wanted", Text, nullable=False),  # running | stopped
    Column("settings", Text, nullable=False),  # JSON: what can be set for each server
    Column("setup", Text),  # JSON: what a creation that is not finished still has to do
    Column("instance", Text),  # the latest start
    Column("last_seq", BigInteger, nullable=False),  # no line of an earlier start has a higher number
    Column("outcome", Text),  # how the latest start ended: stopped | crashed | failed_to_start; null while it runs
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("deleted_at", BigInteger),
    Column("version_before", Text),  # to go back to, until the version that it was changed to was ready once; else null
)

timeline = Table(
    "server_timeline",
    metadata,
    Column("id", Text, primary_key=True),
    Column("server_id", Text, ForeignKey("servers.id", ondelete="CASCADE"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text),
    Column("run_id", Text),
    Column("instance", Text),
    Column("seq", BigInteger),
    Column("details", Text, nullable=False),
    Index("server_timeline_of", "server_id", "id"),
    Index("server_timeline_line", "server_id", "instance", "seq", "kind", unique=True),
)

players = Table(
    "players",
    metadata,
    Column("server_id", Text, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("name_key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("uid", Text),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
)

player_sessions = Table(
    "player_sessions",
    metadata,
    Column("server_id", Text, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("instance", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("name_key", Text, nullable=False),
    Column("joined_at", BigInteger, nullable=False),
    Column("left_at", BigInteger),
    Column("end", Text),  # left | kicked | server_ended | unknown
    Index("player_sessions_of", "server_id", "name_key", "joined_at"),
)

chat = Table(
    "chat",
    metadata,
    Column("server_id", Text, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("instance", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("group_id", Integer),
    Index("chat_of", "server_id", "seq"),
    Index("chat_at", "at"),
)

samples = Table(
    "server_samples",
    metadata,
    Column("server_id", Text, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("step_seconds", Integer, primary_key=True),  # 60, 600 or 3600: how much time the row stands for
    Column("at", BigInteger, primary_key=True),
    Column("cpu_percent", Float),  # of one core
    Column("memory_bytes", BigInteger),
    Column("disk_bytes", BigInteger),
    Column("disk_free_bytes", BigInteger),
    Column("tick_ms", Float),
    Column("players", Float),  # the most at one time
)
