"""Files are saved, brought, moved and deleted whole or not at all, and nothing outside of the server's folder is touched."""

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from vintagestory_api.files import changing as changing_module
from vintagestory_api.files import trash as trash_module
from vintagestory_api.files.changing import (
    BrokenJson,
    ChangedMeanwhile,
    NoRoomForUpload,
    Upload,
    delete,
    make_new_folder,
    move,
    save_text,
)
from vintagestory_api.files.reading import FileTooLarge, read_content
from vintagestory_api.files.rules import GameWrites, KeptByManager
from vintagestory_api.files.schemas import FileSaved
from vintagestory_api.files.trash import Trash
from vintagestory_api.kit.text_files import NoText
from vintagestory_api.storage import open_folders as open_folders_module
from vintagestory_api.storage.guarded_folder import GuardedFolder, NameNotAllowed, NameTaken
from vintagestory_api.storage.guarded_paths import NoSuchFile, PathNotAllowed

NOW = 1_790_000_000_000


def etag(root: GuardedFolder, path: str) -> str:
    return read_content(root, path, is_up=False).etag


def save(root: GuardedFolder, path: str, text: str, mark: str | None = None, **options: bool) -> FileSaved:
    wishes = {"allow_broken": False, "is_up": False, **options}
    return save_text(root, path, text.encode(), etag(root, path) if mark is None else mark, **wishes)


def bring(root: GuardedFolder, trash: Trash, path: str, data: bytes, *, replace: bool = False) -> str:
    upload = Upload(root, path, size_bytes=len(data), replace=replace, is_up=False)
    try:
        upload.write(data)
        return upload.finish(trash, now_ms=NOW, by="anna")
    finally:
        upload.give_up()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_saved_text_keeps_encoding_line_ends_rights_and_owner(root: GuardedFolder, place: Path) -> None:
    file = place / "notes.txt"
    file.write_bytes("\ufeffone\r\ntwo\r\n".encode("utf-16-le"))
    file.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(file, 12_345, 23_456)
    before = file.stat()
    saved = save(root, "notes.txt", "one\ntwo\nthrée\n")
    assert file.read_bytes() == "\ufeffone\r\ntwo\r\nthrée\r\n".encode("utf-16-le")
    after = file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert saved.etag == etag(root, "notes.txt")
    assert names(place) == {"notes.txt"}


def test_a_new_file_belongs_to_whom_the_folder_belongs_to(root: GuardedFolder, place: Path) -> None:
    if os.geteuid() == 0:
        os.chown(place, 12_345, 23_456)
    place.chmod(0o755)
    save(root, "new.txt", "hello", "")
    around, made = place.stat(), (place / "new.txt").stat()
    assert (made.st_uid, made.st_gid, stat.S_IMODE(made.st_mode)) == (around.st_uid, around.st_gid, 0o644)
    with pytest.raises(ChangedMeanwhile):
        save(root, "new.txt", "again", "")
    assert (place / "new.txt").read_text() == "hello"


def test_the_second_of_two_people_is_told_and_nothing_is_lost(root: GuardedFolder, place: Path) -> None:
    (place / "a.txt").write_text("old")
    seen = etag(root, "a.txt")
    save(root, "a.txt", "first", seen)
    with pytest.raises(ChangedMeanwhile):
        save(root, "a.txt", "second", seen)
    assert (place / "a.txt").read_text() == "first"
    (place / "a.txt").unlink()
    with pytest.raises(ChangedMeanwhile) as told:
        save(root, "a.txt", "second", seen)
    assert told.value.extra == {"is_gone": True}
    assert names(place) == set()


def test_what_the_game_writes_in_the_very_moment_stays(root: GuardedFolder, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "a.txt").write_text("old")
    seen = etag(root, "a.txt")
    real = open_folders_module.new_file

    def while_it_is_written(*args: Any, **options: Any) -> Any:
        (place / "a.txt").write_text("of the game")
        return real(*args, **options)

    monkeypatch.setattr("vintagestory_api.files.changing.new_file", while_it_is_written)
    with pytest.raises(ChangedMeanwhile):
        save(root, "a.txt", "mine", seen)
    assert (place / "a.txt").read_text() == "of the game"
    assert names(place) == {"a.txt"}


