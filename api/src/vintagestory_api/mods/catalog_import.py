"""Brings the catalogue in line with one answer of the mod database: `python -m vintagestory_api.mods.catalog_import`.

It runs as a process of its own, because taking in megabytes of JSON holds Python's lock long enough to stall an event
loop. It writes in one transaction: killed at any moment, it leaves the old catalogue or the new one. It prints one JSON
object, the report or `{"error": {"code", "message"}}`, and ends with 0 or 1. Only the standard library and orjson are
imported, so that it starts quickly.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import re
import sqlite3
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.mods.catalog_store import CatalogDamaged, damaged, is_damage, open_catalog, transaction
from vintagestory_api.mods.folding import clean, fold

SITE = "https://mods.vintagestory.at"

#: From this many known mods on, a list with fewer than half of them is taken for a fault of the upstream.
SHRINK_CHECK_FROM = 100
#: The real list is 2 MB long; what is far larger is not the list.
MAX_LIST_BYTES = 64 * 1024 * 1024
MAX_MEMORY_BYTES = 2 * 1024**3
#: Some letters fold to many; cursors hold the key, and addresses have limits.
MAX_NAME_KEY = 200
#: From this many new texts on, the index is worth packing.
PACK_INDEX_FROM = 500

_MAX_INTEGER = 2**53
_DATE = "%Y-%m-%d %H:%M:%S"
_PLAIN_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_PACKED_COLOR = re.compile(r"#([0-9]{7,10})")


class ImportRefused(Exception):
    """The answer can't be taken in; nothing was changed. `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclasses.dataclass(frozen=True, slots=True)
class Mod:
    """One row of the mod list, made sound. Times are integer UTC milliseconds, 0 where unknown."""

    modid: int
    assetid: int
    downloads: int
    follows: int
    trendingpoints: int
    comments: int
    name: str
    summary: str
    modidstrs: tuple[str, ...]
    author: str
    urlalias: str | None
    side: str
    type: str
    logo: str | None
    tags: tuple[str, ...]
    lastreleased: int

    def item(self) -> bytes:
        """The mod as lists of the API show it."""
        return orjson.dumps(
            {
                "id": self.modid,
                "asset_id": self.assetid,
                "name": self.name,
                "summary": self.summary,
                "author": self.author,
                "modids": self.modidstrs,
                "side": self.side,
                "type": self.type,
                "tags": self.tags,
                "downloads": self.downloads,
                "follows": self.follows,
                "comments": self.comments,
                "trending_points": self.trendingpoints,
                "logo_url": logo_address(self.modid) if self.logo else None,
                "url_alias": self.urlalias,
                "page_url": page_url(self.assetid, self.urlalias),
                "last_released": rfc3339(self.lastreleased or None),
            }
        )

    def texts(self) -> tuple[str, ...]:
        """What is searched, in the order of the index's columns."""
        return (self.name, " ".join(self.modidstrs), self.author, " ".join(self.tags), self.summary)


@dataclasses.dataclass(frozen=True, slots=True)
class Extra:
    """What comes with the list: tags (name, color) and game versions (tag_id, name); None = leave what is stored."""

    tags: dict[str, tuple[str, str | None]] | None = None
    game_versions: dict[str, int] | None = None


def page_url(assetid: int, urlalias: str | None) -> str:
    """A mod's page for people."""
    return f"{SITE}/{quote(urlalias)}" if urlalias else f"{SITE}/show/mod/{assetid}"


def logo_address(modid: int) -> str:
    """Where browsers get a mod's logo: from us, never from the place that the mod database names."""
    return f"/api/v1/catalog/mods/{modid}/logo"


def import_list(list_file: Path, catalog: Path, extra_file: Path | None = None) -> dict[str, int]:
    """Take in the answer of `/api/mods` in `list_file`; returns the report.

    Raises `ImportRefused`, `CatalogDamaged`, `OSError`, `sqlite3.Error`; then nothing was changed.
    """
    mods, invalid = read_mods(list_file)
    extra = read_extra(extra_file) if extra_file is not None else Extra()
    connection = open_catalog(catalog)
    try:
        problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise damaged(catalog)
        return _write(connection, mods, invalid, extra)
    finally:
        connection.close()


