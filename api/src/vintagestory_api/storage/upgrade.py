"""Runs the migrations. Importing this module imports Alembic and SQLAlchemy, so it is imported only when one has to run."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.pool import NullPool

#: Two programs may find the same new folder; making a database takes one of them most of a second on a slow disk.
WAIT_FOR_OTHERS_SECONDS = 30.0

_SCRIPTS = Path(__file__).parent / "migrations"


def known_revisions() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def head_revision() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def upgrade_to_head(path: Path) -> None:
    """Bring the database at `path` to the newest revision in one transaction: all of it, or nothing."""
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": WAIT_FOR_OTHERS_SECONDS})

    @event.listens_for(engine, "connect")
    def keep_a_write_ahead_log(connection: Any, _record: Any) -> None:
        _switch_to_write_ahead_log(connection)

    @event.listens_for(engine, "begin")
    def take_the_write_lock(connection: Connection) -> None:
        # The driver itself begins only before statements that change rows, not before those that change tables.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _switch_to_write_ahead_log(connection: Any) -> None:
    """Retries by hand: for a change of the journal mode SQLite reports a lock at once, whatever the timeout of the connection."""
    deadline = time.monotonic() + WAIT_FOR_OTHERS_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            busy = (error.sqlite_errorcode & 0xFF) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