@pytest.mark.parametrize("size", [1, 4_000])
def test_broken_json_is_told_with_its_place_and_saved_only_when_wanted(root: GuardedFolder, place: Path, size: int) -> None:
    good = '{"a": 1, // a comment\n' + '  b: "x",\n' * size + '  "c": [1,],\n}'
    bad = good.replace('"c": [1,],', '"c" [1,],')
    (place / "a.json").write_text("{}")
    assert save(root, "a.json", good).problem is None
    with pytest.raises(BrokenJson) as told:
        save(root, "a.json", bad)
    problem = told.value.extra["problem"]
    assert (problem["line"], problem["column"]) == (size + 2, 7)
    assert (place / "a.json").read_text() == good
    saved = save(root, "a.json", bad, allow_broken=True)
    assert saved.problem is not None
    assert (place / "a.json").read_text() == bad
    assert save(root, "plain.txt", bad, "").problem is None


def test_what_is_no_text_or_too_large_is_neither_shown_nor_made(
    root: GuardedFolder, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "a.bin").write_bytes(b"\0\1\2")
    (place / "latin.txt").write_bytes(b"\xe9t\xe9")
    for name in ("a.bin", "latin.txt"):
        with pytest.raises(NoText):
            read_content(root, name, is_up=False)
    (place / "a.txt").write_text("x" * 10)
    seen = etag(root, "a.txt")
    for module in ("files.changing", "files.reading"):
        monkeypatch.setattr(f"vintagestory_api.{module}.MAX_TEXT_BYTES", 20)
    with pytest.raises(FileTooLarge):
        save(root, "a.txt", "x" * 30, seen)
    (place / "b.txt").write_text("x" * 21)
    with pytest.raises(FileTooLarge):
        read_content(root, "b.txt", is_up=False)


def full_disk(monkeypatch: pytest.MonkeyPatch, number: int = errno.ENOSPC) -> None:
    def fsync(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)


def test_a_full_disk_leaves_what_was_there_and_no_half(
    root: GuardedFolder, place: Path, trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "a.txt").write_text("old")
    seen = etag(root, "a.txt")
    full_disk(monkeypatch)
    with pytest.raises(OSError, match="No space"):
        save(root, "a.txt", "new", seen)
    with pytest.raises(OSError, match="No space"):
        bring(root, trash, "b.bin", b"new")
    assert names(place) == {"a.txt"}
    assert (place / "a.txt").read_text() == "old"


def test_an_upload_gets_its_name_when_it_is_whole(root: GuardedFolder, place: Path, trash: Trash) -> None:
    upload = Upload(root, "world.bin", size_bytes=None, replace=False, is_up=False)
    upload.write(b"half")
    assert "world.bin" not in names(place)
    upload.give_up()
    assert names(place) == set()
    assert bring(root, trash, "world.bin", b"whole") == "world.bin"
    assert (place / "world.bin").read_bytes() == b"whole"
    assert names(place) == {"world.bin"}


def test_an_upload_replaces_only_when_wanted_and_what_was_there_goes_to_the_trash(
    root: GuardedFolder, place: Path, trash: Trash
) -> None:
    (place / "a.bin").write_bytes(b"old")
    (place / "a.bin").chmod(0o600)
    (place / "folder").mkdir()
    with pytest.raises(NameTaken):
        bring(root, trash, "a.bin", b"new")
    with pytest.raises(NameTaken):
        bring(root, trash, "folder", b"new", replace=True)
    bring(root, trash, "a.bin", b"new", replace=True)
    assert ((place / "a.bin").read_bytes(), stat.S_IMODE((place / "a.bin").stat().st_mode)) == (b"new", 0o600)
    (item,) = trash.view().items
    assert (item.path, item.size_bytes, item.deleted_by) == ("a.bin", 3, "anna")
    assert trash.restore(item.id, root, keep_both=True) == "a (2).bin"
    assert (place / "a (2).bin").read_bytes() == b"old"