def read_mods(list_file: Path) -> tuple[dict[int, Mod], int]:
    """The mods of the answer, and how many of its rows make no mod. Raises `ImportRefused` when it is no mod list."""
    answer = _load(list_file)
    if not isinstance(answer, dict):
        raise ImportRefused("not_a_mod_list", "The mod database's answer is JSON, but not an object.")
    if str(answer.get("statuscode")) != "200":
        raise ImportRefused(
            "refused_by_upstream", f"The mod database answered with status {clean(str(answer.get('statuscode')), 40)!r}."
        )
    rows = answer.get("mods")
    if not isinstance(rows, list):
        raise ImportRefused("not_a_mod_list", "The mod database's answer holds no list of mods.")
    mods: dict[int, Mod] = {}
    for row in rows:
        mod = read_mod(row)
        if mod is not None and mod.modid not in mods:
            mods[mod.modid] = mod
    if not mods:
        raise ImportRefused("empty_list", f"The mod database's list holds no mod that can be read ({len(rows)} rows).")
    return mods, len(rows) - len(mods)


def read_mod(row: object) -> Mod | None:
    """One row, odd types brought into shape; None when it has no number of its own."""
    if not isinstance(row, dict):
        return None
    modid = _integer(row.get("modid"))
    if modid is None or modid <= 0:
        return None
    return Mod(
        modid=modid,
        assetid=_integer(row.get("assetid")) or 0,
        downloads=_integer(row.get("downloads")) or 0,
        follows=_integer(row.get("follows")) or 0,
        trendingpoints=_integer(row.get("trendingpoints")) or 0,
        comments=_integer(row.get("comments")) or 0,
        name=_text(row.get("name"), 300) or f"Mod {modid}",
        summary=_text(row.get("summary"), 1_000),
        modidstrs=_texts(row.get("modidstrs"), 128),
        author=_text(row.get("author"), 200),
        urlalias=_text(row.get("urlalias"), 200) or None,
        side=_text(row.get("side"), 40).lower() or "both",
        type=_text(row.get("type"), 40).lower() or "mod",
        logo=_address(row.get("logo")),
        tags=_texts(row.get("tags"), 64),
        lastreleased=_moment(row.get("lastreleased")),
    )


def read_extra(extra_file: Path) -> Extra:
    """Tags and game versions as the manager wrote them: `{"tags": [{name, color}], "game_versions": [{tag_id, name}]}`.

    `tag_id` is text, because it may be too large for JSON.
    """
    document = _load(extra_file)
    if not isinstance(document, dict):
        raise ImportRefused("not_json", "The file with tags and game versions is no JSON object.")
    tags: dict[str, tuple[str, str | None]] = {}
    for row in document.get("tags") or []:
        if name := _text(row.get("name"), 64):
            tags.setdefault(fold(name), (name, _color(row.get("color"))))
    versions: dict[str, int] = {}
    for row in document.get("game_versions") or []:
        if name := _text(row.get("name"), 64):
            # SQLite's integers have 64 bits, and so do the site's packed versions.
            versions.setdefault(name, max(-(2**63), min(2**63 - 1, int(row["tag_id"]))))
    return Extra(tags or None, versions or None)


def _write(connection: sqlite3.Connection, mods: dict[int, Mod], invalid: int, extra: Extra) -> dict[str, int]:
    before = connection.total_changes
    with transaction(connection):
        known: dict[int, tuple[bytes, int]] = {
            modid: (row_hash, gone) for modid, row_hash, gone in connection.execute("SELECT modid, row_hash, gone FROM mods")
        }
        listed = {modid for modid, (_, gone) in known.items() if not gone}
        if len(listed) >= SHRINK_CHECK_FROM and len(mods) * 2 < len(listed):
            raise ImportRefused(
                "shrunk",
                f"The mod database's list holds {len(mods)} mods where {len(listed)} are known; "
                "that looks like a fault there, so the known ones stay.",
            )
        items = {modid: mod.item() for modid, mod in mods.items()}
        # The address of a logo is stored, but not shown.
        hashes = {modid: _digest(items[modid] + (mod.logo or "").encode()) for modid, mod in mods.items()}
        new = [modid for modid in mods if modid not in listed]
        changed = [modid for modid in mods if modid in listed and known[modid][0] != hashes[modid]]
        vanished = sorted(listed - mods.keys())
        now_ms = time.time_ns() // 1_000_000
        _write_mods(connection, [(mods[modid], items[modid], hashes[modid], now_ms) for modid in (*new, *changed)])
        _remove_mods(connection, vanished)
        tags = _write_tags(connection, extra.tags)
        versions = _write_game_versions(connection, extra.game_versions)
        rows_written = connection.total_changes - before
    return {
        "mods": len(mods),
        "new": len(new),
        "changed": len(changed),
        "vanished": len(vanished),
        "unchanged": len(mods) - len(new) - len(changed),
        "invalid": invalid,
        "tags": tags,
        "game_versions": versions,
        "rows_written": rows_written,
    }


