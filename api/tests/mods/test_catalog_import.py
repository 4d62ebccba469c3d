import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.mods.catalogs import (
    RELEASED_MS,
    answer,
    check_whole,
    contents,
    filled_catalog,
    find,
    ids,
    row,
    rows,
    write_extra,
    write_list,
)
from vintagestory_api.mods.catalog_import import ImportRefused, import_list, read_mod
from vintagestory_api.mods.catalog_store import open_catalog_for_reading


def run_importer(*arguments: Path | str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-I", "-m", "vintagestory_api.mods.catalog_import", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.stderr == b""
    return done.returncode, json.loads(done.stdout)


def import_again(catalog: Path, mods: list[Any]) -> dict[str, int]:
    return import_list(write_list(catalog.parent, mods, "again.json"), catalog, write_extra(catalog.parent))


def data_version(connection: Any) -> int:
    """A number that differs as soon as another connection has committed something."""
    version: int = connection.execute("PRAGMA data_version").fetchone()[0]
    return version


def names(catalog: Path) -> dict[int, str]:
    return {item["id"]: item["name"] for item in map(json.loads, find(catalog, limit="100").items)}


# What is written


def test_a_first_import_fills_every_table(tmp_path: Path) -> None:
    code, report = run_importer(write_list(tmp_path, rows(3)), tmp_path / "catalog.db", write_extra(tmp_path))
    assert code == 0
    expected = {"mods": 3, "new": 3, "changed": 0, "vanished": 0, "unchanged": 0, "invalid": 0, "tags": 2, "game_versions": 2}
    assert {key: report[key] for key in expected} == expected
    check_whole(tmp_path / "catalog.db")
    tables = contents(tmp_path / "catalog.db", "tags", "catalog_game_versions")
    assert tables["tags"] == [("food", "Food", "#92c96a"), ("qol", "QoL", "#92c96a")]
    assert tables["catalog_game_versions"] == [("1.21.0", -281_492_156_858_370), ("1.22.0-rc.1", -281_492_156_858_371)]


def test_an_item_has_the_fields_of_the_api(tmp_path: Path) -> None:
    mod = row(5, " Smithing Plus ", modidstrs=["smithingplus", "APR"], urlalias="smithing", logo="https://x.example/a.png")
    (item,) = find(filled_catalog(tmp_path, [mod])).items
    assert json.loads(item) == {
        "id": 5,
        "asset_id": 10_005,
        "name": "Smithing Plus",
        "summary": "What mod 5 does.",
        "author": "Alice",
        "modids": ["smithingplus", "APR"],
        "side": "both",
        "type": "mod",
        "tags": ["QoL"],
        "downloads": 105,
        "follows": 1,
        "comments": 3,
        "trending_points": 2,
        "logo_url": "/api/v1/catalog/mods/5/logo",
        "url_alias": "smithing",
        "page_url": "https://mods.vintagestory.at/smithing",
        "last_released": "2025-12-29T15:53:01.000Z",
    }


def test_nothing_changed_writes_nothing(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(200))
    watcher = open_catalog_for_reading(catalog)
    version, tables = data_version(watcher), contents(catalog)
    watcher_less = catalog.read_bytes()
    report = import_again(catalog, rows(200))
    assert (report["unchanged"], report["rows_written"]) == (200, 0)
    assert data_version(watcher) == version
    assert contents(catalog) == tables
    watcher.close()
    assert catalog.read_bytes() == watcher_less


def test_a_change_is_seen_by_the_watcher_of_the_test_above(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(200))
    watcher = open_catalog_for_reading(catalog)
    version = data_version(watcher)
    report = import_again(catalog, [*rows(199), row(200, downloads=7)])
    assert (report["changed"], report["unchanged"]) == (1, 199)
    assert report["rows_written"] > 0
    assert data_version(watcher) != version
    watcher.close()


def test_new_changed_and_vanished_mods_are_counted_and_shown(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(4))
    report = import_again(catalog, [row(1), row(2, "Renamed"), row(3, downloads=999), row(5, "Newcomer")])
    assert {key: report[key] for key in ("mods", "new", "changed", "vanished", "unchanged")} == {
        "mods": 4,
        "new": 1,
        "changed": 2,
        "vanished": 1,
        "unchanged": 1,
    }
    assert names(catalog) == {1: "Mod number 1", 2: "Renamed", 3: "Mod number 3", 5: "Newcomer"}
    assert ids(find(catalog, q="renamed")) == [2]
    assert ids(find(catalog, q="number 2")) == []
    assert ids(find(catalog, q="mod4")) == []
    check_whole(catalog)


def test_more_downloads_do_not_touch_the_search_index(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(3))
    before = contents(catalog, "mods_fts_data", "mod_texts")
    report = import_again(catalog, rows(3, downloads=5_000))
    assert report["changed"] == 3
    assert contents(catalog, "mods_fts_data", "mod_texts") == before
    assert json.loads(find(catalog).items[0])["downloads"] == 5_000


def test_another_spelling_of_an_id_is_a_change(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, [row(1, modidstrs=["apr"])])
    import_again(catalog, [row(1, modidstrs=["APR"])])
    assert contents(catalog, "mod_modids")["mod_modids"] == [("apr", 1, "APR")]
    check_whole(catalog)


def test_a_mod_that_comes_back_is_new_and_whole(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(3))
    first_seen = {entry[0]: entry[-2] for entry in contents(catalog)["mods"]}
    assert import_again(catalog, rows(2))["vanished"] == 1
    report = import_again(catalog, rows(3))
    assert (report["new"], report["unchanged"]) == (1, 2)
    assert ids(find(catalog, q="mod3", tag="QoL")) == [3]
    assert {entry[0]: entry[-2] for entry in contents(catalog)["mods"]} == first_seen
    check_whole(catalog)


def test_tags_and_versions_are_replaced_when_they_differ_and_kept_when_none_come(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(1))
    list_file = write_list(tmp_path, rows(1))
    assert import_list(list_file, catalog, write_extra(tmp_path, ["Magic"], ["1.23.0"]))["tags"] == 1
    assert import_list(list_file, catalog, write_extra(tmp_path, [], []))["rows_written"] == 0
    assert import_list(list_file, catalog)["game_versions"] == 1
    tables = contents(catalog, "tags", "catalog_game_versions")
    assert [entry[1] for entry in tables["tags"]] == ["Magic"]
    assert [entry[0] for entry in tables["catalog_game_versions"]] == ["1.23.0"]


# Odd rows


@pytest.mark.parametrize(
    "bad", [None, [], "x", {}, {"modid": None}, {"modid": "abc"}, {"modid": True}, {"modid": 1.5}, {"modid": -1}]
)
def test_rows_without_a_number_are_counted_and_skipped(tmp_path: Path, bad: Any) -> None:
    report = import_list(write_list(tmp_path, [bad, row(1)]), tmp_path / "catalog.db")
    assert (report["mods"], report["invalid"]) == (1, 1)


def test_of_two_rows_with_one_number_the_first_counts(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.db"
    report = import_list(write_list(tmp_path, [row(1, "First"), row(1, "Second")]), catalog)
    assert (report["mods"], report["invalid"]) == (1, 1)
    assert names(catalog) == {1: "First"}


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"modid": "17"}, "modid", 17),
        ({"downloads": "42"}, "downloads", 42),
        ({"downloads": None}, "downloads", 0),
        ({"downloads": 1e300}, "downloads", 0),
        ({"downloads": 10**30}, "downloads", 0),
        ({"trendingpoints": -3}, "trendingpoints", -3),
        ({"name": None}, "name", "Mod 1"),
        ({"name": 42}, "name", "42"),
        ({"name": "  a\x00b\ud800 "}, "name", "a b"),
        ({"summary": ["x"]}, "summary", ""),
        ({"tags": [""]}, "tags", ()),
        ({"tags": None}, "tags", ()),
        ({"tags": "QoL"}, "tags", ("QoL",)),
        ({"modidstrs": ["a", None, "a", 7]}, "modidstrs", ("a", "7")),
        ({"side": "SERVER"}, "side", "server"),
        ({"side": None}, "side", "both"),
        ({"logo": "javascript:alert(1)"}, "logo", None),
        ({"lastreleased": "yesterday"}, "lastreleased", 0),
        ({"lastreleased": None}, "lastreleased", 0),
        ({"lastreleased": "0000-00-00 00:00:00"}, "lastreleased", 0),
        ({}, "lastreleased", RELEASED_MS),
    ],
)
def test_odd_values_are_brought_into_shape(changes: dict[str, Any], field: str, value: Any) -> None:
    mod = read_mod({**row(1), **changes})
    assert mod is not None
    assert getattr(mod, field) == value
    mod.item().decode()