@pytest.mark.parametrize("step", ["_write", "move_to_free_name", "exchange"])
def test_what_an_upload_replaces_is_there_or_in_the_trash_whatever_goes_wrong(
    root: GuardedFolder, place: Path, trash: Trash, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (place / "a.bin").write_bytes(b"old")
    real = getattr(trash_module, step)
    calls = 0

    def full(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args, **options)

    monkeypatch.setattr(trash_module, step, full)
    with pytest.raises(OSError, match="No space"):
        bring(root, trash, "a.bin", b"new", replace=True)
    assert names(place) == {"a.bin"}
    assert (place / "a.bin").read_bytes() == b"old"
    assert trash.view().items == []


@pytest.mark.parametrize("step", ["move_to_free_name", "exchange"])
@pytest.mark.parametrize("is_done", [False, True])
def test_what_an_upload_replaces_outlives_a_kill_at_each_step(
    root: GuardedFolder, place: Path, trash: Trash, step: str, *, is_done: bool
) -> None:
    (place / "a.bin").write_bytes(b"old")
    child = os.fork()
    if child == 0:  # as after kill -9: nothing is cleared away
        real = getattr(trash_module, step)

        def die(*args: Any, **options: Any) -> None:
            if is_done:
                real(*args, **options)
            os._exit(9)

        setattr(trash_module, step, die)
        bring(root, trash, "a.bin", b"new", replace=True)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    trash.clear_halves()
    for part in place.glob(".vsmanager-*"):
        os.utime(part, (0, 0))
    bring(root, trash, "b.bin", b"b")
    kept = {(place / "a.bin").read_bytes(), *(path.read_bytes() for path in trash._place.glob("*.item"))}
    assert b"old" in kept
    assert (place / "a.bin").read_bytes() in {b"old", b"new"}


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EINVAL])
def test_an_upload_replaces_where_the_trash_is_on_another_disk_or_names_cannot_be_swapped(
    root: GuardedFolder, place: Path, trash: Trash, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (place / "a.bin").write_bytes(b"old")

    def cannot(*_args: Any, **_options: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(trash_module, "exchange", cannot)
    bring(root, trash, "a.bin", b"new", replace=True)
    assert names(place) == {"a.bin"}
    assert (place / "a.bin").read_bytes() == b"new"
    (item,) = trash.view().items
    assert trash.restore(item.id, root, keep_both=True) == "a (2).bin"
    assert (place / "a (2).bin").read_bytes() == b"old"


def test_an_upload_does_not_fill_the_disk_nor_pass_its_limit(
    root: GuardedFolder, place: Path, trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changing_module, "MAX_UPLOAD_BYTES", 10)
    with pytest.raises(FileTooLarge):
        Upload(root, "a.bin", size_bytes=11, replace=False, is_up=False)
    with pytest.raises(FileTooLarge):
        bring_in_pieces(root, trash, [b"123456", b"789012"])
    monkeypatch.setattr(changing_module, "RESERVE_BYTES", 1 << 60)
    with pytest.raises(NoRoomForUpload):
        bring(root, trash, "a.bin", b"new")
    assert names(place) == set()


def bring_in_pieces(root: GuardedFolder, trash: Trash, pieces: Sequence[bytes]) -> None:
    upload = Upload(root, "a.bin", size_bytes=None, replace=False, is_up=False)
    try:
        for piece in pieces:
            upload.write(piece)
        upload.finish(trash, now_ms=NOW, by="anna")
    finally:
        upload.give_up()


def test_what_a_killed_manager_left_is_cleared_away_later(root: GuardedFolder, place: Path, trash: Trash) -> None:
    old, young = place / ".vsmanager-0000.part", place / ".vsmanager-1111.part"
    for part in (old, young):
        part.touch()
    os.utime(old, (0, 0))
    bring(root, trash, "a.bin", b"new")
    assert names(place) == {"a.bin", young.name}


def test_files_and_folders_are_moved_and_nothing_is_replaced(root: GuardedFolder, place: Path) -> None:
    make_new_folder(root, "one", is_up=False)
    (place / "one" / "a.txt").write_text("a")
    (place / "b.txt").write_text("b")
    assert move(root, "one/a.txt", "c.txt", is_up=False) == "c.txt"
    assert move(root, "one", "two", is_up=False) == "two"
    for target in ("b.txt", "two"):
        with pytest.raises(NameTaken):
            move(root, "c.txt", target, is_up=False)
    with pytest.raises(NameTaken):
        move(root, "two", "two/three", is_up=False)
    with pytest.raises(NoSuchFile):
        move(root, "c.txt", "nowhere/c.txt", is_up=False)
    with pytest.raises(NameTaken):
        make_new_folder(root, "two", is_up=False)
    with pytest.raises(NameNotAllowed):
        make_new_folder(root, "n" * 300, is_up=False)
    assert names(place) == {"b.txt", "c.txt", "two"}


def test_what_has_an_odd_name_can_be_renamed_and_deleted(root: GuardedFolder, place: Path, trash: Trash) -> None:
    for name in (b"a\nb", b"\xff"):
        (place / os.fsdecode(name)).write_text("odd")
    move(root, "a\\x0ab", "plain.txt", is_up=False)
    done = delete(root, ["\\xff"], trash, now_ms=NOW, by="anna", is_up=False)
    assert ([item.path for item in done.deleted], done.problems) == (["\\xff"], [])
    assert names(place) == {"plain.txt"}
    trash.restore(done.deleted[0].id, root, keep_both=False)
    assert (place / os.fsdecode(b"\xff")).read_text() == "odd"


def test_links_and_pipes_go_to_the_trash_as_they_are(root: GuardedFolder, place: Path, outside: Path, trash: Trash) -> None:
    (place / "link").symlink_to(outside)
    (place / "hard").hardlink_to(outside / "secrets.json")
    os.mkfifo(place / "pipe")
    done = delete(root, ["link", "pipe", "hard"], trash, now_ms=NOW, by="anna", is_up=False)
    assert [item.kind for item in done.deleted] == ["link", "other", "file"]
    assert trash.empty()[0] == 3
    assert names(outside) == {"secrets.json"}
    assert (outside / "secrets.json").read_text() == "SECRET"


@pytest.mark.parametrize("path", ["../manager/secrets.json", "up/secrets.json", "/etc/passwd", ""])
def test_no_change_leads_out_of_the_folder(root: GuardedFolder, place: Path, outside: Path, trash: Trash, path: str) -> None:
    (place / "up").symlink_to(outside)
    (place / "a.txt").write_text("a")
    refused = (PathNotAllowed, NameNotAllowed)
    with pytest.raises(refused):
        save(root, path, "x", "")
    with pytest.raises(refused):
        save(root, path, "x", "0" * 64)
    with pytest.raises(refused):
        bring(root, trash, path, b"x", replace=True)
    with pytest.raises(refused):
        make_new_folder(root, path, is_up=False)
    for one, other in (("a.txt", path), (path, "b.txt")):
        with pytest.raises(refused):
            move(root, one, other, is_up=False)
    assert delete(root, [path], trash, now_ms=NOW, by="anna", is_up=False).deleted == []
    assert names(outside) == {"secrets.json"}
    assert (outside / "secrets.json").read_text() == "SECRET"


def test_a_folder_that_becomes_a_link_while_something_is_written_changes_nothing_elsewhere(
    root: GuardedFolder, place: Path, outside: Path, trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "one").mkdir()
    (outside / "a.txt").write_text("SECRET")
    real = open_folders_module.new_file

    def after_a_swap(*args: Any, **options: Any) -> Any:
        (place / "one").rename(place / "aside")
        (place / "one").symlink_to(outside)
        return real(*args, **options)

    monkeypatch.setattr("vintagestory_api.files.changing.new_file", after_a_swap)
    bring(root, trash, "one/a.txt", b"new", replace=True)
    assert (outside / "a.txt").read_text() == "SECRET"
    assert names(outside) == {"a.txt", "secrets.json"}
    assert (place / "aside" / "a.txt").read_bytes() == b"new"


CONFIG = '{"ServerName": "x", "MaxClients": 16, "Password": "hunter2", "WorldConfig": {}}'


@pytest.mark.parametrize("name", ["serverconfig.json", "ServerConfig.JSON", "serverconfig.json.bak", "serverconfig (old).json"])
def test_the_file_with_the_password_is_left_to_the_config_tab(root: GuardedFolder, place: Path, trash: Trash, name: str) -> None:
    (place / name).write_text(CONFIG)
    (place / "other.json").write_text("{}")
    for work in (
        lambda: read_content(root, name, is_up=False),
        lambda: save(root, name, "{}", "0" * 64),
        lambda: move(root, name, "readable.json", is_up=False),
        lambda: move(root, "other.json", f"{name}.json", is_up=False),
        lambda: bring(root, trash, name, b"{}", replace=True),
    ):
        with pytest.raises(KeptByManager) as told:
            work()
        assert told.value.extra["where"] == "config"
        assert "hunter2" not in str(told.value)
    assert delete(root, [name], trash, now_ms=NOW, by="anna", is_up=False).problems[0].code == "kept_by_manager"


def test_a_copy_of_the_configuration_is_known_by_what_is_in_it(root: GuardedFolder, place: Path) -> None:
    (place / "notes.txt").write_text(CONFIG)
    (place / "wide.txt").write_bytes(CONFIG.encode("utf-16"))
    for name in ("notes.txt", "wide.txt"):
        with pytest.raises(KeptByManager):
            read_content(root, name, is_up=False)
        with pytest.raises(KeptByManager):
            move(root, name, "a.txt", is_up=False)


@pytest.mark.parametrize(
    "path",
    ["Saves/a.vcdbs", "Playerdata/playerdata.json", "servermagicnumbers.json", "Logs/server-main.log", "World/a.vcdbs-wal"],
)
def test_what_the_running_game_writes_is_changed_only_when_it_does_not_run(
    root: GuardedFolder, place: Path, trash: Trash, path: str
) -> None:
    file = place / path
    file.parent.mkdir(exist_ok=True)
    file.write_text("1")
    seen = etag(root, path)
    with pytest.raises(GameWrites, match="stop it first"):
        save(root, path, "2", seen, is_up=True)
    with pytest.raises(GameWrites):
        move(root, path, "a.txt", is_up=True)
    assert delete(root, [path], trash, now_ms=NOW, by="anna", is_up=True).problems[0].code == "game_writes"
    save(root, path, "2", seen)
    assert file.read_text() == "2"


def test_the_folders_that_the_manager_keeps_are_not_for_this(root: GuardedFolder, place: Path, trash: Trash) -> None:
    (place / "ModGenerations" / "1").mkdir(parents=True)
    (place / "Mods").symlink_to("ModGenerations/1")
    for path in ("ModGenerations/1/a.zip", "Mods/a.zip", ".restore-x/a"):
        with pytest.raises(KeptByManager):
            bring(root, trash, path, b"x")
    done = delete(root, ["Mods", "ModGenerations"], trash, now_ms=NOW, by="anna", is_up=False)
    assert [problem.code for problem in done.problems] == ["kept_by_manager", "kept_by_manager"]


def test_a_folder_with_a_world_stays_where_it_is_while_the_game_runs(root: GuardedFolder, place: Path, trash: Trash) -> None:
    (place / "Own" / "deep").mkdir(parents=True)
    (place / "Own" / "deep" / "home.vcdbs").write_bytes(b"world")
    (place / "Notes").mkdir()
    with pytest.raises(GameWrites, match="holds a world"):
        move(root, "Own", "Away", is_up=True)
    told = delete(root, ["Own", "Notes"], trash, now_ms=NOW, by="anna", is_up=True)
    assert ([problem.code for problem in told.problems], [item.path for item in told.deleted]) == (["game_writes"], ["Notes"])
    assert (place / "Own" / "deep" / "home.vcdbs").read_bytes() == b"world"
    move(root, "Own", "Away", is_up=False)
    assert delete(root, ["Away"], trash, now_ms=NOW, by="anna", is_up=False).problems == []
