"""What is deleted lies in the trash until it is deleted for good, and comes back whole."""

import asyncio
import errno
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import pytest

from tests.servers.games import LONG, House
from vintagestory_api.files import trash as trash_module
from vintagestory_api.files.service import ServerFiles
from vintagestory_api.files.trash import CannotCopy, NotInTrash, NotOurs, Trash
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.storage.guarded_folder import GuardedFolder, NameTaken
from vintagestory_api.storage.guarded_paths import PathNotAllowed
from vintagestory_api.storage.open_folders import move_to_free_name, remove

if TYPE_CHECKING:
    from vintagestory_api.servers.registry import Servers

NOW = 1_790_000_000_000
DAY_MS = 86_400_000


def drop(root: GuardedFolder, trash: Trash, path: str, *, now_ms: int = NOW) -> str:
    *way, name = path.split("/")
    with root.folder(way) as folder:
        return trash.take(folder, (*way, name), now_ms=now_ms, by="anna").id


@pytest.fixture
def other_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's folder lies on another disk than the trash."""
    real = move_to_free_name

    def move(folder: int, name: str, target_folder: int, target: str) -> None:
        if os.readlink(f"/proc/self/fd/{folder}") != os.readlink(f"/proc/self/fd/{target_folder}"):  # noqa: PTH115 - of the kernel
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        real(folder, name, target_folder, target)

    monkeypatch.setattr(trash_module, "move_to_free_name", move)


def make_tree(place: Path) -> None:
    (place / "tree" / "deep").mkdir(parents=True)
    (place / "tree" / "deep" / "a.txt").write_text("hello")
    (place / "tree" / "deep" / "a.txt").chmod(0o640)
    (place / "tree" / "link").symlink_to("../elsewhere")


def see_tree(place: Path) -> None:
    file = place / "tree" / "deep" / "a.txt"
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("hello", 0o640)
    assert str((place / "tree" / "link").readlink()) == "../elsewhere"


def test_a_folder_comes_back_as_it_was(root: GuardedFolder, place: Path, trash: Trash) -> None:
    make_tree(place)
    item = drop(root, trash, "tree")
    assert not (place / "tree").exists()
    (told,) = trash.view().items
    assert (told.id, told.path, told.kind, told.size_bytes) == (item, "tree", "folder", 5 + len("../elsewhere"))
    assert trash.restore(item, root, keep_both=False) == "tree"
    see_tree(place)
    assert trash.view().items == []
    with pytest.raises(NotInTrash):
        trash.restore(item, root, keep_both=False)


@pytest.mark.usefixtures("other_disk")
def test_a_folder_of_another_disk_is_copied_there_and_back(root: GuardedFolder, place: Path, trash: Trash) -> None:
    make_tree(place)
    item = drop(root, trash, "tree")
    assert not (place / "tree").exists()
    trash.restore(item, root, keep_both=False)
    see_tree(place)
    assert trash.view().items == []