def test_one_row_with_half_an_emoji_does_not_cost_the_list(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    file.write_text(json.dumps(answer([row(1, "half \ud83d"), row(2, downloads=10**40)])))
    assert import_list(file, tmp_path / "catalog.db")["mods"] == 2
    assert names(tmp_path / "catalog.db") == {1: "half", 2: "Mod number 2"}


# Answers that are refused


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"),
        (b"not an image", "not_json"),
        (b"<html>trouble</html>", "not_json"),
        (json.dumps(answer(rows(3))).encode()[:-5], "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"\xff\xfe\x00", "not_json"),
        (b"[]", "not_a_mod_list"),
        (b'{"statuscode":"400"}', "refused_by_upstream"),
        (b'{"mods":[]}', "refused_by_upstream"),
        (b'{"statuscode":"200"}', "not_a_mod_list"),
        (b'{"statuscode":"200","mods":{}}', "not_a_mod_list"),
        (b'{"statuscode":"200","mods":[]}', "empty_list"),
        (b'{"statuscode":"200","mods":[{},{}]}', "empty_list"),
    ],
)
def test_what_is_no_mod_list_is_refused_and_changes_nothing(tmp_path: Path, body: bytes, code: str) -> None:
    catalog = filled_catalog(tmp_path, rows(3))
    before = contents(catalog)
    (tmp_path / "bad.json").write_bytes(body)
    exit_code, printed = run_importer(tmp_path / "bad.json", catalog, write_extra(tmp_path, ["Else"]))
    assert exit_code == 1
    assert printed["error"]["code"] == code
    assert printed["error"]["message"]
    assert contents(catalog) == before


