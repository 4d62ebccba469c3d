"""The world: a SQLite file with the game's tables, changed while it runs."""

import fcntl
import json
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from vintagestory_sandbox.game.edition import order_of

_SCHEMA = """
CREATE TABLE IF NOT EXISTS chunk (position INTEGER PRIMARY KEY, data BLOB);
CREATE TABLE IF NOT EXISTS mapchunk (position INTEGER PRIMARY KEY, data BLOB);
CREATE TABLE IF NOT EXISTS mapregion (position INTEGER PRIMARY KEY, data BLOB);
CREATE TABLE IF NOT EXISTS gamedata (savegameid INTEGER PRIMARY KEY, data BLOB);
CREATE TABLE IF NOT EXISTS playerdata (playerid INTEGER PRIMARY KEY AUTOINCREMENT, playeruid TEXT, data BLOB);
CREATE INDEX IF NOT EXISTS index_playeruid ON playerdata (playeruid);
"""
_NEW_CHUNKS = 200
_CHUNK_BYTES = 2500
_CHANGED_AT_ONCE = 30
_BACKUP_STEPS = 20
_MIDDLE = 16_000


class WorldInUse(OSError):
    """Another server has this world open."""


class WorldDamaged(Exception):
    """The file is no world, or no longer."""


class WorldTooNew(Exception):
    """A later version of the game has converted it."""


class Saved:
    """What a save wrote."""

    def __init__(self, chunks: int, mapchunks: int, mapregions: int) -> None:
        self.chunks = chunks
        self.text = f"World saved! Saved {chunks} chunks, {mapchunks} mapchunks, {mapregions} mapregions."


