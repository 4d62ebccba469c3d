"""Schedules, and what their runs still have to do, as tables. Importing this module imports SQLAlchemy."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Table, Text

from vintagestory_api.servers.tables import metadata

schedules = Table(
    "schedules",
    metadata,
    Column("id", Text, primary_key=True),
    Column("server_id", Text, ForeignKey("servers.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("data", Text, nullable=False),  # JSON: the rest of its body, and since when it is due at its times
)

#: The last steps that a run owes: written before its first step, deleted when they are done.
schedule_debts = Table(
    "schedule_debts",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("schedule_id", Text, nullable=False),
    Column("server_id", Text, ForeignKey("servers.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("attempts", BigInteger, nullable=False),  # how often they were begun anew
    Column("steps", Text, nullable=False),  # JSON
)
