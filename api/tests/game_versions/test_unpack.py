"""An archive of a server is unpacked whole; one that is broken, hostile or something else is not."""

import contextlib
import gzip
import io
import os
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.game_versions.file_store import SERVER, archive_of, member
from tests.waiting import until
from vintagestory_api.errors import ManagerError
from vintagestory_api.game_versions import unpack as unpack_module
from vintagestory_api.game_versions.unpack import ArchiveBroken, ArchiveRefused, Contents, DiskFull, Unpacking
from vintagestory_sandbox.builds import small_archive


async def unpack(tmp_path: Path, data: bytes) -> Contents:
    archive, target = tmp_path / "archive.tar.gz", tmp_path / "target"
    archive.write_bytes(data)
    target.mkdir()
    with archive.open("rb") as file:
        unpacking = Unpacking(file, target, name="archive.tar.gz")
        try:
            return await unpacking.finish(len(data))
        finally:
            await unpacking.cancel()


async def test_a_build_is_unpacked_and_can_be_run(tmp_path: Path) -> None:
    contents = await unpack(tmp_path, small_archive("1.22.7"))
    assert contents.version == "1.22.7"
    files = [path for path in (tmp_path / "target").rglob("*") if path.is_file()]
    assert len(files) == contents.files
    assert sum(path.stat().st_size for path in files) == contents.size_bytes
    assert os.access(tmp_path / "target" / "VintagestoryServer", os.X_OK)


async def test_the_program_can_be_run_whatever_its_rights_in_the_archive_are(tmp_path: Path) -> None:
    await unpack(tmp_path, archive_of([*SERVER, member("x", b"", mode=0o4777), member("y", b"", mode=0o000)]))
    modes = {name: (tmp_path / "target" / name).stat().st_mode & 0o7777 for name in ("VintagestoryServer", "x", "y")}
    assert {name: oct(mode) for name, mode in modes.items()} == {"VintagestoryServer": "0o755", "x": "0o755", "y": "0o644"}


async def test_names_with_a_leading_dot_and_links_inside_are_taken(tmp_path: Path) -> None:
    members = [
        member("./", type=tarfile.DIRTYPE),
        *[member(f"./{info.name}", data, mode=0o755) for info, data in SERVER],
        member("./Lib/real.so", b"lib"),
        member("./Lib/link.so", type=tarfile.SYMTYPE, linkname="real.so"),
        member("./hard.so", type=tarfile.LNKTYPE, linkname="./Lib/real.so"),
    ]
    await unpack(tmp_path, archive_of(members))
    assert (tmp_path / "target/Lib/link.so").read_bytes() == (tmp_path / "target/hard.so").read_bytes() == b"lib"


@pytest.mark.parametrize(
    "bad",
    [
        [member("/etc/cron.d/evil", b"x")],
        [member("../evil", b"x")],
        [member("a/../../evil", b"x")],
        [member("a\\..\\evil", b"x")],
        [member("a\nb", b"x")],
        [member("n" * 300, b"x")],
        [member("out", type=tarfile.SYMTYPE, linkname="/etc/passwd")],
        [member("out", type=tarfile.SYMTYPE, linkname="../../outside")],
        [member("loop", type=tarfile.SYMTYPE, linkname="loop")],
        [member("out", type=tarfile.SYMTYPE, linkname=".."), member("out/evil", b"x")],
        [member("up", type=tarfile.SYMTYPE, linkname="."), member("deep", type=tarfile.SYMTYPE, linkname="up/../..")],
        [member("hard", type=tarfile.LNKTYPE, linkname="/etc/passwd")],
        [member("hard", type=tarfile.LNKTYPE, linkname="not/there")],
        [member("device", type=tarfile.CHRTYPE, devmajor=1, devminor=3)],
        [member("block", type=tarfile.BLKTYPE, devmajor=8)],
        [member("pipe", type=tarfile.FIFOTYPE)],
        [member("twice", b"x"), member("twice", b"y")],
        [member("credits", b"x"), member("credits/y", b"y")],
        [member("d/x", b"x"), member("d", b"y")],
    ],
    ids=lambda bad: f"{bad[-1][0].name[:12]!r}-{bad[-1][0].type.decode()}-{bad[-1][0].linkname}",
)
async def test_an_archive_that_reaches_outside_or_holds_other_than_files_is_refused(tmp_path: Path, bad: Any) -> None:
    with pytest.raises(ArchiveRefused, match="not safe"):
        await unpack(tmp_path, archive_of([*SERVER, *bad]))
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    "members",
    [
        [member("readme.txt", b"hello")],
        SERVER[:2],
        [*SERVER, member("assets/version-1.22.6.txt")],
        [member(f"game/{info.name}", data) for info, data in SERVER],
    ],
    ids=["something_else", "no_version", "two_versions", "in_a_folder"],
)
async def test_what_is_no_clean_server_is_refused(tmp_path: Path, members: Any) -> None:
    with pytest.raises(ArchiveRefused, match="no server of the game"):
        await unpack(tmp_path, archive_of(members))