@pytest.mark.usefixtures("other_disk")
def test_what_can_not_be_copied_whole_stays_where_it_is(
    root: GuardedFolder, place: Path, outside: Path, trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tree(place)
    (place / "tree" / "hard").hardlink_to(outside / "secrets.json")
    with pytest.raises(CannotCopy):
        drop(root, trash, "tree")
    (place / "tree" / "hard").unlink()

    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(OSError, match="No space"):
        drop(root, trash, "tree")
    see_tree(place)
    assert trash.view().items == []
    assert [path.name for path in (place.parent.parent / "trash" / "home").iterdir()] == []


def test_missing_folders_are_made_and_a_taken_name_is_told(root: GuardedFolder, place: Path, trash: Trash) -> None:
    (place / "one" / "two").mkdir(parents=True)
    (place / "one" / "two" / "a.tar.gz").write_text("old")
    item = drop(root, trash, "one/two/a.tar.gz")
    (place / "one" / "two").rmdir()
    trash.restore(item, root, keep_both=False)
    item = drop(root, trash, "one/two/a.tar.gz")
    (place / "one" / "two" / "a.tar.gz").write_text("new")
    with pytest.raises(NameTaken):
        trash.restore(item, root, keep_both=False)
    assert trash.restore(item, root, keep_both=True) == "one/two/a.tar (2).gz"
    assert (place / "one" / "two" / "a.tar.gz").read_text() == "new"


def test_nothing_comes_back_through_a_link(root: GuardedFolder, place: Path, outside: Path, trash: Trash) -> None:
    (place / "one").mkdir()
    (place / "one" / "a.txt").write_text("old")
    item = drop(root, trash, "one/a.txt")
    (place / "one").rmdir()
    (place / "one").symlink_to(outside)
    with pytest.raises(PathNotAllowed):
        trash.restore(item, root, keep_both=False)
    assert [path.name for path in outside.iterdir()] == ["secrets.json"]
    assert len(trash.view().items) == 1


def test_what_is_old_or_too_much_goes_for_good(
    root: GuardedFolder, place: Path, trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trash_module, "MAX_BYTES", 10)
    for name, age_days in (("old", 31), ("much", 3), ("young", 0.5), ("newest", 0)):
        (place / name).write_text("12345678")
        drop(root, trash, name, now_ms=NOW - int(age_days * DAY_MS))
    trash.tidy(NOW)
    assert [item.path for item in trash.view().items] == ["newest", "young"]
    assert trash.view().size_bytes == 16
    assert trash.empty() == (2, 16)
    assert trash.view().items == []


def test_halves_of_a_killed_manager_are_cleared_away(root: GuardedFolder, place: Path, trash: Trash, tmp_path: Path) -> None:
    (place / "a").write_text("a")
    item = drop(root, trash, "a")
    folder = tmp_path / "trash" / "home"
    (folder / "other.json").write_text("{}")
    (folder / ".x.part").mkdir()
    trash.clear_halves()
    assert {path.name for path in folder.iterdir()} == {f"{item}.json", f"{item}.item"}


def test_a_trash_that_was_never_used_is_empty(trash: Trash) -> None:
    trash.clear_halves()
    trash.tidy(NOW)
    assert (trash.view().items, trash.empty()) == ([], (0, 0))
    with pytest.raises(NotInTrash):
        trash.delete("../../manager/secrets")


def test_emptying_reads_each_note_no_more_than_twice(
    root: GuardedFolder, place: Path, trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        (place / f"{number}.txt").write_text("x")
        drop(root, trash, f"{number}.txt")
    read: list[str] = []
    look = trash_module._read

    def count(folder: int, name: str) -> trash_module._Note | None:
        read.append(name)
        return look(folder, name)

    monkeypatch.setattr(trash_module, "_read", count)
    assert trash.empty() == (30, 30)
    assert len(read) <= 60
    assert trash.view().items == []


@pytest.mark.parametrize("item", ["", "..", "../x", "0" * 36, "x" * 300, "a\0b"])
def test_what_is_no_item_of_the_trash_is_told(root: GuardedFolder, place: Path, trash: Trash, item: str) -> None:
    (place / "a.txt").write_text("x")
    drop(root, trash, "a.txt")
    with pytest.raises(NotInTrash):
        trash.delete(item)
    assert len(trash.view().items) == 1


async def test_what_is_being_deleted_at_the_start_is_not_taken_for_what_a_killed_manager_left(tmp_path: Path) -> None:
    place = tmp_path / "trash" / "home"
    place.mkdir(parents=True)
    (place / "half.json").write_text("{}")
    files = ServerFiles(cast("Servers", None), tmp_path / "trash", SystemClock())
    reached = asyncio.Event()

    class Told(asyncio.Lock):
        async def acquire(self) -> Literal[True]:
            reached.set()
            return await super().acquire()

    lock = files._locks["home"] = Told()
    async with lock:
        reached.clear()
        files.start()
        async with asyncio.timeout(60):
            await reached.wait()
        assert (place / "half.json").exists()
    assert files._clearing is not None
    await files._clearing
    assert not (place / "half.json").exists()


@pytest.mark.parametrize("deletes", [True, False])
async def test_the_trash_of_a_server_that_is_gone_is_nobody_elses(
    root: GuardedFolder, place: Path, trash: Trash, tmp_path: Path, *, deletes: bool
) -> None:
    (place / "a").write_text("a")
    drop(root, trash, "a")
    files = ServerFiles(cast("Servers", None), tmp_path / "trash", SystemClock())
    await files.let_go("home", deletes)
    await files.let_go("home", deletes)
    assert trash.view().items == []
    kept = list((tmp_path / "trash").glob("*/*.item"))
    assert len(kept) == (0 if deletes else 1)
    await files._clear_up()
    assert list((tmp_path / "trash").iterdir()) == [], "its time is long over"


def test_a_server_that_gets_the_id_of_a_deleted_one_has_an_empty_trash(house: House) -> None:
    server = house.create(name="Twice")["id"]
    (house.data_path(server) / "secret.txt").write_text("of the first")
    assert house.app.ask("POST", f"/servers/{server}/files/delete", json={"paths": ["secret.txt"]}).json()["problems"] == []
    run = house.app.ended(house.app.ask("DELETE", f"/servers/{server}?delete_files=true").json()["id"], LONG)
    assert run["state"] == "succeeded"
    assert house.create(name="Twice")["id"] == server
    assert house.app.get(f"/servers/{server}/files/trash")["items"] == []
    assert not list((house.data_dir / "trash").glob(f"*{server}*/*.item"))


def test_what_belongs_to_somebody_else_is_told_and_the_rest_goes(
    root: GuardedFolder, place: Path, trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.txt", "theirs.txt", "z.txt"):
        (place / name).write_text("x")
        drop(root, trash, name)
    theirs = next(item.id for item in trash.view().items if item.path == "theirs.txt")
    really = remove

    def refuse(folder: int, name: str) -> None:
        if name == f"{theirs}.item":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        really(folder, name)

    monkeypatch.setattr(trash_module, "remove", refuse)
    with pytest.raises(NotOurs, match=r"theirs\.txt holds files of another user"):
        trash.delete(theirs)
    with pytest.raises(NotOurs):
        trash.empty()
    assert [item.path for item in trash.view().items] == ["theirs.txt"]
    trash.tidy(NOW + 60 * DAY_MS)
    assert [item.path for item in trash.view().items] == ["theirs.txt"]
