"""Copies of the manager itself: made while it works, checked, and put back into a folder that has no manager yet."""

import gzip
import io
import json
import os
import sqlite3
import stat
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.apps import App
from vintagestory_api.manager_copies import restoring
from vintagestory_api.manager_copies.making import CopyExists, CopyNotMade, make_copy
from vintagestory_api.manager_copies.manifest import CopyUnusable
from vintagestory_api.manager_copies.restoring import CopyNotRestored, CopyTooNew, FolderNotEmpty, check_copy, restore_copy
from vintagestory_api.manager_copies.service import make_now
from vintagestory_api.storage.data_folder import DataFolder, DataFolderInUse
from vintagestory_api.storage.database import HEAD_REVISION, prepare_database, read_revision

Members = dict[str, bytes]


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """With a database, settings and secrets."""
    found = DataFolder(tmp_path / "data")
    found.prepare()
    prepare_database(found.database)
    found.settings.write_text('{"run_history_days": 30}')
    found.secrets.write_text('{"target": "a secret"}')
    return found


@pytest.fixture
def copy(folder: DataFolder, tmp_path: Path) -> Path:
    return make_copy(folder, tmp_path / "copy.tar.gz", with_secrets=True).path


@pytest.fixture
def empty(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "new")


def members_of(path: Path) -> Members:
    with tarfile.open(path) as archive:
        found = {entry.name: archive.extractfile(entry) for entry in archive}
        return {name: file.read() for name, file in found.items() if file is not None}


def packed(path: Path, members: Members) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def test_a_copy_brings_database_settings_and_secrets_into_an_empty_folder(
    copy: Path, folder: DataFolder, empty: DataFolder
) -> None:
    manifest = restore_copy(copy, empty)
    assert (manifest.revision, manifest.has_secrets) == (HEAD_REVISION, True)
    assert read_revision(empty.database) == HEAD_REVISION
    assert empty.settings.read_bytes() == folder.settings.read_bytes()
    assert empty.secrets.read_bytes() == folder.secrets.read_bytes()
    for path in (copy, empty.database, empty.settings, empty.secrets):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(empty.root.glob(".manager-copy-*"))
    assert not empty.is_locked


def test_secrets_are_only_in_a_copy_that_was_asked_for_with_them(folder: DataFolder, tmp_path: Path) -> None:
    made = make_copy(folder, tmp_path / "without.tar.gz", with_secrets=False)
    assert not made.manifest.has_secrets
    assert b"a secret" not in b"".join(members_of(made.path).values())


def test_the_password_of_a_server_that_is_being_made_is_a_secret(folder: DataFolder, tmp_path: Path) -> None:
    asked = {"version": "1.21.6", "password": "hush-hush-canary", "start": True}
    with closing(sqlite3.connect(folder.database, isolation_level=None)) as database:
        for number, setup in enumerate((asked, {**asked, "password": None}, None)):
            database.execute(
                "INSERT INTO servers (id, name, port, data_path, created_at, created_by, settings, wanted, last_seq, setup) "
                "VALUES (?, 'x', ?, ?, 1, 'anna', '{}', 'stopped', 0, ?)",
                (f"s{number}", 1000 + number, f"s{number}", setup and json.dumps(setup)),
            )
        database.execute("CREATE TABLE gone AS SELECT 'deleted-canary' AS text")
        database.execute("DROP TABLE gone")
    without = members_of(make_copy(folder, tmp_path / "without.tar.gz", with_secrets=False).path)["vsmanager.db"]
    assert b"canary" not in without
    assert b"hush-hush-canary" in members_of(make_copy(folder, tmp_path / "with.tar.gz", with_secrets=True).path)["vsmanager.db"]
    (tmp_path / "copy.db").write_bytes(without)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as database:
        setups = [row[0] and json.loads(row[0]) for row in database.execute("SELECT setup FROM servers ORDER BY id")]
    assert (setups[0]["version"], setups[1]["password"], setups[2]) == ("1.21.6", None, None)
    assert len(setups[0]["password"]) >= 12, "it must not become a server that everybody may join"


def test_standard_tools_open_it(copy: Path) -> None:
    assert list(members_of(copy)) == ["manifest.json", "api-settings.json", "secrets.json", "vsmanager.db"]
    assert json.loads(members_of(copy)["manifest.json"])["revision"] == HEAD_REVISION


