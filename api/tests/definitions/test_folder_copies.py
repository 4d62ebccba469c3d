"""A stranger's data folder is copied as plain files or not at all."""

import os
from pathlib import Path

import pytest

from vintagestory_api.definitions import folder_copy
from vintagestory_api.definitions.folder_copy import Contents, FolderChanged, FolderNotCopied, copy_data, look_through


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    for name in ("Saves", "Mods/sub", "Logs", "Cache", "Playerdata"):
        (folder / name).mkdir(parents=True)
    (folder / "serverconfig.json").write_text("{}")
    (folder / "Saves" / "default.vcdbs").write_bytes(b"w" * 3_000_000)
    (folder / "Mods" / "one.zip").write_bytes(b"zip")
    (folder / "Mods" / "sub" / "b.json").write_text("b")
    (folder / "Logs" / "server-main.log").write_text("log")
    (folder / "Cache" / "x").write_text("x")
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def copied(source: Path, target: Path, *, has_install: bool = False) -> Contents:
    expected = look_through(source, has_install=has_install)
    return copy_data(source, target, expected, lambda _fraction: None, has_install=has_install)


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_what_belongs_to_a_server_is_copied_and_the_rest_is_not(source: Path, target: Path) -> None:
    done = copied(source, target)
    assert names(target) == {"serverconfig.json", "Saves/default.vcdbs", "Mods/one.zip", "Mods/sub/b.json"}
    assert (done.files, done.size_bytes) == (4, 3_000_006)
    assert (target / "Saves" / "default.vcdbs").read_bytes() == b"w" * 3_000_000
    assert (target / "Mods" / "one.zip").stat().st_mtime_ns == (source / "Mods" / "one.zip").stat().st_mtime_ns


def test_of_an_install_in_the_same_folder_nothing_is_copied(source: Path, target: Path) -> None:
    (source / "assets").mkdir()
    (source / "assets" / "version-1.22.7.txt").touch()
    (source / "VintagestoryServer.dll").touch()
    (source / "Mods" / "VSSurvivalMod.dll").touch()
    copied(source, target, has_install=True)
    assert names(target) == {"serverconfig.json", "Saves/default.vcdbs", "Mods/one.zip", "Mods/sub/b.json"}


def test_links_and_devices_are_left_out_and_told(source: Path, target: Path) -> None:
    secret = source.parent / "secret"
    secret.write_text("secret")
    (source / "Mods" / "out.zip").symlink_to(secret)
    (source / "ModConfig").symlink_to("/etc")
    os.mkfifo(source / "pipe")
    done = copied(source, target)
    assert sorted(done.left_out) == ["ModConfig", "Mods/out.zip", "pipe"]
    assert not any(path.is_symlink() for path in target.rglob("*"))


@pytest.mark.parametrize("name", ["serverconfig.json", "Saves", "Saves/default.vcdbs", "Mods"])
def test_what_a_server_needs_may_be_no_link(source: Path, target: Path, name: str) -> None:
    (source / name).rename(source.parent / "elsewhere")
    (source / name).symlink_to(source.parent / "elsewhere")
    with pytest.raises(FolderNotCopied, match="is a link, which is not followed"):
        copied(source, target)


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31mb", "a\u202eb", b"a\xff".decode(errors="surrogateescape")])
def test_a_name_that_can_not_be_printed_is_refused(source: Path, target: Path, name: str) -> None:
    (source / "Mods" / name).touch()
    with pytest.raises(FolderNotCopied) as caught:
        copied(source, target)
    assert caught.value.message.isprintable()
    assert caught.value.message.isascii()


def test_more_files_than_any_server_has_are_refused(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_copy, "MAX_FILES", 5)
    with pytest.raises(FolderNotCopied, match="more than 5 files"):
        copied(source, target)


def test_folders_too_deep_are_refused(source: Path, target: Path) -> None:
    (source / "Mods" / "/".join(["d"] * 80)).mkdir(parents=True)
    with pytest.raises(FolderNotCopied, match="too deep"):
        copied(source, target)


def test_a_file_that_is_written_meanwhile_is_noticed(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = look_through(source, has_install=False)
    world, really_open = source / "Saves" / "default.vcdbs", os.open

    def open_late(path: str, *rest: int, **more: int) -> int:
        """Somebody writes the world between the moment it was seen and the one in which it is read."""
        if path == world.name and more.get("dir_fd") is not None:
            world.write_bytes(world.read_bytes() + b"more")
        return really_open(path, *rest, **more)

    monkeypatch.setattr(os, "open", open_late)
    with pytest.raises(FolderChanged, match="still uses the folder"):
        copy_data(source, target, expected, lambda _fraction: None, has_install=False)


def test_a_disk_that_is_too_small_is_told_before(source: Path, target: Path) -> None:
    with pytest.raises(folder_copy.NoRoomForCopy, match="Make room"):
        copy_data(source, target, Contents(files=1, size_bytes=1 << 60), lambda _fraction: None, has_install=False)
    assert names(target) == set()


@pytest.mark.parametrize("fails", ["scandir", "open"])
def test_what_can_not_be_read_is_told(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    """As it is for an account without the right to; root has it."""
    expected = look_through(source, has_install=False)
    really = getattr(os, fails)

    def refuse(path: object, *rest: object, **more: object) -> object:
        if fails == "scandir" or (path == "one.zip" and more.get("dir_fd") is not None):
            raise PermissionError(13, "Permission denied", "one.zip")
        return really(path, *rest, **more)

    monkeypatch.setattr(os, fails, refuse)
    with pytest.raises(FolderNotCopied, match=r"Permission denied.*'one.zip'.*Check that the manager's account"):
        copy_data(source, target, expected, lambda _fraction: None, has_install=False)
    if fails == "scandir":
        with pytest.raises(FolderNotCopied, match="Permission denied"):
            look_through(source, has_install=False)
