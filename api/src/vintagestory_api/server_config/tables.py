"""Changes that wait, and former versions, as tables. Importing this module imports SQLAlchemy."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from vintagestory_api.servers.tables import metadata

pending = Table(
    "server_config_pending",
    metadata,
    Column("server_id", Text, ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    Column("file", Text, primary_key=True),
    Column("path", Text, primary_key=True),  # JSON
    Column("value", Text, nullable=False),  # JSON
    Column("before", Text),  # JSON; null where the file did not say
    Column("actor", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

versions = Table(
    "server_config_versions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("server_id", Text, ForeignKey("servers.id", ondelete="CASCADE"), nullable=False),
    Column("file", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text),
    Column("cause", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("content", Text, nullable=False),
    Index("server_config_versions_of", "server_id", "file", "id"),
)