def test_a_status_that_is_a_number_is_fine(tmp_path: Path) -> None:
    assert import_list(write_list(tmp_path, rows(1), statuscode=200), tmp_path / "catalog.db")["mods"] == 1


def test_a_list_with_fewer_than_half_of_many_known_mods_is_taken_for_a_fault(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(100))
    before = contents(catalog)
    with pytest.raises(ImportRefused) as refused:
        import_again(catalog, rows(49))
    assert refused.value.code == "shrunk"
    assert contents(catalog) == before
    assert import_again(catalog, rows(50))["vanished"] == 50
    assert import_again(catalog, rows(1))["vanished"] == 49


def test_missing_files_and_arguments_are_errors_in_json(tmp_path: Path) -> None:
    assert run_importer()[1]["error"]["code"] == "usage"
    assert run_importer(tmp_path / "none.json", tmp_path / "catalog.db")[1]["error"]["code"] == "catalog_not_written"
    (tmp_path / "folder").mkdir()
    code, printed = run_importer(write_list(tmp_path, rows(1)), tmp_path / "folder")
    assert (code, printed["error"]["code"]) == (1, "catalog_not_written")


def test_a_file_that_is_no_database_is_named_as_damaged(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.db"
    catalog.write_bytes(b"rubbish" * 1000)
    assert run_importer(write_list(tmp_path, rows(1)), catalog)[1]["error"]["code"] == "catalog_damaged"


def test_the_importer_starts_light() -> None:
    heavy = ["fastapi", "pydantic", "structlog", "httpx2", "sqlalchemy", "asyncio", "starlette", "nh3"]
    code = f"import sys, vintagestory_api.mods.catalog_import; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
