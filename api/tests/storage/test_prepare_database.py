"""What happens to the database at start: made, recognized, migrated, or refused untouched."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from vintagestory_api import storage
from vintagestory_api.storage import database, upgrade
from vintagestory_api.storage.database import (
    HEAD_REVISION,
    Database,
    DatabaseOutOfDate,
    DatabaseTooNew,
    DatabaseUnavailable,
    DatabaseUnreadable,
    MigrationFailed,
    find_damage,
    prepare_database,
    read_revision,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vsmanager.db"


def execute(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement).fetchall()


def copies(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.before-*"))


def test_a_missing_file_becomes_a_database_at_the_newest_revision(path: Path) -> None:
    prepare_database(path)
    assert read_revision(path) == HEAD_REVISION
    assert {name for (name,) in execute(path, "SELECT name FROM sqlite_master WHERE type = 'table'")} == {
        "alembic_version",
        "alert_settings",
        "alerts",
        "audit",
        "backup_settings",
        "backups",
        "chat",
        "job_runs",
        "job_states",
        "notification_deliveries",
        "notification_targets",
        "offsite_copies",
        "offsite_targets",
        "player_sessions",
        "players",
        "recovery_codes",
        "restores",
        "schedule_debts",
        "schedules",
        "second_factors",
        "server_config_pending",
        "server_config_versions",
        "server_roles",
        "server_samples",
        "server_timeline",
        "servers",
        "sessions",
        "tokens",
        "update_policies",
        "updates",
        "users",
    }
    assert execute(path, "PRAGMA journal_mode") == [("wal",)]
    assert path.stat().st_mode & 0o777 == 0o600
    assert copies(path) == []


def test_the_constant_is_the_newest_revision_of_the_migrations() -> None:
    assert upgrade.head_revision() == HEAD_REVISION
    assert HEAD_REVISION in upgrade.known_revisions()


def test_a_start_with_nothing_to_migrate_imports_neither_alembic_nor_sqlalchemy(path: Path) -> None:
    prepare_database(path)
    code = (
        "import sys; from pathlib import Path; from vintagestory_api.storage.database import prepare_database;"
        "prepare_database(Path(sys.argv[1]));"
        "print(sorted({'alembic', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_a_tick_is_claimed_once_but_manual_runs_are_not_limited(path: Path) -> None:
    prepare_database(path)
    columns = "INSERT INTO job_runs (id, job_id, trigger, scheduled_for, state) VALUES"
    execute(path, f"{columns} ('1', 'j', 'schedule', 1000, 'running')")
    execute(path, f"{columns} ('2', 'j', 'manual', 1000, 'queued')")
    execute(path, f"{columns} ('3', 'j', 'manual', 1000, 'queued')")
    with pytest.raises(sqlite3.IntegrityError):
        execute(path, f"{columns} ('4', 'j', 'catch_up', 1000, 'running')")
    assert execute(path, "SELECT server_key, attempt, ticks, host FROM job_runs WHERE id = '1'") == [("", 1, 1, "")]


def test_an_empty_file_is_filled(path: Path) -> None:
    path.touch()
    prepare_database(path)
    assert read_revision(path) == HEAD_REVISION


def test_a_creation_killed_half_way_leaves_a_file_that_the_next_start_fills(path: Path) -> None:
    code = (
        "import os, sys, signal; from pathlib import Path; from alembic.runtime.migration import MigrationContext\n"
        "from alembic import op; from vintagestory_api.storage.database import prepare_database\n"
        "make = op.create_table\n"
        "def create_table(name, *rest, **more):\n"
        "    if name == 'audit': os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return make(name, *rest, **more)\n"
        "op.create_table = create_table\n"
        "prepare_database(Path(sys.argv[1]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -9, done.stderr
    assert path.exists()
    assert read_revision(path) is None
    prepare_database(path)
    assert read_revision(path) == HEAD_REVISION
    assert find_damage(path) == []


class TestOlderDatabase:
    """One at revision 0000, which this class teaches the migrations to know."""

    @pytest.fixture(autouse=True)
    def _older(self, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        scripts = tmp_path / "100% migrations"
        (scripts / "versions").mkdir(parents=True)
        (scripts / "env.py").write_text((upgrade._SCRIPTS / "env.py").read_text())
        (scripts / "versions" / "old.py").write_text("revision = '0000'\ndown_revision = None\ndef upgrade(): pass\n")
        self.newest = scripts / "versions" / "new.py"
        self.newest.write_text(
            f"from alembic import op\nrevision = '{HEAD_REVISION}'\ndown_revision = '0000'\n"
            "def upgrade():\n    op.execute('CREATE TABLE added (x)')\n    op.execute('DELETE FROM kept WHERE x = 1')\n"
        )
        monkeypatch.setattr(upgrade, "_SCRIPTS", scripts)
        execute(path, "CREATE TABLE alembic_version (version_num TEXT)")
        execute(path, "INSERT INTO alembic_version VALUES ('0000')")
        execute(path, "CREATE TABLE kept (x)")
        execute(path, "INSERT INTO kept VALUES (1), (2)")

    def test_is_migrated_after_a_copy_was_made(self, path: Path) -> None:
        prepare_database(path)
        assert read_revision(path) == HEAD_REVISION
        assert execute(path, "SELECT x FROM kept") == [(2,)]
        (copy,) = copies(path)
        assert copy.name.startswith("vsmanager.db.before-0000-")
        assert copy.stat().st_mode & 0o777 == 0o600
        assert execute(copy, "SELECT x FROM kept") == [(1,), (2,)]

    def test_is_copied_with_what_lies_in_its_write_ahead_log(self, path: Path) -> None:
        execute(path, "PRAGMA journal_mode = WAL")
        with closing(sqlite3.connect(path)) as writer:
            writer.execute("INSERT INTO kept VALUES (3)")
            writer.commit()
            prepare_database(path)
        (copy,) = copies(path)
        assert execute(copy, "SELECT x FROM kept") == [(1,), (2,), (3,)]

    def test_stays_as_it_was_when_the_migration_fails(self, path: Path) -> None:
        self.newest.write_text(self.newest.read_text() + "    op.execute('INSERT INTO nowhere VALUES (1)')\n")
        with pytest.raises(MigrationFailed, match="it is unchanged"):
            prepare_database(path)
        assert read_revision(path) == "0000"
        assert execute(path, "SELECT x FROM kept") == [(1,), (2,)]
        assert execute(path, "SELECT name FROM sqlite_master WHERE name = 'added'") == []

    def test_is_not_migrated_when_no_copy_can_be_made(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_path: Path, _revision: str) -> Path:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(database, "_copy_before", full)
        with pytest.raises(MigrationFailed, match="disk is full"):
            prepare_database(path)
        assert read_revision(path) == "0000"

    def test_keeps_the_last_three_copies(self, path: Path) -> None:
        for year in ("2001", "2002", "2003", "2004"):
            (path.parent / f"vsmanager.db.before-9999-{year}0101T000000.000000Z").touch()
        prepare_database(path)
        assert [copy.name.split("-")[-1][:4] for copy in copies(path)][-2:] == ["2003", "2004"]
        assert len(copies(path)) == 3

    def test_is_refused_where_migrating_is_not_allowed(self, path: Path) -> None:
        with pytest.raises(DatabaseOutOfDate, match="Restart the manager"):
            prepare_database(path, may_migrate=False)
        assert read_revision(path) == "0000"
        assert copies(path) == []


def test_a_missing_database_is_not_made_where_migrating_is_not_allowed(path: Path) -> None:
    with pytest.raises(DatabaseOutOfDate, match="vsmanager serve"):
        prepare_database(path, may_migrate=False)
    assert not path.exists()


@pytest.mark.parametrize("may_migrate", [True, False])
def test_a_database_of_a_newer_version_is_left_alone(path: Path, may_migrate: bool) -> None:
    prepare_database(path)
    execute(path, "UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(DatabaseTooNew, match="newer version of the manager"):
        prepare_database(path, may_migrate=may_migrate)
    assert path.read_bytes() == before
    assert copies(path) == []


@pytest.mark.parametrize("content", [b"x", b"not a database " * 1000, b"SQLite format 3\x00" + b"\xff" * 4000, b"\x00" * 4096])
def test_a_file_that_is_no_database_is_named_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DatabaseUnreadable, match="move it aside") as caught:
        prepare_database(path)
    assert str(path) in caught.value.message
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_truncated_database_is_refused_and_left_alone(path: Path) -> None:
    prepare_database(path)
    content = path.read_bytes()[:-20_000]
    path.write_bytes(content)
    with pytest.raises(DatabaseUnreadable):
        prepare_database(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    execute(path, "CREATE TABLE bookmarks (url)")
    with pytest.raises(DatabaseUnreadable, match="another program"):
        prepare_database(path)


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(DatabaseUnreadable, match="can't be opened"):
        prepare_database(path)


def test_a_missing_data_folder_is_reported_without_a_traceback_of_sqlite(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="can't be made"):
        prepare_database(tmp_path / "missing" / "vsmanager.db")


def test_damage_is_found(path: Path) -> None:
    prepare_database(path)
    for number in range(200):
        execute(path, f"INSERT INTO job_states (job_id) VALUES ('{number:0>500}')")
    content = bytearray(path.read_bytes())
    content[-4096:] = b"\xff" * 4096
    path.write_bytes(bytes(content))
    assert find_damage(path)


def test_two_processes_may_create_it_at_once(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from vintagestory_api.storage.database import prepare_database;"
        "prepare_database(Path(sys.argv[1]))"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(2)]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    assert read_revision(path) == HEAD_REVISION


def test_the_making_waits_for_a_program_that_holds_the_new_file(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.3, other.rollback)
        release.start()
        try:
            upgrade.upgrade_to_head(path)
        finally:
            release.join()
    assert read_revision(path) == HEAD_REVISION


async def test_the_engine_enforces_foreign_keys_and_waits_for_locks(path: Path) -> None:
    prepare_database(path)
    held = Database(path)
    try:
        assert await held.run(lambda connection: connection.exec_driver_sql("PRAGMA foreign_keys").scalar()) == 1
        assert await held.run(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout").scalar()) == 5000
    finally:
        await held.aclose()


async def test_a_failed_transaction_leaves_nothing(path: Path) -> None:
    prepare_database(path)
    held = Database(path)

    def half(connection) -> None:  # type: ignore[no-untyped-def] # SQLAlchemy is imported late
        connection.exec_driver_sql("INSERT INTO job_states (job_id) VALUES ('a')")
        raise RuntimeError("half-way")

    try:
        with pytest.raises(RuntimeError, match="half-way"):
            await held.run(half)
        assert execute(path, "SELECT count(*) FROM job_states") == [(0,)]
    finally:
        await held.aclose()


async def test_many_callers_share_one_engine(path: Path) -> None:
    prepare_database(path)
    held = Database(path)
    try:
        first, *others = await asyncio.gather(*(held.engine() for _ in range(5)))
        assert all(other is first for other in others)
    finally:
        await held.aclose()


def test_of_an_up_to_date_database_only_the_version_is_looked_at(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_database(path)
    statements: list[str] = []
    connect = database._connect

    def watched(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr(database, "_connect", watched)
    monkeypatch.setattr(storage, "upgrade", None)  # nothing of it is needed
    prepare_database(path)
    assert statements == [
        "SELECT name FROM sqlite_master WHERE type = 'table'",
        "SELECT version_num FROM alembic_version",
    ]


def test_no_table_loads_the_dialect_of_a_database_that_is_not_used() -> None:
    script = (
        "import importlib, pathlib, sys\n"
        "import vintagestory_api\n"
        "root = pathlib.Path(vintagestory_api.__file__).parent\n"
        "files = sorted([*root.glob('*/tables.py'), *root.glob('*/*_tables.py')])\n"
        "for file in files:\n"
        "    importlib.import_module(f'vintagestory_api.{file.parent.name}.{file.stem}')\n"
        "print(len(files) > 5, 'sqlalchemy.dialects.postgresql' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
