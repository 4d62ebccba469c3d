"""Searching the catalogue: a query read and checked, turned into SQL, answered as one page of items rendered before.

Runs in a thread, on a read-only connection. Every word of a query is quoted and bound, so no word can break the search.
"""

import base64
import binascii
import dataclasses
import re
import sqlite3
from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from vintagestory_api.errors import FieldError, Invalid
from vintagestory_api.mods.folding import fold, query_words
from vintagestory_api.mods.pointer import Pointer, read_link

SIDES: Final = ("both", "server", "client")
TYPES: Final = ("mod", "externaltool", "other")
SORTS: Final = ("relevance", "downloads", "last_released", "name")
DEFAULT_LIMIT: Final = 30
MAX_LIMIT: Final = 100
MAX_TAGS: Final = 10

#: A trigram index finds nothing shorter.
INDEXED_WORD_LENGTH: Final = 3
_LAST_CHARACTER: Final = "\U0010ffff"

_GAME_VERSION = re.compile(r"v?(\d{1,6})\.(\d{1,6})(?:\.\d{1,6})?(?:-(?:dev|pre|rc)\.?\d{1,6})?", re.ASCII | re.IGNORECASE)
_MAX_CURSOR_CHARACTERS = 2_000


class InvalidQuery(Invalid):
    code = "invalid_query"


@dataclasses.dataclass(frozen=True)
class CatalogQuery:
    """What to look for. `minor` is a line of the game's versions, like `1.21`; the filters are AND-ed. `pointer`: a link was
    pasted where words are expected, so only the mod that it means is looked for."""

    words: tuple[str, ...] = ()
    pointer: Pointer | None = None
    side: str | None = None
    type: str | None = None
    tag_keys: tuple[str, ...] = ()
    author_key: str | None = None
    minor: str | None = None
    sort: str = "downloads"
    limit: int = DEFAULT_LIMIT
    after: tuple[Any, ...] | None = None

    @property
    def listing(self) -> "CatalogQuery":
        """The same question for its first page of the usual size: equal for all pages of one listing."""
        return dataclasses.replace(self, limit=DEFAULT_LIMIT, after=None)


@dataclasses.dataclass(frozen=True)
class CatalogPage:
    """`filled`: the catalogue holds mods at all. `fits_fetched_at`: when the list of the asked `minor` was fetched (UTC
    milliseconds), None when it never was; then there are no items."""

    items: tuple[bytes, ...]
    next_cursor: str | None
    total: int
    filled: bool
    fits_fetched_at: int | None = None
    #: The mods' numbers, in the order of `items`.
    modids: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Hits:
    """The numbers of all mods that a query finds, in its order: what every page of it is cut from."""

    modids: "array[int]"
    fits_fetched_at: int | None


def read_query(params: Mapping[str, Sequence[str]]) -> CatalogQuery:
    """A query from the parameters of an address, each with all its values. Parameters that mean nothing here are left alone.

    Raises `InvalidQuery` that names every wrong one.
    """
    wrong: list[FieldError] = []

    def last(name: str) -> str:
        values = params.get(name) or ("",)
        return values[-1].strip()

    def choice(name: str, choices: Sequence[str]) -> str | None:
        text = last(name).lower()
        if text and text not in choices:
            wrong.append(FieldError(name, f"{text[:50]!r} is none of {', '.join(choices)}"))
        return text or None

    pointer = read_link(last("q"))
    words = tuple(query_words(last("q"))) if pointer is None else ()
    side, kind = choice("side", SIDES), choice("type", TYPES)
    # Without words nothing is more relevant than anything else, so the most used come first.
    sort = choice("sort", SORTS) or "relevance"
    if sort == "relevance" and not words:
        sort = "downloads"

    limit_text = last("limit")
    limit = int(limit_text) if limit_text.isascii() and limit_text.isdigit() and len(limit_text) <= 6 else 0
    if limit_text and not 1 <= limit <= MAX_LIMIT:
        wrong.append(FieldError("limit", f"give a whole number from 1 to {MAX_LIMIT}"))

    try:
        minor = read_minor(params, "game_version")
    except InvalidQuery as error:
        minor = None
        wrong += error.fields

    tag_keys = tuple(dict.fromkeys(key for tag in params.get("tag") or () if (key := fold(tag))))
    if len(tag_keys) > MAX_TAGS:
        wrong.append(FieldError("tag", f"give at most {MAX_TAGS} tags"))

    cursor = last("cursor")
    after = _read_cursor(cursor, sort) if cursor else None
    if cursor and after is None:
        wrong.append(FieldError("cursor", "this is no cursor of such a list: begin again without it"))

    if wrong:
        raise InvalidQuery("; ".join(f"{error.field}: {error.message}" for error in wrong), fields=wrong)
    author_key = fold(last("author")) or None
    return CatalogQuery(words, pointer, side, kind, tag_keys, author_key, minor, sort, limit or DEFAULT_LIMIT, after)