def test_what_is_written_meanwhile_is_in_the_copy_whole_or_not_at_all(folder: DataFolder, tmp_path: Path) -> None:
    with closing(sqlite3.connect(folder.database, isolation_level=None, timeout=30)) as connection:
        connection.execute("CREATE TABLE pairs (a TEXT, b TEXT)")
        connection.executemany("INSERT INTO pairs VALUES (?, ?)", [("x" * 500, "y" * 500)] * 5000)
    done = threading.Event()
    written = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(folder.database, isolation_level=None, timeout=30)) as connection:
            while not done.is_set():
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO pairs VALUES ('left', NULL)")
                connection.execute("UPDATE pairs SET b = 'right' WHERE a = 'left'")
                connection.execute("COMMIT")
                written.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert written.wait(60)
        made = make_copy(folder, tmp_path / "busy.tar.gz", with_secrets=False)
    finally:
        done.set()
        writer.join()
    target = DataFolder(tmp_path / "restored")
    restore_copy(made.path, target)
    with closing(sqlite3.connect(target.database)) as connection:
        assert connection.execute("SELECT count(*) FROM pairs WHERE b IS NULL").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM pairs WHERE b = 'right'").fetchone()[0] >= 1


def test_a_file_that_is_there_is_never_replaced(copy: Path, folder: DataFolder) -> None:
    before = copy.read_bytes()
    with pytest.raises(CopyExists):
        make_copy(folder, copy, with_secrets=False)
    assert copy.read_bytes() == before


def test_a_damaged_database_gives_no_copy(folder: DataFolder, tmp_path: Path) -> None:
    content = bytearray(folder.database.read_bytes())
    content[8192:20480] = os.urandom(12288)
    folder.database.write_bytes(bytes(content))
    with pytest.raises(CopyNotMade):
        make_copy(folder, tmp_path / "damaged.tar.gz", with_secrets=False)
    assert not (tmp_path / "damaged.tar.gz").exists()
    assert not list(tmp_path.glob(".manager-copy-*"))


def test_a_folder_without_a_database_and_a_place_that_is_none_are_told(tmp_path: Path, folder: DataFolder) -> None:
    with pytest.raises(CopyNotMade, match="nothing to copy"):
        make_copy(DataFolder(tmp_path), tmp_path / "a.tar.gz", with_secrets=False)
    with pytest.raises(CopyNotMade, match=r"There is no folder .*nowhere\. Make it"):
        make_copy(folder, tmp_path / "nowhere" / "a.tar.gz", with_secrets=False)


def test_a_folder_that_has_a_manager_is_left_alone(copy: Path, folder: DataFolder) -> None:
    before = folder.database.read_bytes()
    with pytest.raises(FolderNotEmpty, match="has a manager already"):
        restore_copy(copy, folder)
    assert folder.database.read_bytes() == before


def test_settings_of_somebody_else_are_left_alone(copy: Path, empty: DataFolder) -> None:
    empty.prepare()
    empty.settings.write_text("{}")
    with pytest.raises(FolderNotEmpty, match="another one than in the copy"):
        restore_copy(copy, empty)
    assert empty.settings.read_text() == "{}"
    assert not empty.database.exists()


def test_a_folder_in_use_is_left_alone(copy: Path, empty: DataFolder) -> None:
    empty.prepare()
    other = DataFolder(empty.root)
    other.lock()
    try:
        with pytest.raises(DataFolderInUse):
            restore_copy(copy, empty)
    finally:
        other.unlock()


