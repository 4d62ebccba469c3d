"""Catalogues for tests: lists of mods as the mod database answers them, and a mod database that does as it is told."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vintagestory_api.mods import catalog_import
from vintagestory_api.mods.catalog_search import CatalogPage, read_query, search_catalog
from vintagestory_api.mods.catalog_store import open_catalog, open_catalog_for_reading, prepare_catalog
from vintagestory_api.mods.moddb import ModNotFound
from vintagestory_api.mods.moddb_answers import GameVersionInfo, ModDetails, TagInfo, parse_mod

RELEASED = "2025-12-29 15:53:01"
RELEASED_MS = 1_767_023_581_000


def row(modid: int, name: str = "", **changes: Any) -> dict[str, Any]:
    """One row of the list, with the real one's 16 keys."""
    return {
        "modid": modid,
        "assetid": modid + 10_000,
        "downloads": 100 + modid,
        "follows": 1,
        "trendingpoints": 2,
        "comments": 3,
        "name": name or f"Mod number {modid}",
        "summary": f"What mod {modid} does.",
        "modidstrs": [f"mod{modid}"],
        "author": "Alice",
        "urlalias": None,
        "side": "both",
        "type": "mod",
        "logo": None,
        "tags": ["QoL"],
        "lastreleased": RELEASED,
        **changes,
    }


def rows(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [row(modid, **changes) for modid in range(1, count + 1)]


def answer(mods: Sequence[Any], **changes: Any) -> dict[str, Any]:
    return {"statuscode": "200", "mods": list(mods), **changes}


def write_list(folder: Path, mods: Sequence[Any], name: str = "list.json", **changes: Any) -> Path:
    file = folder / name
    file.write_text(json.dumps(answer(mods, **changes)), encoding="utf-8")
    return file


def write_extra(folder: Path, tags: Sequence[str] = ("QoL", "Food"), versions: Sequence[str] = ("1.21.0", "1.22.0-rc.1")) -> Path:
    file = folder / "extra.json"
    document = {
        "tags": [{"name": name, "color": "#2462673663"} for name in tags],
        "game_versions": [{"name": name, "tag_id": str(-281_492_156_858_370 - number)} for number, name in enumerate(versions)],
    }
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def filled_catalog(folder: Path, mods: Sequence[Any]) -> Path:
    """A catalogue that holds `mods`, with tags and game versions."""
    catalog = folder / "catalog.db"
    prepare_catalog(catalog)
    catalog_import.import_list(write_list(folder, mods), catalog, write_extra(folder))
    return catalog


def add_fitting(catalog: Path, minor: str, modids: Sequence[int], fetched_at: int = 1) -> None:
    connection = open_catalog(catalog)
    connection.executemany("INSERT INTO fits VALUES (?, ?)", [(minor, modid) for modid in modids])
    connection.execute("INSERT INTO fit_lists VALUES (?, ?)", (minor, fetched_at))
    connection.close()


def contents(catalog: Path, *tables: str) -> dict[str, list[Any]]:
    """All rows of `tables`, or of every table that the import writes."""
    connection = open_catalog_for_reading(catalog)
    try:
        names = tables or (
            "mods",
            "mod_items",
            "mod_texts",
            "mod_modids",
            "mod_tags",
            "mods_fts",
            "tags",
            "catalog_game_versions",
        )
        return {name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in names}
    finally:
        connection.close()


def check_whole(catalog: Path) -> None:
    """The file is sound, the index fits its texts, and all tables speak of the same mods."""
    connection = open_catalog(catalog)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.execute("INSERT INTO mods_fts (mods_fts) VALUES ('integrity-check')")
        listed = connection.execute("SELECT modid FROM mods WHERE gone = 0 ORDER BY modid").fetchall()
        for table, column in (("mod_items", "modid"), ("mod_texts", "modid"), ("mods_fts", "rowid")):
            assert connection.execute(f"SELECT {column} FROM {table} ORDER BY {column}").fetchall() == listed, table
        for table in ("mod_modids", "mod_tags"):
            strangers = f"SELECT count(*) FROM {table} WHERE modid NOT IN (SELECT modid FROM mods WHERE gone = 0)"
            assert connection.execute(strangers).fetchone() == (0,), table
    finally:
        connection.close()


def find(catalog: Path | sqlite3.Connection, **params: str | list[str]) -> CatalogPage:
    """One page, asked as an address would ask."""
    query = read_query({name: value if isinstance(value, list) else [value] for name, value in params.items()})
    if isinstance(catalog, sqlite3.Connection):
        return search_catalog(catalog, query)[0]
    connection = open_catalog_for_reading(catalog)
    try:
        return search_catalog(connection, query)[0]
    finally:
        connection.close()


def ids(page: CatalogPage) -> list[int]:
    return [json.loads(item)["id"] for item in page.items]


def details(modid: int, **changes: Any) -> dict[str, Any]:
    """What the mod database says of one mod, as `/api/mod/{modid}` has it."""
    release = {
        "releaseid": 7,
        "mainfile": "https://example.org/mod_1.0.0.zip?dl=mod 1.0.0.zip",
        "filename": "mod 1.0.0.zip",
        "fileid": 8,
        "downloads": 5,
        "tags": ["1.21.0"],
        "modidstr": f"mod{modid}",
        "modversion": "1.0.0",
        "created": RELEASED,
        "changelog": "<p>First <script>alert(1)</script></p>",
    }
    return {
        **row(modid),
        "text": "<p>Hello</p>",
        "homepageurl": "https://example.org/",
        "sourcecodeurl": None,
        "created": "2025-01-01 00:00:00",
        "releases": [release],
        "screenshots": [],
        **changes,
    }


class FakeModDatabase:
    """Answers from its fields and counts what it is asked. `errors` by method name are raised; `gate` holds all answers back."""

    def __init__(self, mods: Sequence[Any] = ()) -> None:
        self.answer: dict[str, Any] | bytes = answer(mods)
        self.tag_names = ["QoL", "Food"]
        self.version_names = ["1.21.0", "1.21.1", "1.22.0-rc.1"]
        self.fitting: dict[str, list[int]] = {}
        self.mods: dict[str, dict[str, Any]] = {}
        self.errors: dict[str, Exception] = {}
        self.calls: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def asked(self, name: str) -> int:
        return sum(call.split(" ")[0] == name for call in self.calls)

    async def download_list(
        self, target: Path, *, params: Mapping[str, str] | None = None, on_bytes: Callable[[int], None] | None = None
    ) -> int:
        await self._answers("download_list")
        data = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        await asyncio.to_thread(target.write_bytes, data)
        if on_bytes is not None:
            on_bytes(len(data))
        return len(data)

    async def tags(self) -> list[TagInfo]:
        await self._answers("tags")
        return [TagInfo(number, name, "#2462673663") for number, name in enumerate(self.tag_names)]

    async def game_versions(self) -> list[GameVersionInfo]:
        await self._answers("game_versions")
        return [GameVersionInfo(-number, name) for number, name in enumerate(self.version_names)]

    async def mod_ids_fitting(self, minor: str) -> list[int]:
        await self._answers("mod_ids_fitting", minor)
        return self.fitting.get(minor, [])

    async def mod(self, key: str | int) -> ModDetails:
        await self._answers("mod", str(key))
        if str(key) not in self.mods:
            raise ModNotFound(f"The mod database has no mod {key!r}.")
        return parse_mod({"statuscode": "200", "mod": self.mods[str(key)]})

    async def _answers(self, name: str, argument: str = "") -> None:
        self.calls.append(f"{name} {argument}".strip())
        await self.gate.wait()
        if name in self.errors:
            raise self.errors[name]
