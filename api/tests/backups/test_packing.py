"""The program that packs: what it takes along, what it leaves out, and what changes meanwhile."""

import asyncio
import contextlib
import hashlib
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.backups.kept import unpack
from tests.backups.worlds import damage_world, health, make_world
from tests.waiting import until
from vintagestory_api.backups import archive_writer, pack_child, source_files
from vintagestory_api.backups.archive_reader import Limits, Refused, read_archive
from vintagestory_api.backups.children import NotFinished, NotReadable, run_program
from vintagestory_api.backups.contents import WORLD_FILES, Source, name_of_world, part_of, usual_sources
from vintagestory_api.backups.manifest import Manifest, compare, decode_manifest
from vintagestory_api.backups.world_check import find_damage

PROGRAM = [sys.executable, "-m", "vintagestory_api.backups.pack_child"]
HEAD: dict[str, Any] = {
    "id": "019ac0de-0000-7000-8000-000000000001",
    "server_id": "alpha",
    "server_name": "Alpha",
    "made_at": "2026-11-26T10:00:00Z",
    "kind": "manual",
    "made_by": "anna",
    "manager_version": "0.1.0",
    "game_version": "1.22.7",
    "method": "copy",
    "notes": [],
}


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A folder of a server."""
    folder = tmp_path / "server"
    make_world(folder / "Saves" / "default.vcdbs")
    for path, text in (
        ("serverconfig.json", "{}"),
        ("Playerdata/playerdata.json", "[]"),
        ("ModConfig/sub/ours.json", "{}"),
        ("ModData/big.bin", "x" * 9_000_000),
        ("Saves/XLeveling/anna.json", "{}"),
        ("Saves/other.vcdbs", "another world"),
        ("Logs/server-main.log", "lines"),
        ("Cache/unpack/x", "y"),
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def task_for(server: Path, out: Path, *, sources: list[Source] | None = None, **changes: Any) -> dict[str, Any]:
    out.mkdir(exist_ok=True)
    found = sources if sources is not None else usual_sources(str(server), ["ModData"])
    world = {"source": str(server / "Saves" / "default.vcdbs"), "name": "Saves/default.vcdbs", "work": str(out)}
    task = {
        "archive": str(out / "a.tar.zst"),
        "manifest_file": str(out / "manifest.json"),
        "manifest": HEAD,
        "world": world,
        "sources": [asdict(source) for source in found],
        "level": 1,
        "threads": 2,
    }
    return task | changes


def in_archive(out: Path) -> dict[str, tuple[int, str]]:
    """What is in it, when all of it is as its list of contents says, which is the same as beside it."""
    with (out / "a.tar.zst").open("rb") as archive:
        found = read_archive(archive, limits=Limits(1 << 40))
    assert found.manifest is not None
    assert compare(found.manifest, found.files) == []
    assert decode_manifest((out / "manifest.json").read_bytes()) == found.manifest
    return found.files


async def test_what_belongs_to_the_server_is_packed_and_nothing_else(server: Path, tmp_path: Path) -> None:
    told = await run_program("pack_child", task_for(server, tmp_path / "out"), name="it")
    assert in_archive(tmp_path / "out").keys() == {
        "Saves/default.vcdbs",
        "serverconfig.json",
        "Playerdata/playerdata.json",
        "ModConfig/sub/ours.json",
        "ModData/big.bin",
        "Saves/XLeveling/anna.json",
    }
    assert (told["world"], told["world_file"], told["notes"]) == ("verified", "Saves/default.vcdbs", [])
    assert told["archive_bytes"] == (tmp_path / "out" / "a.tar.zst").stat().st_size
    manifest = unpack(tmp_path / "out" / "a.tar.zst", tmp_path / "unpacked")
    assert {file["part"] for file in manifest["files"]} == {"world", "config", "players", "mod_config", "mod_data"}
    for file in manifest["files"]:
        data = (tmp_path / "unpacked" / file["path"]).read_bytes()
        assert data == (server / file["path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file["sha256"]


async def test_a_damaged_world_is_packed_and_told(server: Path, tmp_path: Path) -> None:
    make_world(server / "Saves" / "big.vcdbs", chunks=300).replace(server / "Saves" / "default.vcdbs")
    damage_world(server / "Saves" / "default.vcdbs")
    told = await run_program("pack_child", task_for(server, tmp_path / "out"), name="it")
    assert told["world"] == "damaged"
    assert told["damage"]
    assert in_archive(tmp_path / "out")["Saves/default.vcdbs"]


@pytest.mark.parametrize("data", [b"", b"SQLite format 3\x00", b"SQLite format 3\x00" + bytes(8000), os.urandom(5000)])
async def test_a_world_that_is_none_is_damaged(server: Path, tmp_path: Path, data: bytes) -> None:
    (server / "Saves" / "default.vcdbs").write_bytes(data)
    told = await run_program("pack_child", task_for(server, tmp_path / "out"), name="it")
    assert told["world"] == "damaged"


async def test_a_world_of_something_else_is_damaged(server: Path, tmp_path: Path) -> None:
    path = server / "Saves" / "default.vcdbs"
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE songs (name TEXT)")
    other.close()
    told = await run_program("pack_child", task_for(server, tmp_path / "out"), name="it")
    assert "no world of the game" in told["damage"][0]


async def test_a_world_that_went_away_is_no_backup(server: Path, tmp_path: Path) -> None:
    (server / "Saves" / "default.vcdbs").unlink()
    with pytest.raises(NotReadable, match="not there any more"):
        await run_program("pack_child", task_for(server, tmp_path / "out"), name="it")
    assert list((tmp_path / "out").iterdir()) == []


async def test_a_world_that_is_a_link_is_not_followed(server: Path, tmp_path: Path) -> None:
    path = server / "Saves" / "default.vcdbs"
    path.rename(tmp_path / "elsewhere.vcdbs")
    path.symlink_to(tmp_path / "elsewhere.vcdbs")
    with pytest.raises(NotReadable, match="no plain file"):
        await run_program("pack_child", task_for(server, tmp_path / "out"), name="it")


async def test_a_target_that_is_there_already_is_left_alone(server: Path, tmp_path: Path) -> None:
    task = task_for(server, tmp_path / "out")
    archive = tmp_path / "out" / "a.tar.zst"
    archive.write_text("mine")
    with pytest.raises(NotFinished, match="File exists"):
        await run_program("pack_child", task, name="it")
    assert archive.read_text() == "mine"


@contextmanager
def program(task: dict[str, Any], **options: Any) -> "Iterator[subprocess.Popen[bytes]]":
    """The program as it works on the task; its standard input stays open."""
    with subprocess.Popen(PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options) as child:
        assert child.stdin
        child.stdin.write(json.dumps(task).encode() + b"\n")
        child.stdin.flush()
        yield child


def limited(size: int) -> None:
    """As a disk on which so much is left."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


