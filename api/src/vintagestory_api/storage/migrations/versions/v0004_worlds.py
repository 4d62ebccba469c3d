"""Backups, schedules, updates that go back, alerts and who is told of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _text(name: str, *, key: bool = False, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, primary_key=key, nullable=null)


def _moment(name: str, *, null: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger, nullable=null)


def _of_server(*, key: bool = False) -> "sa.Column[str]":
    return sa.Column("server_id", sa.Text, sa.ForeignKey("servers.id", ondelete="CASCADE"), primary_key=key, nullable=False)


def upgrade() -> None:
    op.create_table(
        "backups",
        _text("id", key=True),
        _text("server_id"),
        _moment("made_at"),
        _text("kind"),
        _text("file_name"),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        _text("world"),
        sa.Column("pinned", sa.Boolean, nullable=False),
        _text("note", null=True),
        _moment("verified_at", null=True),
        _text("problem", null=True),
        _text("data"),
    )
    op.create_index("backups_of", "backups", ["server_id", "made_at"])
    op.create_table("backup_settings", _of_server(key=True), _text("data"))
    op.create_table("offsite_targets", _text("id", key=True), _text("name"), _moment("created_at"), _text("data"))
    op.create_table(
        "offsite_copies",
        _text("backup_id", key=True),
        _text("target_id", key=True),
        _text("server_id"),
        _text("state"),
        _moment("at"),
        _text("data"),
    )
    op.create_table(
        "restores",
        _text("id", key=True),
        _text("server_id"),
        _text("run_id", null=True),
        _moment("started_at"),
        _moment("ended_at", null=True),
        _text("phase"),
        _text("outcome", null=True),
        _text("data"),
    )
    op.create_table(
        "schedules",
        _text("id", key=True),
        _of_server(),
        _text("name"),
        sa.Column("enabled", sa.Boolean, nullable=False),
        _moment("created_at"),
        _text("created_by"),
        _moment("updated_at"),
        _text("data"),
    )
    op.create_table(
        "schedule_debts",
        _text("run_id", key=True),
        _text("schedule_id"),
        _of_server(),
        _text("name"),
        _moment("since"),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        _text("steps"),
    )
    op.create_table("update_policies", _of_server(key=True), _text("data"))
    op.create_table(
        "updates",
        _text("id", key=True),
        _of_server(),
        _text("run_id", null=True),
        _moment("started_at"),
        _moment("ended_at", null=True),
        _text("phase"),
        _text("outcome", null=True),
        _text("data"),
    )
    op.create_index("updates_of", "updates", ["server_id", "id"])
    op.create_table(
        "alerts",
        _text("id", key=True),
        _text("key"),
        _text("kind"),
        _text("severity"),
        _text("server_id", null=True),
        _text("job_id", null=True),
        _moment("opened_at"),
        _moment("last_at"),
        sa.Column("count", sa.Integer, nullable=False),
        _moment("closed_at", null=True),
        _moment("acknowledged_at", null=True),
        _text("acknowledged_by", null=True),
        _text("data"),
    )
    op.create_index("alerts_open", "alerts", ["key"], unique=True, sqlite_where=sa.text("closed_at IS NULL"))
    op.create_index("alerts_at", "alerts", ["last_at"])
    op.create_table("notification_targets", _text("id", key=True), _text("name"), _moment("created_at"), _text("data"))
    op.create_table(
        "notification_deliveries",
        _text("id", key=True),
        _text("target_id"),
        _moment("at"),
        _text("state"),
        sa.Column("attempts", sa.Integer, nullable=False),
        _moment("next_try_at", null=True),
        _text("data"),
    )
    op.create_index("notification_deliveries_at", "notification_deliveries", ["at"])
    op.create_table("alert_settings", sa.Column("id", sa.Integer, primary_key=True), _text("data"))
