"""Places off the machine, and the copies there, as tables. Importing this module imports SQLAlchemy: see `in_offsite_store`.

Times are integer UTC milliseconds. Copies outlive the row of their backup until they are removed where they are.
"""

from sqlalchemy import BigInteger, Column, MetaData, Table, Text

metadata = MetaData()

offsite_targets = Table(
    "offsite_targets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("data", Text, nullable=False),  # JSON: the other fields of `offsite_records.TargetRecord`
)

offsite_copies = Table(
    "offsite_copies",
    metadata,
    Column("backup_id", Text, primary_key=True),
    Column("target_id", Text, primary_key=True),
    Column("server_id", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting | copying | copied | failed | removed (it is to go)
    Column("at", BigInteger, nullable=False),
    Column("data", Text, nullable=False),  # JSON: the other fields of `offsite_records.CopyRecord`
)
