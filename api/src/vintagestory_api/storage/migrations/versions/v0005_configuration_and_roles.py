"""Configuration of games with its versions, roles for single servers, second factors, and views as somebody else."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def _text(name: str, *, key: bool = False, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, primary_key=key, nullable=null)


def _moment(name: str, *, null: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger, nullable=null)


def _of_server(*, key: bool = False) -> "sa.Column[str]":
    return sa.Column("server_id", sa.Text, sa.ForeignKey("servers.id", ondelete="CASCADE"), primary_key=key, nullable=False)


def _of_user(*, key: bool = False) -> "sa.Column[str]":
    return sa.Column("user_id", sa.Text, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=key, nullable=False)


def upgrade() -> None:
    op.create_table(
        "server_config_pending",
        _of_server(key=True),
        _text("file", key=True),
        _text("path", key=True),
        _text("value"),
        _text("before", null=True),
        _text("actor"),
        _moment("at"),
    )
    op.create_table(
        "server_config_versions",
        _text("id", key=True),
        _of_server(),
        _text("file"),
        _moment("at"),
        _text("actor", null=True),
        _text("cause"),
        _text("sha256"),
        _text("content"),
    )
    op.create_index("server_config_versions_of", "server_config_versions", ["server_id", "file", "id"])
    op.create_table(
        "server_roles",
        _text("holder_kind", key=True),
        _text("holder_id", key=True),
        _text("server_id", key=True),
        _text("role"),
    )
    op.create_table(
        "second_factors",
        _of_user(key=True),
        _moment("created_at"),
        _moment("confirmed_at", null=True),
        sa.Column("last_step", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "recovery_codes",
        _of_user(key=True),
        _text("code_hash", key=True),
        _moment("used_at", null=True),
    )
    op.add_column("sessions", _text("view_as", null=True))
