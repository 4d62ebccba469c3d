"""The run ledger, the states of jobs, API tokens and the audit trail. Times are integer UTC milliseconds."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _run_ledger()
    _access()


def _run_ledger() -> None:
    op.create_table(
        "job_runs",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("job_id", sa.Text, nullable=False),
        sa.Column("server_key", sa.Text, nullable=False, server_default=""),
        sa.Column("trigger", sa.Text, nullable=False),
        sa.Column("scheduled_for", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("attempt", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.Column("ticks", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.Column("progress", sa.REAL),
        sa.Column("message", sa.Text),
        sa.Column("report", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("log", sa.Text),
        sa.Column("host", sa.Text, nullable=False, server_default=""),
    )
    planned = sa.text("\"trigger\" IN ('schedule', 'startup', 'catch_up')")
    unfinished = sa.text("state IN ('queued', 'running')")
    op.create_index(
        "job_runs_claim",
        "job_runs",
        ["job_id", "server_key", "scheduled_for"],
        unique=True,
        sqlite_where=planned,
        postgresql_where=planned,
    )
    op.create_index("job_runs_of_job", "job_runs", ["job_id", "server_key", "id"])
    op.create_index("job_runs_unfinished", "job_runs", ["state"], sqlite_where=unfinished, postgresql_where=unfinished)
    op.create_index("job_runs_by_state", "job_runs", ["state", "id"])
    op.create_table(
        "job_states",
        sa.Column("job_id", sa.Text, primary_key=True, nullable=False),
        sa.Column("server_key", sa.Text, primary_key=True, nullable=False, server_default=""),
        sa.Column("paused_reason", sa.Text),
        sa.Column("paused_by", sa.Text),
        sa.Column("paused_at", sa.BigInteger),
    )


def _access() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("last_used_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
    )
    live = sa.text("revoked_at IS NULL")
    op.create_index("tokens_secret", "tokens", ["secret_hash"], unique=True)
    op.create_index("tokens_live_name", "tokens", ["name"], unique=True, sqlite_where=live, postgresql_where=live)
    op.create_table(
        "audit",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who_kind", sa.Text, nullable=False),
        sa.Column("who_id", sa.Text),
        sa.Column("who_name", sa.Text, nullable=False),
        sa.Column("role", sa.Text),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("from_address", sa.Text),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("details", sa.Text, nullable=False),
    )
    op.create_index("audit_at", "audit", ["at"])
    op.create_index("audit_action", "audit", ["action", "id"])
