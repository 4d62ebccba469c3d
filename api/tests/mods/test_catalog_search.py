import base64
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mods.catalogs import add_fitting, filled_catalog, find, ids, row, rows
from vintagestory_api.mods.catalog_search import InvalidQuery, read_query, search_catalog
from vintagestory_api.mods.catalog_store import open_catalog_for_reading, prepare_catalog

MODS: list[dict[str, Any]] = [
    row(1, "Smithing Plus", modidstrs=["smithingplus"], author="jayu", downloads=200, tags=["Crafting", "QoL"], side="both"),
    row(
        2,
        "Carry On",
        modidstrs=["carryon"],
        author="NerdScurvy",
        downloads=900,
        tags=["QoL"],
        summary="Carry chests on your back",
    ),
    row(3, "Better Ruins", modidstrs=["betterruins"], downloads=500, tags=["Worldgen"], side="server"),
    row(4, "Économie", modidstrs=["eco"], downloads=50, tags=["Technology"], summary="Uses C++ and C# inside"),
    row(5, "Map Tool", modidstrs=[], downloads=10, tags=[], type="externaltool", summary="Prints maps of ruins"),
    row(6, "ruins", modidstrs=["theruins"], downloads=1, tags=["Worldgen"], summary="Only a few"),
    row(7, "Anvil of Smithing", modidstrs=["anvil"], downloads=100, tags=["Crafting"], side="client", author="Jayü"),
    row(8, "颤爬者 sounds 🌿", modidstrs=["drifter"], downloads=70, tags=["Other"], summary='The "drifter" 100% louder_now*'),
]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = filled_catalog(tmp_path_factory.mktemp("catalog"), MODS)
    add_fitting(path, "1.21", [1, 3, 6])
    connection = open_catalog_for_reading(path)
    yield connection
    connection.close()


# Words


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("smithing", {1, 7}),
        ("SMITHING plus", {1}),
        ("plus smithing", {1}),
        ("mithin", {1, 7}),
        ("carryon", {2}),
        ("jayu", {1, 7}),
        ("economie", {4}),
        ("ÉCONOMIE", {4}),
        ("worldgen ruins", {3, 6}),
        ("c++", {4}),
        ("c#", {4}),
        ("on", {2, 4, 6}),
        ("颤爬者", {8}),
        ("颤爬", {8}),
        ("🌿", {8}),
        ('"drifter"', {8}),
        ("100%", {8}),
        ("louder_now*", {8}),
        ("back chests", {2}),
        ("smithing xyzzy", set()),
        ("e", {1, 2, 3, 4, 5, 6, 7, 8}),
    ],
)
def test_all_words_have_to_occur_anywhere(catalog: sqlite3.Connection, query: str, found: set[int]) -> None:
    page = find(catalog, q=query)
    assert set(ids(page)) == found
    assert page.total == len(found)


@pytest.mark.parametrize(
    "query",
    [
        "AND",
        "OR NOT",
        "NEAR(",
        "NEAR(a b, 5)",
        "*",
        'better"',
        '"',
        '""',
        "'",
        "(",
        ")",
        "name:",
        "^ruins",
        "-ruins",
        "{name} : x",
        "\\",
        ";--",
        "a\x00b",
        "\ud800",
        "x" * 10_000,
        "x " * 10_000,
        "🌿" * 5_000,
        "\u0301",
        "\u202e",
        "%",
        "_",
        "ab",
        "\n\t",
        "ﷺ" * 100,
        "🏳️‍🌈",
    ],
)
def test_no_word_breaks_the_search(catalog: sqlite3.Connection, query: str) -> None:
    page = find(catalog, q=query)
    assert page.total >= len(page.items)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    query=st.one_of(
        st.text(alphabet=st.characters(codec=None, categories=None)),
        st.text(alphabet="abc\"'*()^-+:{} \x00\u0301AND", max_size=40),
    ),
    sort=st.sampled_from(["relevance", "downloads", "name", "last_released", ""]),
)
def test_any_text_at_all_can_be_searched_for(catalog: sqlite3.Connection, query: str, sort: str) -> None:
    page = find(catalog, q=query, sort=sort, limit="2")
    if page.next_cursor is not None:
        rest = find(catalog, q=query, sort=sort, limit="100", cursor=page.next_cursor)
        assert len(rest.items) == page.total - 2


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(mod=st.sampled_from(MODS), data=st.data())
def test_a_piece_of_a_name_always_finds_the_mod(catalog: sqlite3.Connection, mod: dict[str, Any], data: st.DataObject) -> None:
    name = mod["name"]
    start = data.draw(st.integers(0, len(name) - 1))
    piece = name[start : data.draw(st.integers(start + 1, len(name)))]
    assert mod["modid"] in ids(find(catalog, q=piece, limit="100"))


