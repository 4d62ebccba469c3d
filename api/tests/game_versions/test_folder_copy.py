"""An install that lies somewhere on the machine is copied as it is, without what doesn't belong to it, and never touched."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.game_versions.file_store import installing
from tests.waiting import until
from vintagestory_api.events import InstalledVersionsChanged
from vintagestory_api.game_versions import download, folder_copy
from vintagestory_api.game_versions.folder_copy import FolderRefused
from vintagestory_api.game_versions.installs import MARKER, VersionIsThere, VersionTooOld
from vintagestory_api.game_versions.unpack import DiskFull
from vintagestory_sandbox.builds import unpack_build


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """An install that somebody made by hand."""
    folder = tmp_path / "old-server"
    unpack_build("1.22.7", folder)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def state_of(folder: Path) -> dict[str, Any]:
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_mode, path.lstat().st_ino) for path in folder.rglob("*")}


def inodes_of(folder: Path) -> set[int]:
    return {path.stat().st_ino for path in folder.rglob("*")}


async def test_an_install_is_copied_and_the_original_stays_untouched(tmp_path: Path, old: Path) -> None:
    (old / "VintagestoryServer").chmod(0o644)
    before = state_of(old)
    told: list[tuple[float | None, str]] = []
    async with installing(tmp_path) as world:
        installed = await world.installs.install_folder(old, progress=lambda fraction, text: told.append((fraction, text)))
        assert (installed.version, installed.path, installed.source) == ("1.22.7", world.folder / "1.22.7", "old-server")
        assert world.told == [InstalledVersionsChanged()]
        assert world.left_over() == []
        assert world.store.asked == []
    copied = files_of(installed.path)
    copied.pop(MARKER)
    assert copied == files_of(old)
    assert installed.size_bytes == sum(len(data) for data in copied.values())
    assert state_of(old) == before
    assert os.access(installed.path / "VintagestoryServer", os.X_OK)
    assert not inodes_of(installed.path) & inodes_of(old)
    assert told[-1] == (1.0, "1.22.7 is installed")


async def test_worlds_settings_and_mods_of_a_server_are_not_part_of_a_version(tmp_path: Path, old: Path) -> None:
    clean = set(files_of(old))
    for name in (
        "Saves/default.vcdbs",
        "Playerdata/playerdata.json",
        "Logs/server-main.log",
        "Mods/cheats.zip",
        "Mods/more/a.dll",
    ):
        (old / name).parent.mkdir(parents=True, exist_ok=True)
        (old / name).write_bytes(b"x")
    (old / "serverconfig.json").write_text('{"Password": "hunter22"}')
    os.mkfifo(old / "Saves" / "pipe")
    async with installing(tmp_path) as world:
        installed = await world.installs.install_folder(old)
    assert set(files_of(installed.path)) - {MARKER} == clean
    assert "Mods/VSSurvivalMod.dll" in clean


async def test_links_that_stay_inside_are_kept_as_links(tmp_path: Path, old: Path) -> None:
    (old / "program").symlink_to("VintagestoryServer")
    (old / "Lib" / "all").symlink_to("../assets")
    async with installing(tmp_path) as world:
        installed = await world.installs.install_folder(old)
    assert (installed.path / "program").readlink() == Path("VintagestoryServer")
    assert (installed.path / "Lib" / "all").readlink() == Path("../assets")


def _link_out(old: Path) -> None:
    (old.parent / "secret").write_text("secret")
    (old / "notes").symlink_to("../secret")


def _folder_link_out(old: Path) -> None:
    (old.parent / "elsewhere").mkdir()
    (old.parent / "elsewhere" / "secret").write_text("secret")
    (old / "more").symlink_to(old.parent / "elsewhere")


def _pipe(old: Path) -> None:
    os.mkfifo(old / "assets" / "pipe")


def _unprintable(old: Path) -> None:
    (old / "a\nb").touch()


def _two_versions(old: Path) -> None:
    (old / "assets" / "version-1.22.6.txt").touch()


def _no_program(old: Path) -> None:
    for name in ("VintagestoryServer", "VintagestoryServer.dll"):
        (old / name).unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_link_out, "notes is a link that leads out"),
        (_folder_link_out, "more is a link that leads out"),
        (_pipe, "assets/pipe is no plain file"),
        (_unprintable, "can't be printed"),
        (_two_versions, "no clean install"),
        (_no_program, "no clean install"),
    ],
)
async def test_what_is_no_clean_and_safe_install_is_refused(
    tmp_path: Path, old: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(old)
    before = state_of(old)
    async with installing(tmp_path) as world:
        with pytest.raises(FolderRefused, match=said):
            await world.installs.install_folder(old)
        assert list(world.folder.iterdir()) == []
    assert state_of(old) == before


async def test_another_version_an_old_one_the_managers_own_and_what_is_there_are_refused(tmp_path: Path, old: Path) -> None:
    ancient = tmp_path / "ancient"
    (ancient / "assets").mkdir(parents=True)
    (ancient / "VintagestoryServer.dll").touch()
    (ancient / "assets" / "version-1.18.7.txt").touch()
    async with installing(tmp_path) as world:
        with pytest.raises(FolderRefused, match="and not"):
            await world.installs.install_folder(old, "1.22.6")
        with pytest.raises(VersionTooOld):
            await world.installs.install_folder(ancient)
        installed = await world.installs.install_folder(old, "v1.22.7")
        with pytest.raises(VersionIsThere):
            await world.installs.install_folder(old)
        with pytest.raises(FolderRefused, match="own folders"):
            await world.installs.install_folder(installed.path)


async def test_a_copy_needs_room_for_what_it_takes(tmp_path: Path, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "RESERVED_BYTES", 10**18)
    async with installing(tmp_path) as world:
        with pytest.raises(DiskFull, match="not enough room for old-server"):
            await world.installs.install_folder(old)
        assert list(world.folder.iterdir()) == []


async def test_a_cancelled_copy_ends_and_leaves_nothing(tmp_path: Path, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # So many small blocks that it is still at work when it is cancelled.
    monkeypatch.setattr(folder_copy, "_BLOCK_BYTES", 1)
    with (old / "assets" / "large.bin").open("wb") as file:
        file.truncate(50_000_000)
    async with installing(tmp_path) as world:
        task = asyncio.create_task(world.installs.install_folder(old))
        await until(lambda: list(world.folder.glob(".unpack-*/assets/*")), what="it copies")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert list(world.folder.iterdir()) == []