@pytest.mark.parametrize("room", [0, 1, 4_096, 100_000])
def test_a_disk_that_becomes_full_at_any_byte_is_told(server: Path, tmp_path: Path, room: int) -> None:
    (server / "ModData" / "noise.bin").write_bytes(os.urandom(3_000_000))
    assert last_word(task_for(server, tmp_path / "out"), room).startswith(b"refused disk_full")


@pytest.mark.parametrize("missing", [300, 50_000])
async def test_a_disk_that_becomes_full_with_the_last_bytes_is_told(server: Path, tmp_path: Path, missing: int) -> None:
    """What is small is written all at once, when everything has been packed."""
    sources: list[Source] = []
    told = await run_program("pack_child", task_for(server, tmp_path / "whole", sources=sources), name="it")
    task = task_for(server, tmp_path / "out", sources=sources)
    assert last_word(task, told["archive_bytes"] - missing).startswith(b"refused disk_full")


def last_word(task: dict[str, Any], room: int) -> bytes:
    """Of the program, on a disk with so much room."""
    with program(task, preexec_fn=lambda: limited(room)) as child:
        assert child.stdout
        *_, last = child.stdout
    return last


async def test_names_and_files_that_are_not_plain_are_left_out(server: Path, tmp_path: Path) -> None:
    data = server / "ModData"
    (data / "two\nlines").write_text("x")
    os.mkfifo(data / "pipe")
    (data / "link").symlink_to("/etc/passwd")
    (data / "loop").symlink_to(data)
    told = await run_program("pack_child", task_for(server, tmp_path / "out"), name="it")
    packed = in_archive(tmp_path / "out")
    assert {path for path in packed if path.startswith("ModData/")} == {"ModData/big.bin"}
    assert len(told["notes"]) == 4


async def test_a_folder_that_is_a_link_on_the_way_is_not_followed(server: Path, tmp_path: Path) -> None:
    (server / "Linked").symlink_to("/etc")
    sources = [Source(str(server), "Linked/hostname", "Linked/hostname"), Source(str(server), "Linked", "Linked")]
    await run_program("pack_child", task_for(server, tmp_path / "out", sources=sources), name="it")
    assert in_archive(tmp_path / "out").keys() == {"Saves/default.vcdbs"}


