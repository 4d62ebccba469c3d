"""Updates and what is done of itself, as tables. Importing this module imports SQLAlchemy: see `in_store`.

Times are integer UTC milliseconds.
"""

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

metadata = MetaData()

update_policies = Table(
    "update_policies",
    metadata,
    Column("server_id", Text, primary_key=True),
    Column("data", Text, nullable=False),  # JSON: `schemas.UpdatePolicy`
)

updates = Table(
    "updates",
    metadata,
    Column("id", Text, primary_key=True),
    Column("server_id", Text, nullable=False),
    Column("run_id", Text),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("phase", Text, nullable=False),  # how far it has come, written before the step is begun: the journal
    Column("outcome", Text),  # updated | went_back | failed | nothing_to_do
    Column("data", Text, nullable=False),  # JSON: the rest of `records.Update`
    Index("updates_of", "server_id", "id"),
)
