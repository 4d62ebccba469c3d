"""What is asked of the catalogue besides searches: one mod, mods by their ids, which fit a version of the game, tags.

Each function reads from a connection that it is given, and blocks.
"""

import sqlite3
from dataclasses import dataclass
from typing import Any

import orjson

from vintagestory_api.mods.catalog_import import logo_address
from vintagestory_api.mods.catalog_search import find_pointed_number
from vintagestory_api.mods.folding import fold
from vintagestory_api.mods.pointer import Pointer


@dataclass(frozen=True)
class ListedMod:
    """A listed mod that has a certain id. `modid` is that id as the mod database spells it."""

    catalog_id: int
    modid: str
    name: str
    logo_url: str | None


@dataclass(frozen=True)
class FittingMods:
    """Numbers of the mods with a release for one line of game versions, as of `fetched_at` (UTC milliseconds)."""

    modids: frozenset[int]
    fetched_at: int
    stale: bool


@dataclass(frozen=True)
class KnownMod:
    """What is stored about the mod that a key means; `item` as lists show it, empty for a mod that is not in the list."""

    modid: int
    listed: bool
    lastreleased: int
    item: dict[str, Any]
    also: tuple[tuple[int, str], ...]
    logo: str | None = None

    @property
    def logo_url(self) -> str | None:
        return logo_address(self.modid) if self.logo else None


@dataclass(frozen=True)
class KeptDetails:
    document: bytes
    fetched_at: int
    lastreleased: int


def find_mod(connection: sqlite3.Connection, key: str) -> KnownMod | None:
    """The mod that `key` means: a number first, then an id, then the number of a mod that is not in the list now."""
    columns = "m.modid, m.gone, m.lastreleased, m.name, m.logo"
    number = int(key) if key.isascii() and key.isdigit() and len(key) <= 18 else -1
    numbered = connection.execute(f"SELECT {columns} FROM mods m WHERE m.modid = ?", (number,)).fetchall()  # noqa: S608 - fixed columns
    rows = [row for row in numbered if not row[1]]
    if not rows:
        rows = (
            connection.execute(
                f"""SELECT {columns} FROM mod_modids i JOIN mods m USING (modid)
            WHERE i.modidstr_key = ? ORDER BY m.downloads DESC, m.modid""",  # noqa: S608 - fixed columns
                (fold(key),),
            ).fetchall()
            or numbered
        )
    if not rows:
        seen = connection.execute("SELECT modid FROM details WHERE modid = ?", (number,)).fetchone()
        return KnownMod(seen[0], listed=False, lastreleased=0, item={}, also=()) if seen is not None else None
    modid, gone, lastreleased, _, logo = rows[0]
    item = connection.execute("SELECT item FROM mod_items WHERE modid = ?", (modid,)).fetchone()
    return KnownMod(
        modid=modid,
        listed=not gone,
        lastreleased=lastreleased,
        item=orjson.loads(item[0]) if item is not None else {},
        also=tuple((row[0], row[3]) for row in rows[1:]),
        logo=logo,
    )


def read_listed(connection: sqlite3.Connection, keys: list[str]) -> dict[str, ListedMod]:
    """By the folded id."""
    # The plus keeps SQLite from walking all mods in the order of their downloads, and looking for the ids at each.
    rows = connection.execute(
        """SELECT i.modidstr_key, m.modid, i.modidstr, m.name, m.logo IS NOT NULL
        FROM json_each(?) k CROSS JOIN mod_modids i ON i.modidstr_key = k.value CROSS JOIN mods m USING (modid)
        WHERE m.gone = 0 ORDER BY +m.downloads, m.modid DESC""",
        (orjson.dumps(keys).decode(),),
    )
    return {
        key: ListedMod(modid, text, name, logo_address(modid) if has_logo else None) for key, modid, text, name, has_logo in rows
    }


def find_pointed(connection: sqlite3.Connection, pointer: Pointer) -> ListedMod | None:
    number = find_pointed_number(connection, pointer)
    row = connection.execute("SELECT name, logo IS NOT NULL FROM mods WHERE modid = ?", (number,)).fetchone()
    if number is None or row is None:
        return None
    ids = [text for (text,) in connection.execute("SELECT modidstr FROM mod_modids WHERE modid = ? ORDER BY modidstr", (number,))]
    named = [text for text in ids if fold(text) == fold(pointer.value)]
    return ListedMod(number, next(iter(named or ids), ""), row[0], logo_address(number) if row[1] else None)


def read_fits_of(connection: sqlite3.Connection, minor: str, modids: list[int]) -> tuple[int | None, frozenset[int]]:
    row = connection.execute("SELECT fetched_at FROM fit_lists WHERE minor = ?", (minor,)).fetchone()
    if row is None:
        return None, frozenset()
    found = connection.execute(
        "SELECT f.modid FROM json_each(?) k CROSS JOIN fits f ON f.minor = ? AND f.modid = k.value",
        (orjson.dumps(modids).decode(), minor),
    )
    return row[0], frozenset(modid for (modid,) in found)


def read_details(connection: sqlite3.Connection, modid: int) -> KeptDetails | None:
    row = connection.execute("SELECT document, fetched_at, lastreleased FROM details WHERE modid = ?", (modid,)).fetchone()
    return None if row is None else KeptDetails(*row)


def read_kept(connection: sqlite3.Connection, key: str) -> bytes | None:
    """The page that was kept of the mod that `key` means, as a JSON object."""
    known = find_mod(connection, key)
    kept = read_details(connection, known.modid) if known is not None else None
    return kept.document + b"}" if kept is not None else None


def read_fitting(connection: sqlite3.Connection, minor: str) -> FittingMods | None:
    row = connection.execute("SELECT fetched_at FROM fit_lists WHERE minor = ?", (minor,)).fetchone()
    if row is None:
        return None
    modids = frozenset(modid for (modid,) in connection.execute("SELECT modid FROM fits WHERE minor = ?", (minor,)))
    return FittingMods(modids, row[0], stale=True)


def count_mods(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM mods INDEXED BY mods_listed WHERE gone = 0").fetchone()[0])


def read_tags(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    rows = connection.execute(
        """SELECT t.name, t.color, (SELECT count(*) FROM mod_tags m WHERE m.tag_key = t.tag_key)
        FROM tags t ORDER BY t.tag_key"""
    )
    return [{"name": name, "color": color, "mods": mods} for name, color, mods in rows]
