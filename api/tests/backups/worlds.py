"""Worlds as the game writes them, small, for tests."""

import os
import random
import sqlite3
from pathlib import Path


def make_world(path: Path, *, chunks: int = 50, wal: bool = False) -> Path:
    """A sound world, closed properly."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = random.Random(7)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA page_size = 4096")
    if wal:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE chunk (position INTEGER PRIMARY KEY, data BLOB)")
    connection.execute("CREATE TABLE gamedata (savegameid INTEGER PRIMARY KEY, data BLOB)")
    connection.execute("INSERT INTO gamedata VALUES (1, x'00')")
    rows = ((place, values.randbytes(2500)) for place in range(chunks))
    connection.executemany("INSERT INTO chunk VALUES (?, ?)", rows)
    connection.commit()
    connection.close()
    return path


def damage_world(path: Path) -> None:
    """Overwrite pages in its middle."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xa5" * min(20_000, size // 4))
        file.flush()
        os.fsync(file.fileno())


def chunks_of(path: Path) -> int:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM chunk").fetchone()[0])
    finally:
        connection.close()


def health(path: Path) -> str:
    """What SQLite thinks of it."""
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        connection.close()