def _write_mods(connection: sqlite3.Connection, entries: Sequence[tuple[Mod, bytes, bytes, int]]) -> None:
    connection.executemany(
        """INSERT INTO mods (modid, assetid, downloads, follows, trendingpoints, comments, name, summary, author, urlalias,
               side, type, logo, lastreleased, name_key, author_key, row_hash, first_seen, gone)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
           ON CONFLICT (modid) DO UPDATE SET assetid = excluded.assetid, downloads = excluded.downloads,
               follows = excluded.follows, trendingpoints = excluded.trendingpoints, comments = excluded.comments,
               name = excluded.name, summary = excluded.summary, author = excluded.author, urlalias = excluded.urlalias,
               side = excluded.side, type = excluded.type, logo = excluded.logo, lastreleased = excluded.lastreleased,
               name_key = excluded.name_key, author_key = excluded.author_key, row_hash = excluded.row_hash, gone = 0""",
        (
            (
                *(mod.modid, mod.assetid, mod.downloads, mod.follows, mod.trendingpoints, mod.comments, mod.name, mod.summary),
                *(mod.author, mod.urlalias, mod.side, mod.type, mod.logo, mod.lastreleased),
                *(fold(mod.name)[:MAX_NAME_KEY], fold(mod.author), row_hash, now_ms),
            )
            for mod, _, row_hash, now_ms in entries
        ),
    )
    connection.executemany(
        "INSERT OR REPLACE INTO mod_items (modid, item) VALUES (?, ?)", ((mod.modid, item) for mod, item, _, _ in entries)
    )
    _write_texts(connection, [mod for mod, _, _, _ in entries])


def _write_texts(connection: sqlite3.Connection, mods: Sequence[Mod]) -> None:
    """Most changes are a few more downloads: what is searched is only written where it changed."""
    known: dict[int, bytes] = dict(connection.execute("SELECT modid, text_hash FROM mod_texts"))
    digests = {mod.modid: _digest(orjson.dumps((mod.name, mod.modidstrs, mod.author, mod.tags, mod.summary))) for mod in mods}
    mods = [mod for mod in mods if known.get(mod.modid) != digests[mod.modid]]
    _remove_texts(connection, [mod.modid for mod in mods if mod.modid in known])
    folded = {mod.modid: tuple(fold(text) for text in mod.texts()) for mod in mods}
    connection.executemany(
        "INSERT INTO mod_texts (modid, text, text_hash) VALUES (?, ?, ?)",
        ((modid, "\n".join(texts), digests[modid]) for modid, texts in folded.items()),
    )
    connection.executemany(
        "INSERT INTO mods_fts (rowid, name, ids, author, tags, summary) VALUES (?, ?, ?, ?, ?, ?)",
        ((modid, *texts) for modid, texts in folded.items()),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO mod_modids (modidstr_key, modid, modidstr) VALUES (?, ?, ?)",
        ((fold(modidstr), mod.modid, modidstr) for mod in mods for modidstr in mod.modidstrs),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO mod_tags (tag_key, modid) VALUES (?, ?)",
        ((fold(tag), mod.modid) for mod in mods for tag in mod.tags),
    )
    if len(mods) >= PACK_INDEX_FROM:
        connection.execute("INSERT INTO mods_fts (mods_fts) VALUES ('optimize')")


def _remove_mods(connection: sqlite3.Connection, modids: Sequence[int]) -> None:
    connection.executemany("UPDATE mods SET gone = 1 WHERE modid = ?", ((modid,) for modid in modids))
    connection.executemany("DELETE FROM mod_items WHERE modid = ?", ((modid,) for modid in modids))
    _remove_texts(connection, modids)


def _remove_texts(connection: sqlite3.Connection, modids: Sequence[int]) -> None:
    for statement in (
        "DELETE FROM mod_texts WHERE modid = ?",
        "DELETE FROM mods_fts WHERE rowid = ?",
        "DELETE FROM mod_modids WHERE modid = ?",
        "DELETE FROM mod_tags WHERE modid = ?",
    ):
        connection.executemany(statement, ((modid,) for modid in modids))


