"""A version is there whole or not at all, once for everybody, and goes only when nobody uses it."""

import asyncio
import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.game_versions.file_store import SERVER, archive_of, installing, member
from tests.waiting import until
from vintagestory_api.errors import Unavailable
from vintagestory_api.events import InstalledVersionsChanged
from vintagestory_api.game_versions import installs as installs_module
from vintagestory_api.game_versions.download import DownloadFailed
from vintagestory_api.game_versions.installs import (
    MARKER,
    VersionInUse,
    VersionIsThere,
    VersionNotFound,
    VersionNotInstalled,
    VersionTooOld,
)
from vintagestory_api.game_versions.unpack import ArchiveBroken, ArchiveRefused, DiskFull, NotUnpacked
from vintagestory_api.game_versions.version import InvalidGameVersion
from vintagestory_api.services.run_context import RunContext, current_run
from vintagestory_sandbox.builds import small_archive


async def test_a_version_is_installed_and_found_again_by_the_next_manager(tmp_path: Path) -> None:
    told: list[tuple[float | None, str]] = []
    async with installing(tmp_path, "1.22.7") as world:
        assert world.installs.find("1.22.7") is None
        installed = await world.installs.install("v1.22.7", lambda fraction, text: told.append((fraction, text)))
        assert installed.path == world.folder / "1.22.7"
        assert installed.source == "vs_server_linux-x64_1.22.7.tar.gz"
        assert installed.size_bytes > 100_000
        assert world.told == [InstalledVersionsChanged()]
        assert world.left_over() == []
        assert told[-1] == (1.0, "1.22.7 is installed")
        fractions = [fraction for fraction, _ in told if fraction is not None]
        assert fractions == sorted(fractions)
    async with installing(tmp_path) as world:
        assert world.installs.find("1.22.7") == installed
        assert await world.installs.list() == [installed]
        assert await world.installs.install("1.22.7") == installed
        assert world.store.asked == []