def read_minor(params: Mapping[str, Sequence[str]], name: str) -> str | None:
    """The line of the game's versions that a parameter names, in whole or in part. Raises `InvalidQuery`."""
    version = (params.get(name) or ("",))[-1].strip()
    if not version:
        return None
    match = _GAME_VERSION.fullmatch(version)
    if match is None:
        error = FieldError(name, f"{version[:50]!r} is no version of the game: write it like 1.21 or 1.21.6")
        raise InvalidQuery(f"{error.field}: {error.message}", fields=[error])
    return f"{int(match[1])}.{int(match[2])}"


def find_pointed_number(connection: sqlite3.Connection, pointer: Pointer) -> int | None:
    """The listed mod that a link or id means; of several, the most downloaded."""
    number = int(pointer.value) if pointer.value.isascii() and pointer.value.isdigit() and len(pointer.value) <= 18 else -1
    by_number = "SELECT modid FROM mods WHERE gone = 0 AND modid = ?"
    by_asset = "SELECT modid FROM mods WHERE gone = 0 AND assetid = ?"
    by_alias = "SELECT modid FROM mods WHERE gone = 0 AND urlalias = ? COLLATE NOCASE ORDER BY downloads DESC, modid"
    by_id = """SELECT m.modid FROM mod_modids i JOIN mods m USING (modid) WHERE m.gone = 0 AND i.modidstr_key = ?
        ORDER BY m.downloads DESC, m.modid"""
    tries: dict[str, tuple[tuple[str, int | str], ...]] = {
        "asset": ((by_asset, number),),
        "alias": ((by_alias, pointer.value), (by_id, fold(pointer.value))),
        "mod": ((by_id, fold(pointer.value)), (by_number, number), (by_alias, pointer.value)),
    }
    for statement, value in tries[pointer.kind]:
        if (row := connection.execute(statement, (value,)).fetchone()) is not None:
            return int(row[0])
    return None


def search_catalog(
    connection: sqlite3.Connection, query: CatalogQuery, known: Hits | None = None
) -> tuple[CatalogPage, Hits | None]:
    """One page, and the hits it was cut from, to be handed in as `known` for as long as the catalogue does not change.

    Raises `InvalidQuery` for a tag or game version that the mod database does not know, `sqlite3.Error`.
    """
    # One snapshot, so that total, page and cursor agree while a refresh commits.
    connection.execute("BEGIN")
    try:
        if known is None:
            if connection.execute("SELECT 1 FROM mod_items LIMIT 1").fetchone() is None:
                return CatalogPage((), None, 0, filled=False), None
            _check_known(connection, query)
            fits_fetched_at = None
            if query.minor is not None:
                row = connection.execute("SELECT fetched_at FROM fit_lists WHERE minor = ?", (query.minor,)).fetchone()
                if row is None:
                    return CatalogPage((), None, 0, filled=True), None
                fits_fetched_at = row[0]
            known = Hits(_find_hits(connection, query), fits_fetched_at)
        return _cut_page(connection, query, known), known
    finally:
        if connection.in_transaction:
            connection.execute("COMMIT")


def _cut_page(connection: sqlite3.Connection, query: CatalogQuery, hits: Hits) -> CatalogPage:
    modids = hits.modids
    start = 0 if query.after is None else _place_after(connection, query, modids)
    wanted = modids[start : start + query.limit].tolist()
    numbers = ", ".join(map(str, wanted))
    items = dict(connection.execute(f"SELECT modid, item FROM mod_items WHERE modid IN ({numbers})"))  # noqa: S608 - whole numbers
    more = start + query.limit < len(modids)
    return CatalogPage(
        items=tuple(items[modid] for modid in wanted if modid in items),
        modids=tuple(modid for modid in wanted if modid in items),
        next_cursor=_cursor(query.sort, _keys_of(connection, query, wanted[-1]) or ()) if more else None,
        total=len(modids),
        filled=True,
        fits_fetched_at=hits.fits_fetched_at,
    )