@pytest.mark.parametrize("moment", ["api-settings.json", "secrets.json", "vsmanager.db"])
def test_a_restore_that_was_cut_off_can_be_done_again(
    copy: Path, empty: DataFolder, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    replace = Path.replace

    def dies(path: Path, target: Path) -> Path:
        if path.name == moment:
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            restore_copy(copy, empty)
    assert not empty.database.exists()
    restore_copy(copy, empty)
    assert read_revision(empty.database) == HEAD_REVISION


def _changed(name: str, content: bytes) -> Callable[[Members], Members]:
    return lambda members: {**members, name: content}


def _told(**changes: Any) -> Callable[[Members], Members]:
    return lambda members: {
        **members,
        "manifest.json": json.dumps({**json.loads(members["manifest.json"]), **changes}).encode(),
    }


@pytest.mark.parametrize(
    "change",
    [
        _changed("vsmanager.db", b"something else"),
        _changed("../outside", b"x"),
        _changed("manifest.json", b"no JSON"),
        _changed("manifest.json", b"[]"),
        _told(format="another program's"),
        _told(members={}),
        _told(members={"/etc/passwd": {"size": 1, "sha256": "x"}, "vsmanager.db": {"size": 1, "sha256": "x"}}),
        _told(version=2),
        lambda members: {name: content for name, content in members.items() if name != "vsmanager.db"},
        lambda members: dict(reversed(members.items())),
        lambda _members: {"readme.txt": b"hello"},
        lambda _members: {},
    ],
)
def test_what_is_no_whole_copy_is_refused_and_changes_nothing(
    copy: Path, empty: DataFolder, tmp_path: Path, change: Callable[[Members], Members]
) -> None:
    bad = packed(tmp_path / "bad.tar.gz", change(members_of(copy)))
    with pytest.raises(CopyUnusable):
        check_copy(bad)
    with pytest.raises(CopyUnusable):
        restore_copy(bad, empty)
    assert not empty.database.exists()
    assert not empty.settings.exists()
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("content", [b"", b"hello", gzip.compress(b"hello"), gzip.compress(b"\x00" * 100_000)])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.tar.gz"
    path.write_bytes(content)
    with pytest.raises(CopyUnusable):
        check_copy(path)


def test_a_copy_that_was_cut_off_is_refused(copy: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(copy.read_bytes()[:-2000])
    with pytest.raises(CopyUnusable):
        check_copy(cut)


def test_links_in_a_copy_are_refused(copy: Path, tmp_path: Path, empty: DataFolder) -> None:
    bad = tmp_path / "bad.tar.gz"
    with tarfile.open(bad, "w:gz") as archive:
        content = members_of(copy)["manifest.json"]
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("api-settings.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(CopyUnusable):
        restore_copy(bad, empty)


def test_what_an_archive_announces_is_not_read_before_it_is_looked_at(tmp_path: Path) -> None:
    """A megabyte of a packed archive can stand for gigabytes of a header, which would be read into memory."""
    bomb = tmp_path / "bomb.tar.gz"
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 1 << 32
    with gzip.open(bomb, "wb") as file:
        file.write(header.tobuf(tarfile.USTAR_FORMAT))
    with pytest.raises(CopyUnusable, match="holds more than files"):
        check_copy(bomb)


def test_a_copy_that_would_fill_the_disk_is_refused_before_it_is_unpacked(copy: Path, tmp_path: Path, empty: DataFolder) -> None:
    members = members_of(copy)
    manifest = json.loads(members["manifest.json"])
    manifest["members"]["vsmanager.db"]["size"] = 1 << 60
    bomb = packed(tmp_path / "bomb.tar.gz", {**members, "manifest.json": json.dumps(manifest).encode()})
    with pytest.raises(CopyNotRestored, match="not enough room"):
        restore_copy(bomb, empty)
    assert not empty.database.exists()


def test_a_copy_of_a_newer_version_is_refused_with_what_to_do(copy: Path, empty: DataFolder, tmp_path: Path) -> None:
    newer = packed(tmp_path / "newer.tar.gz", _told(revision="9999", program="9.0")(members_of(copy)))
    with pytest.raises(CopyTooNew, match="Install that version, or a later one"):
        restore_copy(newer, empty)
    assert not empty.database.exists()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(restoring.CopyNotRestored, match=r"gone\.tar\.gz can't be read"):
        check_copy(tmp_path / "gone.tar.gz")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_root_copies_and_restores_belongs_to_whom_the_folder_belongs(
    folder: DataFolder, empty: DataFolder, tmp_path: Path
) -> None:
    empty.root.mkdir()
    for root in (folder.root, empty.root):
        os.chown(root, 12345, 12346)
    inside = make_now(folder, None, with_secrets=False).path
    outside = make_now(folder, tmp_path / "mine.tar.gz", with_secrets=False).path
    restore_copy(outside, empty)
    of_others = [inside, inside.parent, *empty.root.rglob("*")]
    assert {(path.stat().st_uid, path.stat().st_gid) for path in of_others} == {(12345, 12346)}
    assert outside.stat().st_uid == 0


def test_the_daily_job_keeps_as_many_as_wanted_and_no_other_s(app: App) -> None:
    copies = app.manager.folder.manager_copies
    copies.mkdir()
    by_hand = copies / "manager-2020-01-01T00-00-00Z.tar.gz"
    by_hand.write_bytes(b"")
    old = [copies / f"manager-2020-01-0{day}T00-00-00Z-daily.tar.gz" for day in (1, 2, 3)]
    for path in old:
        path.write_bytes(b"")
    (copies / ".manager-copy-abc").mkdir()
    app.ask("PATCH", "/settings", json={"manager_backups_kept": 2})
    run = app.ended(app.ask("POST", "/jobs/manager_backup/run").json()["id"], 60)
    assert run["report"]["deleted"] == 2
    there = sorted(path.name for path in copies.iterdir())
    assert there == sorted([by_hand.name, old[2].name, run["report"]["file_name"]])
    assert not check_copy(copies / run["report"]["file_name"]).has_secrets


def test_none_are_made_when_none_are_to_be_kept(app: App) -> None:
    app.ask("PATCH", "/settings", json={"manager_backups_kept": 0})
    assert "manager_backup" not in {job["id"] for job in app.get("/jobs")["items"] if job["next_run_at"]}
