"""Whether a world is sound, as SQLite sees it. Nothing but the standard library is imported: programs of their own use this."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

HEADER: Final = b"SQLite format 3\x00"
#: What stays with a world that was not closed properly; without it the world may be torn.
COMPANIONS: Final = ("-journal", "-wal")
_MOST_TOLD: Final = 10
_MAX_TEXT: Final = 300
#: Of SQLite's own steps.
_LOOK_EVERY_STEPS: Final = 1_000_000
_CACHE_KIB: Final = 16_384


def find_damage(world: Path, alive: Callable[[], None] = lambda: None) -> list[str]:
    """What `PRAGMA integrity_check` says of a file that nobody writes meanwhile; nothing for a sound world.

    `alive` is called now and then. No byte of it is changed, no file is made beside it. Raises `OSError`. Blocking.
    """
    with world.open("rb") as file:
        if file.read(len(HEADER)) != HEADER:
            return ["it is no SQLite database"]

    def look() -> int:
        alive()
        return 0

    try:
        # Immutable: neither locked, nor mended, nor looked for a journal beside it.
        uri = world.absolute().as_uri() + "?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.set_progress_handler(look, _LOOK_EVERY_STEPS)
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            said = [str(line) for (line,) in connection.execute(f"PRAGMA integrity_check({_MOST_TOLD})")]
            if said != ["ok"]:
                return [text[:_MAX_TEXT] for text in said] or ["SQLite says nothing of it"]
            return _what_is_missing(connection)
    except (sqlite3.Error, UnicodeError) as error:
        return [str(error)[:_MAX_TEXT]]


def finish_transactions(world: Path) -> None:
    """Let SQLite apply or undo what its journal says, and put everything into the one file. For a copy only.

    Raises `sqlite3.Error`. Blocking.
    """
    with contextlib.closing(
        sqlite3.connect(world.absolute().as_uri() + "?mode=rw", uri=True, isolation_level=None)
    ) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()


def _what_is_missing(connection: sqlite3.Connection) -> list[str]:
    """A world of the game has one row of its own data."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "gamedata" not in tables:
        return ["it is no world of the game: it has no table gamedata"]
    rows = connection.execute("SELECT count(*) FROM gamedata").fetchone()[0]
    return [] if rows else ["it is no world of the game: its table gamedata is empty"]
