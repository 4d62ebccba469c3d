"""Alerts, targets and deliveries as tables. Importing this module imports SQLAlchemy. Times are integer UTC milliseconds."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("server_id", Text),  # no foreign key: what happened to a server that is gone stays in the history
    Column("job_id", Text),
    Column("opened_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("closed_at", BigInteger),
    Column("acknowledged_at", BigInteger),
    Column("acknowledged_by", Text),
    Column("data", Text, nullable=False),  # JSON: title, text, action
    Index("alerts_open", "key", unique=True, sqlite_where=text("closed_at IS NULL")),
    Index("alerts_at", "last_at"),
)

targets = Table(
    "notification_targets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("data", Text, nullable=False),  # JSON: the options, and what became of the last message; never the address
)

deliveries = Table(
    "notification_deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("target_id", Text, nullable=False),  # no foreign key: what was sent to a target that is gone stays in the history
    Column("at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # waiting | sent | failed | dropped
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", BigInteger),
    Column("data", Text, nullable=False),  # JSON: the notices, and what was made of them
    Index("notification_deliveries_at", "at"),
)

settings = Table(
    "alert_settings",
    metadata,
    Column("id", Integer, primary_key=True),  # 1: there is one row
    Column("data", Text, nullable=False),
)