def _place_after(connection: sqlite3.Connection, query: CatalogQuery, modids: "array[int]") -> int:
    """Where the page after a cursor begins, also when the cursor's mod has moved since, or is gone."""
    after = query.after or ()
    try:
        place = modids.index(after[-1])
    except (ValueError, OverflowError):
        place = -1
    if place >= 0 and _keys_of(connection, query, after[-1]) == after:
        return place + 1
    source, sql, keys = _source(query)
    places = ", ".join(sql.bind(value) for value in after)
    statement = f"SELECT count(*) FROM {source} WHERE {sql.where()} AND ({', '.join(keys)}) <= ({places})"  # noqa: S608 - fixed names
    return int(connection.execute(statement, sql.values).fetchone()[0])


def _keys_of(connection: sqlite3.Connection, query: CatalogQuery, modid: int) -> tuple[Any, ...] | None:
    """The sort keys of one mod."""
    sql = _Sql()
    keys = _relevance(sql, query) if query.sort == "relevance" else _ORDERS[query.sort].keys
    statement = f"SELECT {', '.join(keys)} FROM mods m WHERE m.modid = {sql.bind(modid)}"  # noqa: S608 - fixed names, values are bound
    found: tuple[Any, ...] | None = connection.execute(statement, sql.values).fetchone()
    return found


def _find_hits(connection: sqlite3.Connection, query: CatalogQuery) -> "array[int]":
    source, sql, keys = _source(query)
    if query.pointer is not None:
        number = find_pointed_number(connection, query.pointer)
        sql.conditions.append(f"m.modid = {sql.bind(-1 if number is None else number)}")
    order = ", ".join(keys)
    if not query.words and not _filter_lists(query):
        # Read along the index of the order: nothing to sort.
        source, order = f"mods m INDEXED BY {_ORDERS[query.sort].read_along}", _ORDERS[query.sort].order
    statement = f"SELECT m.modid FROM {source} WHERE {sql.where()} ORDER BY {order}"  # noqa: S608 - fixed names, values are bound
    return array("q", [row[0] for row in connection.execute(statement, sql.values)])


def _check_known(connection: sqlite3.Connection, query: CatalogQuery) -> None:
    wrong = []
    for key in query.tag_keys:
        known = "SELECT EXISTS (SELECT 1 FROM tags WHERE tag_key = ?1) OR EXISTS (SELECT 1 FROM mod_tags WHERE tag_key = ?1)"
        if not connection.execute(known, (key,)).fetchone()[0]:
            wrong.append(FieldError("tag", f"the mod database has no tag {key[:50]!r}"))
    if query.minor is not None:
        known = """SELECT NOT EXISTS (SELECT 1 FROM catalog_game_versions)
            OR EXISTS (SELECT 1 FROM catalog_game_versions WHERE name = ?1 OR name LIKE ?1 || '.%')"""
        if not connection.execute(known, (query.minor,)).fetchone()[0]:
            wrong.append(FieldError("game_version", f"the mod database knows no version {query.minor} of the game"))
    if wrong:
        raise InvalidQuery("; ".join(f"{error.field}: {error.message}" for error in wrong), fields=wrong)


class _Sql:
    """SQL text and its values, grown together."""

    def __init__(self) -> None:
        self.conditions: list[str] = ["m.gone = 0"]
        self.values: dict[str, Any] = {}

    def bind(self, value: Any) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def where(self) -> str:
        return " AND ".join(self.conditions)


def _filter_columns(sql: _Sql, query: CatalogQuery) -> None:
    for column, value in (("side", query.side), ("type", query.type), ("author_key", query.author_key)):
        if value is not None:
            sql.conditions.append(f"m.{column} = {sql.bind(value)}")


def _filter_lists(query: CatalogQuery) -> list[tuple[str, str, str]]:
    """The filters that are lists of mods: table, key column, key."""
    lists = [("mod_tags", "tag_key", key) for key in query.tag_keys]
    return [*lists, ("fits", "minor", query.minor)] if query.minor is not None else lists


def _filter_by_list(sql: _Sql, table: str, column: str, key: str) -> None:
    sql.conditions.append(f"EXISTS (SELECT 1 FROM {table} WHERE {column} = {sql.bind(key)} AND modid = m.modid)")  # noqa: S608 - fixed names