async def test_endings_are_left_out(server: Path, tmp_path: Path) -> None:
    for name in ("old.vcdbs-wal", "old.vcdbs-shm", "old.vcdbs-journal", "kept.json"):
        (server / "Saves" / name).write_text("x")
    sources = [Source(str(server), "Saves", "Saves", leaves_out=WORLD_FILES)]
    await run_program("pack_child", task_for(server, tmp_path / "out", sources=sources), name="it")
    assert in_archive(tmp_path / "out").keys() == {"Saves/default.vcdbs", "Saves/kept.json", "Saves/XLeveling/anna.json"}


async def test_folders_in_folders_without_end_are_left_out(server: Path, tmp_path: Path) -> None:
    folder = server / "ModData" / "deep"
    (folder / "/".join(["d"] * 400)).mkdir(parents=True)
    (folder / "seen.txt").write_text("x")
    told = await run_program("pack_child", task_for(server, tmp_path / "out"), name="it")
    assert "ModData/deep/seen.txt" in in_archive(tmp_path / "out")
    assert any("too deep" in note for note in told["notes"])


def test_what_can_not_be_read_is_told(server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def open_but(path: Any, flags: int, *more: Any, dir_fd: int | None = None) -> int:
        if path in {"Playerdata", "ours.json"}:
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, *more, dir_fd=dir_fd)

    packing, archive = packer(tmp_path)
    monkeypatch.setattr(os, "open", open_but)
    sources = [Source(str(server), name, name) for name in ("Playerdata", "ModConfig", "nothing")]
    sources.append(Source(str(server), "Playerdata/playerdata.json", "beside.json"))
    assert [name for source in sources for name, _handle in source_files.files_of(source, archive)] == []
    monkeypatch.undo()
    finished(tmp_path, packing, archive)
    assert [note.split()[0] for note in archive.notes] == ["Playerdata", "ModConfig/sub/ours.json", "beside.json"]
    assert all("Permission denied" in note for note in archive.notes)


def test_what_is_named_twice_is_packed_once_even_if_it_vanishes_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"here")
    packing, archive = packer(tmp_path)
    with path.open("rb") as file:
        archive.add_file("ModData/file", file.fileno())
        archive.add_file("ModData/file", file.fileno())
    archive.vanished("ModData/file")
    assert finished(tmp_path, packing, archive).keys() == {"ModData/file"}


def test_a_list_of_contents_never_gets_too_long_to_be_read(
    server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(archive_writer, "_MAX_LISTED_BYTES", 1_000)
    told = pack_child.main(task_for(server, tmp_path / "out"))
    assert 0 < len(in_archive(tmp_path / "out")) < 6
    assert any("too many files" in note for note in told["notes"])
    task = task_for(server, tmp_path / "other")
    task["manifest"] = {**HEAD, "made_at": "yesterday"}
    with pytest.raises(Refused, match="list of contents would be none"):
        pack_child.main(task)
    capsys.readouterr()


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("Saves/our world.vcdbs", "Saves/our world.vcdbs"),
        ("Saves/sub/ours.vcdbs", "Saves/sub/ours.vcdbs"),
        ("Worlds/ours.vcdbs", "Saves/ours.vcdbs"),
        ("ours.vcdbs", "Saves/ours.vcdbs"),
        ("Saves/ours", "Saves/ours.vcdbs"),
        ("Saves/our\\s.vcdbs", "Saves/default.vcdbs"),
        ("Saves/" + "/".join(["x" * 200] * 5) + "/ours.vcdbs", "Saves/default.vcdbs"),
    ],
)
def test_a_world_is_named_so_that_it_can_be_put_back(place: str, name: str) -> None:
    assert name_of_world(place) == name
    assert part_of(name) == "world"


# What changes meanwhile: as the program sees it, from inside


def packer(tmp_path: Path) -> tuple[archive_writer.Packer, archive_writer.Archive]:
    packing = archive_writer.Packer(tmp_path / "b.tar.zst", 1, 0)
    return packing, archive_writer.Archive(packing, lambda _bytes: None)


def finished(tmp_path: Path, packing: archive_writer.Packer, archive: archive_writer.Archive) -> dict[str, tuple[int, str]]:
    manifest = Manifest(**HEAD, world="none", files=list(archive.files.values()))
    archive.finish(manifest.encode())
    packing.finish()
    with (tmp_path / "b.tar.zst").open("rb") as file:
        found = read_archive(file, limits=Limits(1 << 40))
    assert compare(manifest, found.files) == []
    return found.files