# Order


def test_the_very_name_or_id_comes_first_then_names_that_begin_so(tmp_path: Path) -> None:
    mods = [
        row(1, "Compatibility for Chisel tools and chisels", downloads=9_000, summary="chisel chisel chisel"),
        row(2, "Chisel Tools", downloads=10),
        row(3, "Chisel", downloads=1, modidstrs=["x"]),
        row(4, "Sculpting", downloads=5, modidstrs=["CHISEL"]),
        row(5, "Other", downloads=99_999, summary="Something with a chisel in a longer text that speaks of other things"),
    ]
    # Words that most mods have say nothing, so most must not have it.
    mods += rows(50)[10:]
    assert ids(find(filled_catalog(tmp_path, mods), q="chisel")) == [4, 3, 2, 1, 5]


def test_among_equally_good_hits_the_more_downloaded_comes_first(tmp_path: Path) -> None:
    mods = [row(n, "Same name", downloads=n, summary="the same", modidstrs=[]) for n in (3, 9, 5)]
    assert ids(find(filled_catalog(tmp_path, mods), q="the same")) == [9, 5, 3]


@pytest.mark.parametrize(
    ("sort", "order"),
    [("", [2, 3, 1]), ("downloads", [2, 3, 1]), ("relevance", [2, 3, 1]), ("name", [3, 1, 2]), ("last_released", [3, 2, 1])],
)
def test_lists_are_sorted_as_asked(tmp_path: Path, sort: str, order: list[int]) -> None:
    mods = [
        row(1, "Émile", downloads=1, lastreleased=None),
        row(2, "zebra", downloads=9, lastreleased="2024-01-01 00:00:00"),
        row(3, "Anna", downloads=5, lastreleased="2025-01-01 00:00:00"),
    ]
    catalog = filled_catalog(tmp_path, mods)
    assert ids(find(catalog, sort=sort)) == order
    if sort not in {"", "relevance"}:
        assert ids(find(catalog, q="mod", sort=sort)) == order


@pytest.mark.parametrize("sort", ["downloads", "name", "last_released", "relevance"])
@pytest.mark.parametrize("q", ["", "mod", "o"])
@pytest.mark.parametrize("tag", ["", "qol", "rare"])
def test_pages_follow_each_other_without_gap_or_repeat(tmp_path: Path, sort: str, q: str, tag: str) -> None:
    mods = [
        row(
            n,
            f"Mod {n % 3}",
            downloads=n % 5,
            lastreleased=None if n % 4 == 0 else f"2025-01-0{n % 4} 00:00:00",
            tags=["QoL", "Rare"] if n % 7 == 0 else ["QoL"],
        )
        for n in range(1, 601)
    ]
    catalog = filled_catalog(tmp_path, mods)
    whole = find(catalog, sort=sort, q=q, tag=tag, limit="100")
    seen, cursor, pages = [], "", 0
    while True:
        page = find(catalog, sort=sort, q=q, tag=tag, limit="97", cursor=cursor)
        assert page.total == whole.total == (85 if tag == "rare" else 600)
        seen += ids(page)
        pages += 1
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert seen[: len(whole.items)] == ids(whole)
    assert len(seen) == len(set(seen)) == whole.total
    assert pages == -(-whole.total // 97)


def test_names_that_grow_when_folded_can_be_paged_through(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, [row(n, "ﷺ" * 300) for n in (1, 2, 3)])
    page = find(catalog, sort="name", limit="2")
    assert page.next_cursor is not None
    assert ids(find(catalog, sort="name", cursor=page.next_cursor)) == [3]


# Filters


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"side": "server"}, [3]),
        ({"side": "CLIENT"}, [7]),
        ({"type": "externaltool"}, [5]),
        ({"tag": "qol"}, [2, 1]),
        ({"tag": ["QoL", "Crafting"]}, [1]),
        ({"tag": ["QoL", "Worldgen"]}, []),
        ({"tag": ["QoL", "qol"]}, [2, 1]),
        ({"author": "JAYU"}, [1, 7]),
        ({"author": "nobody"}, []),
        ({"game_version": "1.21"}, [3, 1, 6]),
        ({"game_version": "1.21.6"}, [3, 1, 6]),
        ({"game_version": "v1.21.0-rc.1"}, [3, 1, 6]),
        ({"game_version": "1.21", "tag": "Worldgen"}, [3, 6]),
        ({"game_version": "1.21", "tag": "Worldgen", "side": "both", "q": "few"}, [6]),
        ({"q": "ruins", "type": "externaltool"}, [5]),
        ({"q": "on", "tag": "QoL"}, [2]),
        ({"something": "else", "tag": ""}, [2, 3, 1, 7, 8, 4, 5, 6]),
    ],
)
def test_filters_narrow_the_list(catalog: sqlite3.Connection, filters: dict[str, str | list[str]], found: list[int]) -> None:
    page = find(catalog, **filters)
    assert ids(page) == found
    assert page.total == len(found)