class World:
    """An open world. Its rollback journal and the pages that spill into the file make a plain copy of it worthless."""

    def __init__(
        self,
        path: Path,
        seed: int,
        megabytes: int,
        attributes: dict[str, Any],
        *,
        version: str = "0.0.0",
        refuses_newer: bool = False,
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.backing_up = False
        # What the configuration says about them counts for a new world only.
        self.attributes = attributes
        self._random = Random(f"{seed}:world")
        self._dirty = 0
        # Kept open to the end: closing it earlier would drop the locks that SQLite has on the file.
        self._lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise WorldInUse(path) from None
        self.is_new = path.stat().st_size == 0
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        try:
            self._see_who_wrote_it(version, refuses_newer=refuses_newer)
            self._open(megabytes)
            self._convert(version)
        except sqlite3.DatabaseError as error:
            self.close()
            raise WorldDamaged(str(error)) from None
        except WorldTooNew:
            self.close()
            raise

    def change(self) -> None:
        """Begin to change chunks; half of it is in the file, the rest follows with `settle`."""
        if self.backing_up or self._connection.in_transaction:
            return
        self._connection.execute("BEGIN IMMEDIATE")
        self._change_chunks()

    def settle(self) -> None:
        """Finish what `change` has begun."""
        if self._connection.in_transaction:
            self._change_chunks()
            self._connection.execute("COMMIT")

    def save(self, play_seconds: float) -> Saved:
        """Write everything that changed since the last time."""
        self.settle()
        self._connection.execute("UPDATE gamedata SET data = ? WHERE savegameid = 1", (self._game_data(play_seconds),))
        saved = Saved(self._dirty, self._dirty // 8, 8)
        self._dirty = 0
        return saved

    def remember_player(self, uid: str) -> None:
        """Keep the data of a player."""
        self.settle()
        data = self._random.randbytes(700)
        changed = self._connection.execute("UPDATE playerdata SET data = ? WHERE playeruid = ?", (data, uid))
        if not changed.rowcount:
            self._connection.execute("INSERT INTO playerdata (playeruid, data) VALUES (?, ?)", (uid, data))

    def chunks(self) -> int:
        """How many chunks there are."""
        return int(self._connection.execute("SELECT count(*) FROM chunk").fetchone()[0])

    def back_up(self, target: Path, seconds: float, done: Callable[[str | None], None], *, ends: bool = True) -> None:
        """Copy the world with SQLite's online backup in a thread; `done` is called there, with what went wrong.

        One that does not end is done, too, but keeps others away from then on.
        """
        self.settle()
        self.backing_up = True
        target.parent.mkdir(parents=True, exist_ok=True)
        pages = int(self._connection.execute("PRAGMA page_count").fetchone()[0])

        def work() -> None:
            failed = None
            try:
                source = sqlite3.connect(self.path, timeout=30)
                copy = sqlite3.connect(target)
                # Without a cache to speak of, the file grows step by step.
                copy.execute("PRAGMA cache_size = 10")
                copy.execute("PRAGMA journal_mode = OFF")
                source.backup(copy, pages=max(1, pages // _BACKUP_STEPS), sleep=0, progress=_pacing(seconds / _BACKUP_STEPS))
                copy.close()
                source.close()
            except sqlite3.Error as error:
                failed = str(error)
            self.backing_up = not ends
            done(failed)

        threading.Thread(target=work, daemon=True).start()

    def vacuum(self) -> None:
        """Give free pages back."""
        self.settle()
        self._connection.execute("VACUUM")

    def close(self) -> None:
        """Finish writing and let go of the file."""
        with suppress(sqlite3.Error):
            self.settle()
        self._connection.close()
        with suppress(OSError):
            os.close(self._lock)

    def _open(self, megabytes: int) -> None:
        # Few pages stay in memory: a transaction of any size is in the file before it is complete.
        for setting in ("page_size = 4096", "cache_size = 8", "synchronous = OFF"):
            self._connection.execute(f"PRAGMA {setting}")
        if not self.is_new:
            found = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(found)
        self._connection.executescript(_SCHEMA)
        kept = self._connection.execute("SELECT data FROM gamedata WHERE savegameid = 1").fetchone()
        if kept is None:
            self._create(megabytes)
        else:
            with suppress(ValueError):
                self.attributes = json.loads(bytes(kept[0]).rstrip(b"\0"))["attributes"]

    def _see_who_wrote_it(self, version: str, *, refuses_newer: bool) -> None:
        if refuses_newer and self._written_by() > _number_of(version):
            raise WorldTooNew

    def _convert(self, version: str) -> None:
        """To its own form; what a later version has written stays as it is."""
        if self._written_by() < (number := _number_of(version)):
            self._connection.execute(f"PRAGMA user_version = {number}")

    def _written_by(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def _create(self, megabytes: int) -> None:
        count = max(_NEW_CHUNKS, megabytes * 1_000_000 // _CHUNK_BYTES)
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO gamedata VALUES (1, ?)", (self._game_data(0),))
        rows = (
            (_position(_MIDDLE + place % 512, place // 512 % 8, _MIDDLE + place // 4096), self._blob()) for place in range(count)
        )
        self._connection.executemany("INSERT INTO chunk VALUES (?, ?)", rows)
        for table, number in (("mapchunk", count // 8), ("mapregion", 16)):
            rows = ((_position(_MIDDLE + place, 0, _MIDDLE), self._blob()) for place in range(number))
            self._connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)  # noqa: S608 - our own names
        self._connection.execute("COMMIT")

    def _change_chunks(self) -> None:
        known = self.chunks()
        for _ in range(_CHANGED_AT_ONCE):
            place = self._random.randrange(known + known // 50 + 1)
            position = _position(_MIDDLE + place % 512, place // 512 % 8, _MIDDLE + place // 4096)
            self._connection.execute("INSERT OR REPLACE INTO chunk VALUES (?, ?)", (position, self._blob()))
        self._dirty += _CHANGED_AT_ONCE

    def _game_data(self, play_seconds: float) -> bytes:
        data = {"playseconds": round(play_seconds, 1), "attributes": self.attributes}
        return json.dumps(data).encode().ljust(600, b"\0")

    def _blob(self) -> bytes:
        return self._random.randbytes(self._random.randrange(_CHUNK_BYTES // 2, _CHUNK_BYTES * 3 // 2))


def _number_of(version: str) -> int:
    """1.22.7 as 1022007."""
    major, minor, patch, *_rest = order_of(version) or (0, 0, 0)
    return major * 1_000_000 + minor * 1_000 + patch


def _position(x: int, y: int, z: int) -> int:
    return y << 54 | z << 27 | x


def _pacing(seconds: float) -> Callable[[int, int, int], None]:
    pause = threading.Event()

    def wait(_status: int, left: int, _total: int) -> None:
        if left:
            pause.wait(seconds)

    return wait