@pytest.mark.parametrize("change", ["grows", "shrinks", "same"])
def test_a_large_file_that_changes_while_it_is_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a" * 12_000_000)
    read = os.read
    done: list[bool] = []

    def read_and_change(handle: int, size: int) -> bytes:
        data = read(handle, size)
        if not done and change != "same":
            done.append(True)
            os.truncate(path, 20_000_000 if change == "grows" else 5_000_000)
        return data

    packing, archive = packer(tmp_path)
    monkeypatch.setattr(os, "read", read_and_change)
    with path.open("rb") as file:
        archive.add_file("ModData/file", file.fileno())
    monkeypatch.undo()
    assert finished(tmp_path, packing, archive)["ModData/file"][0] == 12_000_000
    assert archive.files["ModData/file"].change == (None if change == "same" else "changed")


def test_a_small_file_that_changes_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    read = os.read
    done: list[bool] = []

    def read_and_change(handle: int, size: int) -> bytes:
        data = read(handle, size)
        if not done:
            done.append(True)
            path.write_bytes(b"after all")
        return data

    packing, archive = packer(tmp_path)
    monkeypatch.setattr(os, "read", read_and_change)
    with path.open("rb") as file:
        archive.add_file("ModData/file", file.fileno())
    monkeypatch.undo()
    found = finished(tmp_path, packing, archive)["ModData/file"]
    assert found == (9, hashlib.sha256(b"after all").hexdigest())
    assert archive.notes == []


def test_a_world_that_changes_between_check_and_packing_is_no_backup(
    server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check = find_damage

    def check_and_change(path: Path) -> list[str]:
        found = check(path)
        os.utime(path)
        return found

    monkeypatch.setattr("vintagestory_api.backups.pack_child.find_damage", check_and_change)
    with pytest.raises(Refused, match="it changed after it was checked"):
        pack_child.main(task_for(server, tmp_path / "out"))
    assert "Checking the world" in capsys.readouterr().out


def journalled(server: Path) -> Path:
    world = server / "Saves" / "default.vcdbs"
    world.with_name(world.name + "-wal").write_bytes(b"what a killed game left")
    return world


def test_a_world_that_changes_while_it_is_copied_with_its_journal_is_no_backup(
    server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world, copyfile = journalled(server), shutil.copyfile

    def copy_and_change(source: Path, target: Path, **options: Any) -> None:
        copyfile(source, target, **options)
        os.utime(world, (1, 1))

    monkeypatch.setattr(shutil, "copyfile", copy_and_change)
    with pytest.raises(Refused, match="changed while it was copied"):
        pack_child.main(task_for(server, tmp_path / "out"))
    capsys.readouterr()


def test_a_disk_that_becomes_full_while_a_copy_is_put_in_order_damages_no_world(
    server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    journalled(server)

    def put_in_order(copy: Path) -> None:
        with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.execute("PRAGMA max_page_count = 1")
            connection.execute("INSERT INTO chunk VALUES (9999, zeroblob(9000000))")

    monkeypatch.setattr(pack_child, "finish_transactions", put_in_order)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        pack_child.main(task_for(server, tmp_path / "out"))
    capsys.readouterr()


# Its end


def children() -> list[str]:
    """Command lines of what this process has started and not waited for."""
    ids = " ".join(path.read_text() for path in Path("/proc/self/task").glob("*/children")).split()
    lines = [Path(f"/proc/{each}/cmdline").read_bytes().replace(b"\0", b" ").decode() for each in ids]
    return [line for line in lines if "pack_child" in line]


async def test_it_ends_with_whoever_started_it(server: Path, tmp_path: Path) -> None:
    (server / "ModData" / "noise.bin").write_bytes(os.urandom(40_000_000))
    task = task_for(server, tmp_path / "out", level=19)
    with program(task) as child:
        assert child.stdin
        assert child.stdout
        await asyncio.to_thread(child.stdout.readline)
        child.stdin.close()
        await until(lambda: child.poll() is not None, 60, "its end")
    assert child.returncode == 1


async def test_it_is_killed_when_nobody_waits_any_more(server: Path, tmp_path: Path) -> None:
    (server / "ModData" / "noise.bin").write_bytes(os.urandom(40_000_000))
    began = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = task_for(server, tmp_path / "out", level=19)

    def tell(_fraction: float | None, _text: str) -> None:
        loop.call_soon_threadsafe(began.set)

    work = asyncio.create_task(run_program("pack_child", task, name="it", tell=tell))
    await asyncio.wait_for(began.wait(), 60)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert children() == []
    assert health(server / "Saves" / "default.vcdbs") == "ok"
