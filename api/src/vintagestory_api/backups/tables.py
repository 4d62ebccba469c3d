"""Backups and the rules for them, as tables. Importing this module imports SQLAlchemy: see `in_store`.

Times are integer UTC milliseconds. Backups outlive their server, so they don't refer to its row.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, MetaData, Table, Text

metadata = MetaData()

backups = Table(
    "backups",
    metadata,
    Column("id", Text, primary_key=True),
    Column("server_id", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),  # the moment for which the world is told
    Column("kind", Text, nullable=False),
    Column("file_name", Text, nullable=False),  # below the folder of the server's backups
    Column("size_bytes", BigInteger, nullable=False),
    Column("world", Text, nullable=False),  # verified | damaged | none | unknown
    Column("pinned", Boolean, nullable=False),
    Column("note", Text),
    Column("verified_at", BigInteger),
    Column("problem", Text),
    Column("data", Text, nullable=False),  # JSON: what lists show besides (`records.BackupRecord`)
    Index("backups_of", "server_id", "made_at"),
)

backup_settings = Table(
    "backup_settings",
    metadata,
    Column("server_id", Text, primary_key=True),
    Column("data", Text, nullable=False),  # JSON: `schemas.BackupSettings`
)
