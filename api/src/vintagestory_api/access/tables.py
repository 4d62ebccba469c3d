"""Tokens, users, browser sessions and the audit trail as tables. Importing this module imports SQLAlchemy."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, Table, Text

metadata = MetaData()

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index("tokens_secret", "secret_hash", unique=True),
)
# Without the same for PostgreSQL: naming it loads that dialect into each manager, 3 MB.
Index("tokens_live_name", tokens.c.name, unique=True, sqlite_where=tokens.c.revoked_at.is_(None))
audit = Table(
    "audit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who_kind", Text, nullable=False),
    Column("who_id", Text),
    Column("who_name", Text, nullable=False),
    Column("role", Text),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("from_address", Text),
    Column("result", Text, nullable=False),
    Column("status", Integer),
    Column("details", Text, nullable=False),
    Index("audit_at", "at"),
    Index("audit_action", "action", "id"),
)

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("is_disabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("last_signed_in_at", BigInteger),
    Index("users_name", "name_key", unique=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger, nullable=False),
    Column("from_address", Text),
    Column("browser", Text),
    Column("view_as", Text),  # JSON: the role or the user an admin looks at the manager as
    Index("sessions_secret", "secret_hash", unique=True),
    Index("sessions_of_user", "user_id"),
)

#: What a user or a token may do on single servers, beside its role for all.
server_roles = Table(
    "server_roles",
    metadata,
    Column("holder_kind", Text, primary_key=True),  # user | token
    Column("holder_id", Text, primary_key=True),
    Column("server_id", Text, primary_key=True),
    Column("role", Text, nullable=False),
)

#: Second factors of users; their secrets lie in the file of secrets.
second_factors = Table(
    "second_factors",
    metadata,
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger),  # null until a first code was right
    Column("last_step", BigInteger, nullable=False),  # of the clock, the last one whose code was used
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("code_hash", Text, primary_key=True),
    Column("used_at", BigInteger),
)