def test_a_game_version_whose_list_was_never_fetched_has_no_items_and_says_so(catalog: sqlite3.Connection) -> None:
    page = find(catalog, game_version="1.22")
    assert (page.filled, page.fits_fetched_at, page.items) == (True, None, ())
    assert find(catalog, game_version="1.21").fits_fetched_at == 1


def test_an_empty_catalogue_says_that_it_is_not_filled(tmp_path: Path) -> None:
    prepare_catalog(tmp_path / "catalog.db")
    page = find(tmp_path / "catalog.db", q="x", tag="unknown", game_version="9.99")
    assert (page.filled, page.items, page.total) == (False, (), 0)


# Refusals


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"side": "left"}, "side"),
        ({"type": "game"}, "type"),
        ({"sort": "magic"}, "sort"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "9" * 400}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"game_version": "latest"}, "game_version"),
        ({"game_version": "1"}, "game_version"),
        ({"game_version": "9.99"}, "game_version"),
        ({"tag": "Nonsense"}, "tag"),
        ({"tag": [f"t{n}" for n in range(11)]}, "tag"),
        ({"cursor": "rubbish"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"cursor": "A" * 5_000}, "cursor"),
    ],
)
def test_a_wrong_filter_is_named(catalog: sqlite3.Connection, params: dict[str, str | list[str]], field: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        find(catalog, **params)
    assert [error.field for error in refused.value.fields] == [field]


def test_all_wrong_filters_are_named_at_once() -> None:
    with pytest.raises(InvalidQuery) as refused:
        read_query({"side": ["x"], "limit": ["x"], "cursor": ["x"]})
    assert {error.field for error in refused.value.fields} == {"side", "limit", "cursor"}


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b"{}",
        b"null",
        b'["downloads"]',
        b'["downloads",1]',
        b'["downloads",1,2,3]',
        b'["downloads","x",2]',
        b'["downloads",1.5,2]',
        b'["downloads",true,2]',
        b'["downloads",null,2]',
        b'["downloads",9223372036854775808,2]',
        b'["name","x",1]',
        b'["downloads",-9223372036854775808,1]',
    ],
)
def test_a_forged_cursor_is_refused(content: bytes) -> None:
    cursor = base64.urlsafe_b64encode(content).decode().rstrip("=")
    with pytest.raises(InvalidQuery):
        read_query({"cursor": [cursor], "sort": ["downloads"]})


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.lists(st.one_of(st.integers(-(2**63) + 1, 2**63 - 1), st.text()), max_size=4),
    sort=st.sampled_from(["downloads", "name", "relevance"]),
)
def test_a_cursor_with_any_values_is_refused_or_works(catalog: sqlite3.Connection, keys: list[int | str], sort: str) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps([sort, *keys]).encode()).decode()
    try:
        query = read_query({"cursor": [cursor], "sort": [sort], "q": ["mod"]})
    except InvalidQuery:
        return
    search_catalog(catalog, query)


def test_a_cursor_past_the_end_gives_an_empty_last_page(catalog: sqlite3.Connection) -> None:
    cursor = base64.urlsafe_b64encode(orjson.dumps(["downloads", 10**15, 10**15])).decode()
    for params in ({}, {"q": "smithing", "sort": "downloads"}, {"tag": "qol"}):
        page = find(catalog, cursor=cursor, **params)
        assert (page.items, page.next_cursor) == ((), None)
        assert page.total > 0


@pytest.mark.parametrize("sort", ["downloads", "name", "last_released", "relevance"])
def test_pages_cut_from_kept_hits_are_the_pages_found_anew(catalog: sqlite3.Connection, sort: str) -> None:
    params = {"q": ["mod"], "sort": [sort], "limit": ["1"]}
    page, hits = search_catalog(catalog, read_query(params))
    assert hits is not None
    seen = list(page.items)
    while page.next_cursor is not None:
        query = read_query({**params, "cursor": [page.next_cursor]})
        page, again = search_catalog(catalog, query, hits)
        assert again is hits
        assert page == search_catalog(catalog, query)[0]
        seen += page.items
    assert len(seen) == page.total > 1
