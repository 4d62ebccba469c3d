import sqlite3
from pathlib import Path

import pytest
import structlog

from tests.mods.catalogs import contents, filled_catalog, find, ids, rows, write_list
from vintagestory_api.mods import catalog_import
from vintagestory_api.mods.catalog_store import (
    CatalogDamaged,
    CatalogNotWritable,
    CatalogUnsupported,
    damaged,
    open_catalog,
    open_catalog_for_reading,
    prepare_catalog,
)


def rebuilds(catalog: Path) -> list[str]:
    """Prepare the catalogue; returns the reasons that were logged for making a new one."""
    with structlog.testing.capture_logs() as logs:
        prepare_catalog(catalog)
    return [entry["reason"] for entry in logs if entry["event"] == "catalog_rebuilt"]


def test_a_new_catalogue_is_made_with_its_folder(tmp_path: Path) -> None:
    catalog = tmp_path / "cache" / "catalog.db"
    assert rebuilds(catalog) == []
    assert contents(catalog)["mods"] == []


def test_a_whole_catalogue_is_kept_at_every_start(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(3))
    assert rebuilds(catalog) == []
    assert ids(find(catalog)) == [3, 2, 1]


@pytest.mark.parametrize(
    "rubbish", [b"this is no database" * 100, b"", b"SQLite format 3\x00" + b"\xff" * 5000], ids=["text", "empty", "bad header"]
)
def test_a_file_that_can_not_be_read_is_replaced_by_an_empty_catalogue(tmp_path: Path, rubbish: bytes) -> None:
    catalog = tmp_path / "catalog.db"
    catalog.write_bytes(rubbish)
    assert bool(rebuilds(catalog)) == bool(rubbish)
    assert contents(catalog)["mods"] == []
    assert list(tmp_path.glob("*.part*")) == []


def test_a_catalogue_cut_off_halfway_is_replaced(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(300))
    catalog.write_bytes(catalog.read_bytes()[:9_000])
    assert rebuilds(catalog) != []
    assert contents(catalog)["mods"] == []


def test_the_log_of_an_old_broken_file_is_not_played_into_the_new_one(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(3))
    writer = open_catalog(catalog)
    writer.execute("DELETE FROM mods")
    log = catalog.with_name("catalog.db-wal").read_bytes()
    writer.close()
    catalog.write_bytes(b"rubbish" * 1000)
    catalog.with_name("catalog.db-wal").write_bytes(log)
    assert rebuilds(catalog) != []
    assert contents(catalog)["mods"] == []


def test_a_database_of_another_program_is_replaced(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.db"
    other = sqlite3.connect(catalog)
    other.execute("PRAGMA application_id = 7")
    other.execute("CREATE TABLE mods (something)")
    other.close()
    assert rebuilds(catalog) == ["a file of another program"]
    assert contents(catalog)["mods"] == []


def test_a_catalogue_with_a_table_missing_is_replaced(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(3))
    connection = open_catalog(catalog)
    connection.execute("DROP TABLE mod_tags")
    connection.close()
    assert rebuilds(catalog) == ["tables missing: mod_tags"]


def test_tables_of_another_form_are_made_anew_and_those_of_others_in_the_file_stay(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(3))
    connection = open_catalog(catalog)
    connection.execute("CREATE TABLE something_else (value)")
    connection.execute("INSERT INTO something_else VALUES (42)")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    assert rebuilds(catalog) == []
    assert contents(catalog, "mods", "something_else") == {"mods": [], "something_else": [(42,)]}


def test_damage_found_while_running_leads_to_a_new_file_at_the_next_start(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(3))
    assert isinstance(damaged(catalog), CatalogDamaged)
    assert ids(find(catalog)) == [3, 2, 1]
    assert rebuilds(catalog) == ["found damaged earlier"]
    assert rebuilds(catalog) == []


def test_the_import_finds_damage_deep_in_the_file(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(300))
    pages = bytearray(catalog.read_bytes())
    middle = len(pages) // 2
    pages[middle : middle + 20_000] = b"\xee" * 20_000
    catalog.write_bytes(pages)
    with pytest.raises((CatalogDamaged, sqlite3.DatabaseError)):
        catalog_import.import_list(write_list(tmp_path, rows(300, author="Bob")), catalog)


def test_leftovers_of_killed_lives_are_swept(tmp_path: Path) -> None:
    catalog = filled_catalog(tmp_path, rows(1))
    leftovers = [tmp_path / "catalog-1234.list.part", tmp_path / ".catalog.db.x1.part", tmp_path / ".catalog.db.x1.part-wal"]
    for leftover in leftovers:
        leftover.write_bytes(b"half")
    prepare_catalog(catalog)
    assert [leftover for leftover in leftovers if leftover.exists()] == []


def test_a_path_that_can_not_be_opened_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").mkdir()
    with pytest.raises(CatalogNotWritable, match="permissions"):
        prepare_catalog(tmp_path / "catalog.db")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CatalogNotWritable):
        prepare_catalog(tmp_path / "file" / "catalog.db")


def test_an_old_sqlite_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 33, 0))
    with pytest.raises(CatalogUnsupported, match="another Python"):
        prepare_catalog(tmp_path / "catalog.db")


def test_a_reading_connection_can_not_write(tmp_path: Path) -> None:
    connection = open_catalog_for_reading(filled_catalog(tmp_path, rows(1)))
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM mods")
    connection.close()
