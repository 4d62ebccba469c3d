"""Archives from anywhere: what is good is taken, and nothing else touches the disk."""

import random
import tarfile
from pathlib import Path

import pytest
import zstandard

from tests.backups.archives_by_hand import manifest_of, member, tar_of, write_archive
from tests.backups.worlds import damage_world, make_world
from vintagestory_api.backups.archive_reader import Limits, Refused, read_archive
from vintagestory_api.backups.children import (
    ArchiveBroken,
    ArchiveRefused,
    DiskFull,
    NotFinished,
    check_world_apart,
    read_archive_apart,
)
from vintagestory_api.errors import ManagerError

FILES = {
    "Saves/default.vcdbs": random.Random(1).randbytes(300_000),
    "serverconfig.json": b"{}",
    "Playerdata/playerdata.json": b"[]",
    "ModData/empty": b"",
}
ROOM = Limits(10_000_000)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def in_folder(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(path: Path, target: Path, limits: Limits = ROOM) -> Refused:
    with path.open("rb") as archive, pytest.raises(Refused) as refusal:
        read_archive(archive, limits=limits, target=target, wanted=lambda _path: True)
    return refusal.value


def test_what_is_wanted_is_written_and_all_of_it_is_hashed(tmp_path: Path, target: Path) -> None:
    path = write_archive(tmp_path / "a.tar.zst", FILES)
    with path.open("rb") as archive:
        found = read_archive(archive, limits=ROOM, target=target, wanted=lambda path: path.startswith("Playerdata/"))
    assert in_folder(target) == {"Playerdata/playerdata.json": b"[]"}
    assert found.written == ["Playerdata/playerdata.json"]
    assert found.manifest == manifest_of(FILES)
    assert found.files.keys() == FILES.keys()
    assert found.bytes == sum(map(len, FILES.values()))


@pytest.mark.parametrize(
    "bad",
    [
        member("../outside", tarfile.REGTYPE),
        member("/outside", tarfile.REGTYPE),
        member("a/../../outside", tarfile.REGTYPE),
        member("link", tarfile.SYMTYPE, "/etc"),
        member("link", tarfile.LNKTYPE, "serverconfig.json"),
        member("device", tarfile.CHRTYPE),
        member("device", tarfile.BLKTYPE),
        member("pipe", tarfile.FIFOTYPE),
        member("new\nline", tarfile.REGTYPE),
        member("../outside", tarfile.DIRTYPE),
        member("serverconfig.json", tarfile.REGTYPE),
    ],
    ids=lambda bad: f"{bad.name!r} {bad.type!r}",
)
def test_what_is_not_safe_is_refused(tmp_path: Path, target: Path, bad: tarfile.TarInfo) -> None:
    path = write_archive(tmp_path / "a.tar.zst", FILES, extra=(bad,))
    assert refused(path, target).kind == "unsafe"
    assert not (tmp_path / "outside").exists()


def test_a_file_where_a_folder_was_is_refused(tmp_path: Path, target: Path) -> None:
    path = write_archive(tmp_path / "a.tar.zst", {"a": b"1", "a/b": b"2"})
    assert refused(path, target).kind == "unsafe"


def test_what_is_larger_than_it_may_be_is_refused_before_it_is_written(tmp_path: Path, target: Path) -> None:
    path = write_archive(tmp_path / "a.tar.zst", {"serverconfig.json": b"{}", "bomb": b"\0" * 20_000_000})
    assert path.stat().st_size < 20_000
    assert refused(path, target, Limits(1_000_000)).kind == "bomb"
    assert sum(map(len, in_folder(target).values())) <= 1_000_000


def test_too_many_files_are_refused(tmp_path: Path, target: Path) -> None:
    path = write_archive(tmp_path / "a.tar.zst", {f"ModData/{place}": b"" for place in range(20)})
    assert refused(path, target, Limits(1_000_000, max_files=10)).kind == "bomb"


@pytest.mark.parametrize("left", [0, 3, 10, 100, 1_000, 100_000, -1, -2, -3, -4, -5, -20, -200])
def test_one_that_is_cut_off_is_broken(tmp_path: Path, target: Path, left: int) -> None:
    path = write_archive(tmp_path / "a.tar.zst", FILES)
    path.write_bytes(path.read_bytes()[:left])
    assert refused(path, target).kind in {"broken", "foreign"}


def test_one_that_was_packed_without_a_check_sum_is_broken_when_its_last_byte_is_missing(tmp_path: Path, target: Path) -> None:
    """As `zstd --no-check` packs it; the zeros at the end of a tar are the last block."""
    path = tmp_path / "a.tar.zst"
    data = zstandard.ZstdCompressor(write_checksum=False).compress(tar_of(FILES, manifest=manifest_of(FILES)))
    path.write_bytes(data[:-1])
    assert refused(path, target).kind == "broken"
    path.write_bytes(data)
    with path.open("rb") as archive:
        assert read_archive(archive, limits=ROOM).files.keys() == FILES.keys()


def test_one_that_was_packed_in_several_pieces_is_read_whole(tmp_path: Path) -> None:
    """As `pzstd` does it, with frames that say nothing of the contents."""
    path = tmp_path / "a.tar.zst"
    tar = tar_of(FILES, manifest=manifest_of(FILES))
    frames = [zstandard.compress(tar[:1_000]), b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip", zstandard.compress(tar[1_000:])]
    path.write_bytes(b"".join(frames))
    with path.open("rb") as archive:
        assert read_archive(archive, limits=ROOM).manifest == manifest_of(FILES)


def test_one_whose_bytes_changed_is_broken(tmp_path: Path, target: Path) -> None:
    path = write_archive(tmp_path / "a.tar.zst", FILES)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    assert refused(path, target).kind == "broken"


@pytest.mark.parametrize("data", [b"PK\x03\x04 a zip", b"<html>", b"SQLite format 3\0" + bytes(5000), b"\x1f\x8b gzip"])
def test_what_is_no_archive_is_foreign(tmp_path: Path, target: Path, data: bytes) -> None:
    path = tmp_path / "a.tar.zst"
    path.write_bytes(data)
    assert refused(path, target).kind == "foreign"


def test_something_else_that_is_packed_is_broken(tmp_path: Path, target: Path) -> None:
    path = tmp_path / "a.tar.zst"
    path.write_bytes(zstandard.compress(random.Random(3).randbytes(50_000)))
    assert refused(path, target).kind == "broken"


def test_something_behind_the_manifest_is_refused(tmp_path: Path, target: Path) -> None:
    files = {**FILES, "manifest.json": manifest_of(FILES).encode(), "more": b"1"}
    path = tmp_path / "a.tar.zst"
    path.write_bytes(zstandard.compress(tar_of(files)))
    assert refused(path, target).kind == "broken"


# In a process of its own


def world_file(tmp_path: Path, *, damaged: bool = False) -> bytes:
    path = make_world(tmp_path / "made" / "default.vcdbs", chunks=200)
    if damaged:
        damage_world(path)
    return path.read_bytes()


async def test_a_good_one_is_verified_and_leaves_nothing(tmp_path: Path, target: Path) -> None:
    path = write_archive(tmp_path / "a.tar.zst", {**FILES, "Saves/default.vcdbs": world_file(tmp_path)})
    found = await read_archive_apart(path, name="it", target=target, only_check=True, check_world=True)
    assert (found.problems, found.damage, found.files, found.has_manifest) == ([], [], 4, True)
    assert in_folder(target) == {}


async def test_a_damaged_world_is_told(tmp_path: Path, target: Path) -> None:
    path = write_archive(tmp_path / "a.tar.zst", {"Saves/default.vcdbs": world_file(tmp_path, damaged=True)})
    found = await read_archive_apart(path, name="it", target=target, only_check=True, check_world=True)
    assert found.problems == []
    assert found.damage


async def test_parts_and_single_files_can_be_taken_out(tmp_path: Path, target: Path) -> None:
    path = write_archive(tmp_path / "a.tar.zst", FILES)
    await read_archive_apart(path, name="it", target=target, parts=["players", "config"])
    assert in_folder(target).keys() == {"Playerdata/playerdata.json", "serverconfig.json"}
    other = tmp_path / "other"
    other.mkdir()
    manifest = tmp_path / "manifest.json"
    found = await read_archive_apart(path, name="it", target=other, paths=["serverconfig.json"], manifest=manifest)
    assert in_folder(other).keys() == {"serverconfig.json"}
    assert (found.written, manifest.read_bytes()) == (1, manifest_of(FILES).encode())


async def test_what_differs_from_the_manifest_is_told(tmp_path: Path, target: Path) -> None:
    path = tmp_path / "a.tar.zst"
    path.write_bytes(zstandard.compress(tar_of({**FILES, "serverconfig.json": b"[]"}, manifest=manifest_of(FILES))))
    found = await read_archive_apart(path, name="it", target=target)
    assert found.problems == ["serverconfig.json is not what was packed"]


async def test_one_without_a_manifest_is_told(tmp_path: Path, target: Path) -> None:
    path = tmp_path / "a.tar.zst"
    path.write_bytes(zstandard.compress(tar_of(FILES)))
    found = await read_archive_apart(path, name="it", target=target)
    assert not found.has_manifest
    assert found.problems


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"", ArchiveRefused), (b"PK", ArchiveRefused), (zstandard.compress(b"x" * 9000), ArchiveBroken)],
)
async def test_what_is_refused_becomes_an_error_that_names_it(
    tmp_path: Path, target: Path, data: bytes, kind: type[ManagerError]
) -> None:
    path = tmp_path / "a.tar.zst"
    path.write_bytes(data)
    with pytest.raises(kind, match="The file of the backup"):
        await read_archive_apart(path, name="The file of the backup", target=target)


async def test_one_that_is_not_there_is_told(tmp_path: Path, target: Path) -> None:
    with pytest.raises(NotFinished, match="No such file"):
        await read_archive_apart(tmp_path / "gone", name="it", target=target)


async def test_a_full_disk_is_told(tmp_path: Path, target: Path) -> None:
    path = write_archive(tmp_path / "a.tar.zst", FILES)
    with pytest.raises(DiskFull, match="Make room"):
        await read_archive_apart(path, name="it", target=target, manifest=Path("/dev/full"))


async def test_a_world_is_checked_apart(tmp_path: Path) -> None:
    world = make_world(tmp_path / "default.vcdbs", chunks=200)
    assert await check_world_apart(world) == []
    damage_world(world)
    assert await check_world_apart(world)
    world.write_bytes(b"no world at all")
    assert await check_world_apart(world) == ["it is no SQLite database"]