def _bomb() -> bytes:
    """30 MB of zeros in 30 kB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    info = tarfile.TarInfo("bomb")
    info.size = 30_000_000
    zeros = b"\0" * 1_000_000
    return packer.compress(info.tobuf()) + b"".join(packer.compress(zeros) for _ in range(30)) + packer.flush()


async def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_module, "_FREE_BYTES", 5_000_000)
    with pytest.raises(ArchiveRefused, match="far more than its size tells"):
        await unpack(tmp_path, _bomb())
    assert sum(path.stat().st_size for path in (tmp_path / "target").iterdir()) <= 6_000_000


async def test_an_archive_with_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_module, "MAX_MEMBERS", 50)
    with pytest.raises(ArchiveRefused, match="more than 50 files"):
        await unpack(tmp_path, archive_of([*SERVER, *(member(f"f{number}") for number in range(60))]))


@pytest.mark.parametrize("end", [0, 1, 9, 500, 20_000, -9, -1])
async def test_an_archive_that_is_cut_off_is_refused(tmp_path: Path, end: int) -> None:
    with pytest.raises(ArchiveBroken):
        await unpack(tmp_path, small_archive("1.22.7")[:end])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<!DOCTYPE html><html>not found</html>", "a web page"),
        (b"PK\x03\x04 and so on", "zip archive"),
        (b"whatever", r"no \.tar\.gz"),
        (gzip.compress(b"no tar in here" * 100), "no readable archive|no VintagestoryServer"),
        (gzip.compress(b""), "no readable archive|no VintagestoryServer"),
    ],
    ids=["html", "zip", "noise", "gzip_of_text", "gzip_of_nothing"],
)
async def test_something_else_is_refused_and_named(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(ManagerError, match=said):
        await unpack(tmp_path, data)


@pytest.mark.parametrize("place", [300, 5_000, 30_000])
async def test_a_flipped_bit_is_noticed(tmp_path: Path, place: int) -> None:
    data = bytearray(small_archive("1.22.7"))
    data[place] ^= 0x40
    with pytest.raises(ManagerError):
        await unpack(tmp_path, bytes(data))


async def test_a_header_that_asks_for_gigabytes_of_memory_ends_only_the_child(tmp_path: Path) -> None:
    huge = tarfile.TarInfo("pax")
    huge.type, huge.size = tarfile.XHDTYPE, 5_000_000_000
    with pytest.raises(ManagerError):
        await unpack(tmp_path, gzip.compress(huge.tobuf() + b"\0" * 100_000))


async def test_a_disk_that_becomes_full_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("prlimit") is None:
        pytest.skip("prlimit is not there to stand in for a full disk")
    monkeypatch.setattr(unpack_module, "_CHILD", ("prlimit", "--fsize=20000", *unpack_module._CHILD))
    with pytest.raises(DiskFull, match="became full"):
        await unpack(tmp_path, archive_of([*SERVER, member("big", b"x" * 100_000)]))


async def test_an_archive_can_be_unpacked_while_it_grows_and_is_refused_before_its_end(tmp_path: Path) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for info, data in [member("../evil", b"x"), member("rest", os.urandom(3_000_000))]:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    archive, target = tmp_path / "part", tmp_path / "target"
    archive.write_bytes(file.getvalue())
    target.mkdir()
    with archive.open("rb") as part:
        unpacking = Unpacking(part, target, name="part")
        unpacking._tell("have", 2_000_000)
        with pytest.raises(ArchiveRefused):
            await until(lambda: unpacking.grown(2_000_000), what="the child finds the bad name")
        await unpacking.cancel()


async def test_whoever_stops_leaves_no_child_behind(tmp_path: Path) -> None:
    archive, target = tmp_path / "part", tmp_path / "target"
    archive.write_bytes(small_archive("1.22.7"))
    target.mkdir()
    with archive.open("rb") as part:
        unpacking = Unpacking(part, target, name="part")
        unpacking._tell("have", 10_000)
        await until(lambda: _children_on(target), what="the child is there")
        await unpacking.cancel()
        await unpacking.cancel()
    assert not _children_on(target)


def _children_on(target: Path) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if str(target).encode() in path.read_bytes():
                found.append(path.parent.name)
    return found
