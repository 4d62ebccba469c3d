"""A database from before there were users keeps all it holds."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from vintagestory_api.access.offline_users import create_admin_offline, list_users_offline
from vintagestory_api.storage import upgrade
from vintagestory_api.storage.database import HEAD_REVISION, find_damage, prepare_database, read_revision

KEPT = {
    "job_runs": "INSERT INTO job_runs (id, job_id, trigger, scheduled_for, state)"
    " VALUES ('1', 'j', 'schedule', 1000, 'succeeded')",
    "job_states": "INSERT INTO job_states (job_id, paused_reason) VALUES ('j', 'holidays')",
    "tokens": "INSERT INTO tokens (id, name, secret_hash, role, created_at, created_by)"
    " VALUES ('1', 'bot', 'h', 'admin', 1, 'me')",
    "audit": "INSERT INTO audit (id, at, who_kind, who_name, action, target, result, details)"
    " VALUES ('1', 1, 'token', 'bot', 'run_job', '{}', 'ok', '{}')",
}


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in KEPT}


def database_at_0001(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = upgrade._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with closing(sqlite3.connect(path)) as database, database:
        for statement in KEPT.values():
            database.execute(statement)


def test_what_was_there_stays_and_users_can_be_made(tmp_path: Path) -> None:
    path = tmp_path / "vsmanager.db"
    database_at_0001(path)
    assert read_revision(path) == "0001"
    before = rows(path)
    assert all(len(found) == 1 for found in before.values())
    prepare_database(path)
    assert read_revision(path) == HEAD_REVISION
    assert find_damage(path) == []
    assert rows(path) == before
    (copy,) = tmp_path.glob("vsmanager.db.before-0001-*")
    assert rows(copy) == before
    create_admin_offline(path, "Anna", "a long password", "root")
    assert [user.name for user in list_users_offline(path)] == ["Anna"]