class _Order(NamedTuple):
    """An index, its order, and the same as keys that all rise, the last one the mod's number."""

    read_along: str
    order: str
    keys: tuple[str, ...]


_ORDERS: Final = {
    "downloads": _Order("mods_by_downloads", "m.downloads DESC, m.modid", ("-m.downloads", "m.modid")),
    "last_released": _Order("mods_by_last_released", "m.lastreleased DESC, m.modid", ("-m.lastreleased", "m.modid")),
    "name": _Order("mods_by_name", "m.name_key, m.modid", ("m.name_key", "m.modid")),
}


def _source(query: CatalogQuery) -> tuple[str, _Sql, tuple[str, ...]]:
    """Tables, conditions and sort keys of a query."""
    source, sql = _matching(query) if query.words else _filtered(query)
    return source, sql, _relevance(sql, query) if query.sort == "relevance" else _ORDERS[query.sort].keys


def _filtered(query: CatalogQuery) -> tuple[str, _Sql]:
    """From the lists that are asked for, one joined to the next, or from all mods."""
    sql = _Sql()
    _filter_columns(sql, query)
    source = ""
    for number, (table, column, key) in enumerate(_filter_lists(query)):
        sql.conditions.append(f"l{number}.{column} = {sql.bind(key)}")
        source += (
            f"{table} l{number} CROSS JOIN " if not number else f"{table} l{number} ON l{number}.modid = l0.modid CROSS JOIN "
        )
    if not source:
        return "mods m INDEXED BY mods_listed", sql
    return f"{source}mods m INDEXED BY mods_listed ON m.modid = l0.modid", sql


def _matching(query: CatalogQuery) -> tuple[str, _Sql]:
    """From the index of words, where it knows at least one of them, or from all texts."""
    sql = _Sql()
    indexed = [word for word in query.words if len(word) >= INDEXED_WORD_LENGTH]
    short = [word for word in query.words if len(word) < INDEXED_WORD_LENGTH]
    if indexed:
        source = "mods_fts CROSS JOIN mods m INDEXED BY mods_listed ON m.modid = mods_fts.rowid"
        sql.conditions.append(f"mods_fts MATCH {sql.bind(' '.join(_quoted(word) for word in indexed))}")
        if short:
            source += " CROSS JOIN mod_texts t ON t.modid = m.modid"
    else:
        source = "mod_texts t CROSS JOIN mods m INDEXED BY mods_listed ON m.modid = t.modid"
    sql.conditions += [f"instr(t.text, {sql.bind(word)}) > 0" for word in short]
    _filter_columns(sql, query)
    for entry in _filter_lists(query):
        _filter_by_list(sql, *entry)
    return source, sql


def _relevance(sql: _Sql, query: CatalogQuery) -> tuple[str, ...]:
    """The very name or id first, then names that begin with the words, then names that hold them all, then the rest; within
    each the much-used mods come first.

    Not by the index's own score: it costs more than the whole search, and says little where words are sought as parts.
    """
    phrase = sql.bind(" ".join(query.words))
    beyond = sql.bind(" ".join(query.words) + _LAST_CHARACTER)
    exact = f"m.name_key = {phrase} OR m.modid IN (SELECT modid FROM mod_modids WHERE modidstr_key = {phrase})"  # noqa: S608 - values are bound
    begins = f"m.name_key > {phrase} AND m.name_key < {beyond}"
    holds = " AND ".join(f"instr(m.name_key, {sql.bind(word)})" for word in query.words)
    return (f"CASE WHEN {exact} THEN 0 WHEN {begins} THEN 1 WHEN {holds} THEN 2 ELSE 3 END", "-m.downloads", "m.modid")


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


# Cursors: the sort and the sort keys of the last item


def _cursor(sort: str, keys: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([sort, *keys])).decode().rstrip("=")


def _read_cursor(text: str, sort: str) -> tuple[Any, ...] | None:
    if len(text) > _MAX_CURSOR_CHARACTERS or not text.isascii():
        return None
    try:
        content = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return None
    expected: tuple[type, ...] = {"relevance": (int, int, int), "name": (str, int)}.get(sort, (int, int))
    if not isinstance(content, list) or content[:1] != [sort]:
        return None
    keys = tuple(content[1:])
    if tuple(type(key) for key in keys) != expected or any(isinstance(key, int) and abs(key) >= 2**63 for key in keys):
        return None
    return keys