def _write_tags(connection: sqlite3.Connection, tags: dict[str, tuple[str, str | None]] | None) -> int:
    """Write the tags if they differ; returns how many there are now."""
    known = {key: (name, color) for key, name, color in connection.execute("SELECT tag_key, name, color FROM tags")}
    if tags is None or tags == known:
        return len(known)
    connection.execute("DELETE FROM tags")
    rows = ((key, name, color) for key, (name, color) in tags.items())
    connection.executemany("INSERT INTO tags (tag_key, name, color) VALUES (?, ?, ?)", rows)
    return len(tags)


def _write_game_versions(connection: sqlite3.Connection, versions: dict[str, int] | None) -> int:
    """Write the game versions if they differ; returns how many there are now."""
    known: dict[str, int] = dict(connection.execute("SELECT name, tag_id FROM catalog_game_versions"))
    if versions is None or versions == known:
        return len(known)
    connection.execute("DELETE FROM catalog_game_versions")
    connection.executemany("INSERT INTO catalog_game_versions (name, tag_id) VALUES (?, ?)", versions.items())
    return len(versions)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _load(file: Path) -> Any:
    if file.stat().st_size > MAX_LIST_BYTES:
        raise ImportRefused("too_large", f"The mod database's answer is larger than {MAX_LIST_BYTES} bytes.")
    data = file.read_bytes()
    try:
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            return json.loads(data)  # takes half an emoji and numbers of any size, and one bad row is no reason to lose all
    except (ValueError, RecursionError) as error:
        raise ImportRefused("not_json", f"The mod database's answer is not JSON: {clean(str(error), 200)}.") from error


def _integer(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and len(value) <= 20:
        text = value.strip()
        value = int(text) if text.isascii() and text.removeprefix("-").isdigit() else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and -_MAX_INTEGER < value < _MAX_INTEGER else None


def _text(value: object, limit: int) -> str:
    if isinstance(value, str):
        return clean(value, limit)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MAX_INTEGER else ""


def _texts(value: object, limit: int) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(text for entry in values[:64] if (text := _text(entry, limit))))


def _address(value: object) -> str | None:
    text = _text(value, 2_000)
    return text if text.startswith(("https://", "http://")) and " " not in text else None


def _moment(value: object) -> int:
    """The site's dates have no zone and are taken as UTC. 0 for what is no date."""
    text = _text(value, 40)
    try:
        # Much faster than strptime for the usual form.
        moment = datetime.fromisoformat(text) if len(text) == 19 else datetime.strptime(text, _DATE)  # noqa: DTZ007 - the next line adds the zone
        return max(0, int(moment.replace(tzinfo=UTC).timestamp() * 1000))
    except (ValueError, OverflowError):
        return 0


def _color(value: object) -> str | None:
    """`#rrggbb`. The site's tags have the number of an RGBA colour in decimal after the `#` (source: recorded answers)."""
    text = _text(value, 20)
    if packed := _PACKED_COLOR.fullmatch(text):
        number = int(packed[1])
        return f"#{number >> 8:06x}" if number < 2**32 else None
    return text.lower() if _PLAIN_COLOR.fullmatch(text) else None


def _main(arguments: Sequence[str]) -> int:
    if len(arguments) not in {2, 3}:
        return _fail("usage", "usage: python -m vintagestory_api.mods.catalog_import LIST.json CATALOG.db [EXTRA.json]")
    _be_modest()
    try:
        report = import_list(*(Path(argument) for argument in arguments))
    except (ImportRefused, CatalogDamaged) as error:
        return _fail(error.code, str(error))
    except MemoryError:
        return _fail("too_large", "The mod database's list needs more memory than a list of mods may.")
    except (sqlite3.Error, OSError) as error:
        if isinstance(error, sqlite3.Error) and is_damage(error):
            return _fail(CatalogDamaged.code, str(damaged(Path(arguments[1]))))
        reason = error.strerror if isinstance(error, OSError) else error
        return _fail("catalog_not_written", f"The catalogue could not be written: {reason}. Check the free disk space.")
    sys.stdout.write(orjson.dumps(report).decode() + "\n")
    return 0


def _be_modest() -> None:
    """Leave the processor to the manager and the games, and the memory, too: a hostile list could become gigabytes."""
    if hasattr(os, "nice"):
        os.nice(10)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - only on Unix

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


def _fail(code: str, message: str) -> int:
    sys.stdout.write(orjson.dumps({"error": {"code": code, "message": message}}).decode() + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