async def test_an_installed_version_starts(tmp_path: Path) -> None:
    async with installing(
        tmp_path, "1.22.7", environment={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "SECRET": "x"}
    ) as world:
        installed = await world.installs.install("1.22.7")
        environment = world.installs.game_environment()
        assert "SECRET" not in environment
        ended = await asyncio.to_thread(
            subprocess.run,
            [*world.installs.command_line(installed), "--version"],
            cwd=installed.path,
            env=environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert b"1.22.7" in ended.stdout


async def test_without_the_apphost_it_is_started_through_dotnet(tmp_path: Path) -> None:
    async with installing(tmp_path, "1.22.7", environment={"PATH": "", "HOME": "/", "DOTNET_ROOT": "/opt/dotnet"}) as world:
        installed = await world.installs.install("1.22.7")
        (installed.path / "VintagestoryServer").unlink()
        assert world.installs.command_line(installed) == ("/opt/dotnet/dotnet", str(installed.path / "VintagestoryServer.dll"))
        assert world.installs.game_environment()["DOTNET_ROOT"] == "/opt/dotnet"


async def test_many_who_ask_at_once_get_one_install_and_all_hear_how_far_it_is(tmp_path: Path) -> None:
    heard: list[list[str]] = [[], [], []]
    async with installing(tmp_path, "1.22.7") as world:
        found = await asyncio.gather(
            *(world.installs.install("1.22.7", lambda _, text, mine=mine: mine.append(text)) for mine in heard)  # type: ignore[misc]
        )
        assert found[0] == found[1] == found[2]
        assert len(world.store.asked) == 1
        assert all(texts[-1] == "1.22.7 is installed" for texts in heard)


async def test_two_versions_can_be_installed_at_once(tmp_path: Path) -> None:
    async with installing(tmp_path, "1.22.7", "1.21.6", "1.20.12") as world:
        await asyncio.gather(*(world.installs.install(version) for version in world.store.archives))
        assert [installed.version for installed in await world.installs.list()] == ["1.22.7", "1.21.6", "1.20.12"]
        assert world.left_over() == []


async def test_an_install_goes_on_for_those_who_wait_when_the_run_that_began_it_is_cancelled(tmp_path: Path) -> None:
    async with installing(tmp_path, "1.22.7") as world:
        may_go_on = asyncio.Event()
        give = world.store.give

        async def slow(request: Any, writer: Any) -> None:
            await may_go_on.wait()
            await give(request, writer)

        world.store.answer = slow

        async def in_a_run(run: RunContext) -> Any:
            current_run.set(run)
            return await world.installs.install("1.22.7")

        first, second = RunContext("1", "server_create"), RunContext("2", "server_create")
        began = asyncio.create_task(in_a_run(first))
        await until(lambda: world.store.asked, what="it is asked for")
        joined = asyncio.create_task(in_a_run(second))
        await until(lambda: len(world.installs._followers["1.22.7"]) == 2, what="the second one waits, too")
        first.stop_requested.set()
        began.cancel()
        with pytest.raises(asyncio.CancelledError):
            await began
        may_go_on.set()
        assert (await joined).version == "1.22.7"
        assert second.message == "1.22.7 is installed"


async def test_a_cancelled_install_leaves_only_the_download_and_the_next_one_goes_on(tmp_path: Path) -> None:
    async with installing(tmp_path, "1.22.7") as world:
        data = world.store.archives["1.22.7"]

        async def half(request: Any, writer: Any) -> None:
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n\r\n".encode()
            writer.write(head + data[:20_000])
            await writer.drain()
            await asyncio.sleep(60)

        world.store.answer = half
        task = asyncio.create_task(world.installs.install("1.22.7"))
        await until(lambda: world.store.asked, what="it is asked for")
        await until((world.folder / ".download-1.22.7.json").exists, what="it arrives")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert set(world.left_over()) == {".download-1.22.7", ".download-1.22.7.json"}
        assert world.installs.find("1.22.7") is None
        world.store.answer = None
        await world.installs.install("1.22.7")
        assert world.left_over() == []


async def test_an_interrupted_download_is_gone_on_with_by_the_next_manager(tmp_path: Path) -> None:
    async with installing(tmp_path, "1.22.7") as world:
        world.store.cuts = [10_000, 0, 0, 0, 0, 0]
        with pytest.raises(DownloadFailed):
            await world.installs.install("1.22.7")
    (tmp_path / "versions" / ".unpack-0123").mkdir()
    (tmp_path / "versions" / ".unpack-0123" / "half").write_bytes(b"x")
    (tmp_path / "versions" / ".trash-0123").mkdir()
    async with installing(tmp_path, "1.22.7") as world:
        assert set(world.left_over()) == {".download-1.22.7", ".download-1.22.7.json"}
        await world.installs._api.check()  # the store is at another address now
        await world.installs.install("1.22.7")
        assert world.store.asked == ["bytes=10000-"]
        assert world.left_over() == []


async def test_a_download_that_nobody_goes_on_with_is_given_up(tmp_path: Path) -> None:
    folder = tmp_path / "versions"
    folder.mkdir()
    for name, age in ((".download-1.22.6", 8 * 86_400), (".download-1.22.5", 86_400)):
        (folder / name).write_bytes(b"x")
        old = (folder / name).stat().st_mtime - age
        os.utime(folder / name, (old, old))
    async with installing(tmp_path) as world:
        assert world.left_over() == [".download-1.22.5"]


@pytest.mark.parametrize(
    ("version", "error", "said"),
    [
        ("9.9.9", VersionNotFound, r"no version 9\.9\.9.*newest stable version is 1\.22\.7"),
        ("1.18.7", VersionTooOld, "Mono"),
        ("../../etc", InvalidGameVersion, "is no version"),
        ("latest", InvalidGameVersion, "is no version"),
    ],
)
async def test_a_version_that_can_not_be_had_is_refused(tmp_path: Path, version: str, error: type[Exception], said: str) -> None:
    async with installing(tmp_path, "1.22.7") as world:
        for ask in (world.installs.install, world.installs.check):
            with pytest.raises(error, match=said):
                await ask(version)
        assert world.store.asked == []


async def test_a_version_without_a_build_for_linux_servers_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with installing(tmp_path, "1.22.7") as world:
        monkeypatch.setattr(installs_module, "PLATFORM", "toaster")
        with pytest.raises(VersionNotFound, match="no server for Linux"):
            await world.installs.install("1.22.7")


async def test_a_version_that_came_out_a_moment_ago_is_found(tmp_path: Path) -> None:
    async with installing(tmp_path, "1.22.7") as world:
        await world.installs.install("1.22.7")
        world.installs._asked_api_at = None
        world.store.archives["1.22.8"] = small_archive("1.22.8")
        assert (await world.installs.install("1.22.8")).version == "1.22.8"


async def test_a_version_service_that_is_away_is_said_when_nothing_is_known(tmp_path: Path) -> None:
    async with installing(tmp_path) as world:
        assert world.store.server is not None
        world.installs._api._api.upstream._base_url = "http://127.0.0.1:9"
        with pytest.raises(Unavailable, match="can't be reached"):
            await world.installs.install("1.22.7")


async def _fails(tmp_path: Path, data: bytes, error: type[Exception], said: str) -> None:
    async with installing(tmp_path, "1.22.7") as world:
        world.store.archives["1.22.7"] = data
        with pytest.raises(error, match=said):
            await world.installs.install("1.22.7")
        assert list(world.folder.iterdir()) == []
        assert world.told == []
        # Nothing of it is in the way of a good one.
        world.store.archives["1.22.7"] = small_archive("1.22.7")
        await world.installs._api.check()
        await world.installs.install("1.22.7")


async def test_an_archive_of_another_version_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    await _fails(tmp_path, small_archive("1.22.6"), ArchiveRefused, r"holds version 1\.22\.6, and not 1\.22\.7")


async def test_a_hostile_archive_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    await _fails(tmp_path, archive_of([*SERVER, member("../evil", b"x")]), ArchiveRefused, "not safe")


async def test_an_archive_that_is_cut_off_with_the_right_checksum_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    await _fails(tmp_path, small_archive("1.22.7")[:-100], ArchiveBroken, "its end is missing")


async def test_an_archive_with_the_wrong_checksum_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    async with installing(tmp_path, "1.22.7") as world:
        world.store.md5["1.22.7"] = hashlib.md5(b"another").hexdigest()
        with pytest.raises(ArchiveBroken, match="is not what the version service promised"):
            await world.installs.install("1.22.7")
        assert list(world.folder.iterdir()) == []


async def test_too_little_room_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    async with installing(tmp_path, "1.22.7", disk_free=lambda _folder: 100_000_000) as world:
        with pytest.raises(DiskFull, match="not enough room"):
            await world.installs.install("1.22.7")
        assert list(world.folder.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 600 kB; skips where none can be made."""
    folder = tmp_path / "versions"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "none", str(folder)], capture_output=True, check=False, timeout=30
    )
    if mounted.returncode != 0:
        pytest.skip("a small disk can be made by root only")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=30)


@pytest.mark.parametrize("free", [4_000, 16_000, 60_000, 120_000, 180_000])
async def test_a_disk_that_becomes_full_at_any_step_leaves_nothing_and_the_next_try_succeeds(
    tmp_path: Path, small_disk: Path, free: int
) -> None:
    async with installing(tmp_path, "1.22.7", disk_free=lambda _folder: 10**12) as world:
        in_the_way = small_disk / "in-the-way"
        state = os.statvfs(small_disk)
        in_the_way.write_bytes(b"x" * (state.f_bavail * state.f_bsize - free))
        with pytest.raises((DiskFull, NotUnpacked)):
            await world.installs.install("1.22.7")
        assert list(world.folder.iterdir()) == [in_the_way]
        in_the_way.unlink()
        assert (await world.installs.install("1.22.7")).version == "1.22.7"


# Archives on this machine


async def test_an_archive_on_this_machine_is_installed_as_what_it_is(tmp_path: Path) -> None:
    archive = tmp_path / "some-server.tar.gz"
    archive.write_bytes(small_archive("1.21.6"))
    async with installing(tmp_path) as world:
        installed = await world.installs.install_archive(archive)
        assert (installed.version, installed.source) == ("1.21.6", "some-server.tar.gz")
        assert archive.exists()
        with pytest.raises(VersionIsThere):
            await world.installs.install_archive(archive)
        with pytest.raises(VersionIsThere):
            await world.installs.check("1.21.6")
        assert world.left_over() == []


async def test_an_archive_of_another_version_than_asked_for_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "some-server.tar.gz"
    archive.write_bytes(small_archive("1.21.6"))
    async with installing(tmp_path) as world:
        with pytest.raises(ArchiveRefused, match="and not"):
            await world.installs.install_archive(archive, "1.22.7")
        assert list(world.folder.iterdir()) == []


async def test_a_link_or_a_folder_in_the_place_of_an_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real.tar.gz").write_bytes(small_archive("1.21.6"))
    (tmp_path / "link.tar.gz").symlink_to("real.tar.gz")
    os.mkfifo(tmp_path / "pipe.tar.gz")
    async with installing(tmp_path) as world:
        for name in ("link.tar.gz", "pipe.tar.gz", "versions", "nothing"):
            with pytest.raises(ArchiveRefused):
                await world.installs.install_archive(tmp_path / name)


# Removing, and what people put there by hand


async def test_a_version_is_removed_unless_a_server_uses_it(tmp_path: Path) -> None:
    async with installing(tmp_path, "1.22.7") as world:
        await world.installs.install("1.22.7")
        world.installs.used_by = lambda version: ["home"] if version == "1.22.7" else []
        with pytest.raises(VersionInUse, match="used by home"):
            await world.installs.remove("1.22.7")
        world.installs.used_by = lambda _version: []
        await world.installs.remove("1.22.7")
        assert list(world.folder.iterdir()) == []
        assert world.told == [InstalledVersionsChanged(), InstalledVersionsChanged()]
        for name in ("1.22.7", "..", "nonsense", ""):
            with pytest.raises(VersionNotInstalled):
                await world.installs.remove(name)


async def test_a_version_put_there_by_hand_is_taken_and_a_folder_that_is_none_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "versions"
    for name, inside in (("1.22.7", "1.22.7"), ("1.21.6", "1.21.5")):
        (folder / name / "assets").mkdir(parents=True)
        (folder / name / "VintagestoryServer").write_bytes(b"x" * 100)
        (folder / name / "assets" / f"version-{inside}.txt").touch()
    (folder / "notes").mkdir()
    async with installing(tmp_path) as world:
        (installed,) = await world.installs.list()
        assert (installed.version, installed.size_bytes, installed.source) == ("1.22.7", 100, "put there by hand")
        assert (folder / "notes").exists()


@pytest.mark.parametrize(
    "marker", [b"", b"{}", b"[]", b"\xff", b'{"version": "1.22.6"}', b'{"version": "1.22.7", "size_bytes": "x"}']
)
async def test_a_marker_that_makes_no_sense_is_no_install(tmp_path: Path, marker: bytes) -> None:
    folder = tmp_path / "versions" / "1.22.7"
    folder.mkdir(parents=True)
    (folder / MARKER).write_bytes(marker)
    async with installing(tmp_path) as world:
        assert world.installs.find("1.22.7") is None
        assert await world.installs.list() == []


async def test_a_version_deleted_by_hand_is_noticed(tmp_path: Path) -> None:
    async with installing(tmp_path, "1.22.7") as world:
        installed = await world.installs.install("1.22.7")
        installed.path.rename(tmp_path / "elsewhere")
        assert world.installs.find("1.22.7") is None
