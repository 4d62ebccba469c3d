"""An upgrade of the database that is killed half-way, and a database of a newer version: nothing is lost, all is said."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.commands import idle_folder, vsmanager
from vintagestory_api.storage.database import HEAD_REVISION, find_damage, prepare_database, read_revision

_OLD = "0001"
_MAKE_OLD = f"""
import sys
from pathlib import Path
from alembic import command
real = command.upgrade
command.upgrade = lambda config, _revision: real(config, "{_OLD}")
from vintagestory_api.storage import upgrade
upgrade.upgrade_to_head(Path(sys.argv[1]))
"""
#: Everything is migrated but not committed when it says so, or not even begun.
_MIGRATE_HALF_WAY = """
import sys, time
from pathlib import Path
from alembic import command
real = command.upgrade
def half_way(config, revision):
    if sys.argv[2] == "migrated":
        real(config, revision)
    print("half-way", flush=True)
    time.sleep(600)
command.upgrade = half_way
from vintagestory_api.storage.database import prepare_database
prepare_database(Path(sys.argv[1]))
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """With a database of an older version that holds something."""
    folder = idle_folder(tmp_path / "data")
    subprocess.run([sys.executable, "-c", _MAKE_OLD, str(folder / "vsmanager.db")], check=True)
    assert read_revision(folder / "vsmanager.db") == _OLD
    with closing(sqlite3.connect(folder / "vsmanager.db", isolation_level=None)) as connection:
        connection.execute("INSERT INTO job_states (job_id) VALUES ('mine')")
    return folder


def job_states(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT job_id FROM job_states")]


@pytest.mark.parametrize("moment", ["migrated", "copied"])
def test_a_killed_upgrade_leaves_the_old_database_and_a_copy_and_the_next_start_goes_on(data_dir: Path, moment: str) -> None:
    path = data_dir / "vsmanager.db"
    command = [sys.executable, "-c", _MIGRATE_HALF_WAY, str(path), moment]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half-way\n"
        process.send_signal(signal.SIGKILL)
        process.wait(60)
    assert read_revision(path) == _OLD
    assert (find_damage(path), job_states(path)) == ([], ["mine"])
    (copy,) = data_dir.glob(f"vsmanager.db.before-{_OLD}-*")
    assert (read_revision(copy), find_damage(copy), job_states(copy)) == (_OLD, [], ["mine"])

    prepare_database(path)
    assert (read_revision(path), find_damage(path), job_states(path)) == (HEAD_REVISION, [], ["mine"])


def test_a_database_of_a_newer_version_is_refused_by_serve_and_explained_by_doctor(data_dir: Path) -> None:
    path = data_dir / "vsmanager.db"
    prepare_database(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    served = vsmanager("serve", "--data-dir", str(data_dir), "--port", "0", "--json")
    assert (served.code, served.problem["code"]) == (1, "database_too_new")
    assert "Install that version again, or put back a copy made before the upgrade" in served.err
    checks = vsmanager("doctor", "--offline", "--data-dir", str(data_dir), "--json")
    assert checks.code == 1
    assert '"database"' in checks.out
    assert "written by a newer version of the manager" in checks.out
    assert read_revision(path) == "9999"
    # The copy that was made before goes back in its place, as the page on upgrades says.
    for left in data_dir.glob("vsmanager.db*"):
        if ".before-" not in left.name:
            left.unlink()
    (copy,) = data_dir.glob("vsmanager.db.before-*")
    copy.rename(path)
    prepare_database(path)
    assert job_states(path) == ["mine"]
