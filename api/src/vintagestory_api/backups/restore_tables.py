"""Restores and drills as a table. Importing this module imports SQLAlchemy: see `restore_store`.

Times are integer UTC milliseconds. Restores outlive their server, so they don't refer to its row.
"""

from sqlalchemy import BigInteger, Column, MetaData, Table, Text

metadata = MetaData()

restores = Table(
    "restores",
    metadata,
    Column("id", Text, primary_key=True),
    Column("server_id", Text, nullable=False),
    Column("run_id", Text),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("phase", Text, nullable=False),  # restore | drill
    Column("outcome", Text),  # restored | put_back | failed; null until it has ended
    Column("data", Text, nullable=False),  # JSON: backup_id, text, actor, present_backup_id
)
