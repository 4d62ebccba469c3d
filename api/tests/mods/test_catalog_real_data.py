import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.facts import facts_path
from tests.mods.catalogs import check_whole, contents, find, ids, write_extra
from vintagestory_api.mods.catalog_import import import_list
from vintagestory_api.mods.catalog_store import prepare_catalog

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def real_list() -> Path:
    return facts_path("data/modlist-export.json")


@pytest.fixture(scope="module")
def catalog(real_list: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("real")
    path = folder / "catalog.db"
    prepare_catalog(path)
    report = import_list(real_list, path, write_extra(folder))
    assert (report["mods"], report["new"], report["invalid"]) == (4_852, 4_852, 0)
    yield path
    check_whole(path)


def test_a_second_import_of_the_real_list_writes_nothing(catalog: Path, real_list: Path) -> None:
    before = contents(catalog)
    report = import_list(real_list, catalog)
    assert (report["unchanged"], report["rows_written"]) == (4_852, 0)
    assert contents(catalog) == before


@pytest.mark.parametrize(
    ("filters", "total"),
    [
        ({}, 4_852),
        ({"side": "both"}, 3_868),
        ({"side": "server"}, 509),
        ({"side": "client"}, 475),
        ({"type": "mod"}, 4_776),
        ({"type": "externaltool"}, 42),
        ({"type": "other"}, 34),
        ({"tag": "Tweak"}, 1_656),
        ({"tag": "texture pack"}, 119),
    ],
)
def test_filters_count_what_the_real_list_holds(catalog: Path, filters: dict[str, str], total: int) -> None:
    assert find(catalog, **filters).total == total


@pytest.mark.parametrize(
    ("query", "modid"), [("carry on", "carryon"), ("SMITHINGPLUS", "smithingplus"), ("primitive survival", "primitivesurvival")]
)
def test_well_known_mods_come_first(catalog: Path, query: str, modid: str) -> None:
    assert modid in json.loads(find(catalog, q=query).items[0])["modids"]


@pytest.mark.parametrize("word", ["storage", "chisel", "wolf", "qo", "c++", "替换", "🌿", "é"])
def test_a_search_finds_what_a_look_at_every_row_finds(catalog: Path, real_list: Path, word: str) -> None:
    def text(mod: dict[str, str | list[str]]) -> str:
        return " ".join([*mod["modidstrs"], *mod["tags"], str(mod["name"]), str(mod["author"]), str(mod["summary"])]).lower()

    plain = {mod["modid"] for mod in json.loads(real_list.read_bytes())["mods"] if word in text(mod)}
    found, cursor = set[int](), ""
    while True:
        page = find(catalog, q=word, limit="100", cursor=cursor)
        found |= set(ids(page))
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert plain <= found
    if word.isascii() and re.fullmatch(r"\w+", word):
        assert found == plain


def test_every_mod_is_found_by_its_id(catalog: Path, real_list: Path) -> None:
    for mod in json.loads(real_list.read_bytes())["mods"][::50]:
        for modid in filter(None, mod["modidstrs"]):
            assert mod["modid"] in ids(find(catalog, q=modid, limit="2"))


def test_a_search_of_the_real_list_is_quick(catalog: Path) -> None:
    find(catalog, q="storage")
    started = time.perf_counter()
    for _ in range(20):
        find(catalog, q="storage")
    assert (time.perf_counter() - started) / 20 < 0.1  # about 1.5 ms on a quiet machine
