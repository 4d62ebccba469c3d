"""Logos on disk: bounded, and never anything but what was written."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from vintagestory_api.mods.logo_cache import LogoCache

URL = "https://logos.example/a.png"


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_what_was_written_is_read_again_also_by_a_later_life(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "logos"
    written = LogoCache(folder).write(URL, b"picture", 123)
    assert (written.body, written.fetched_at) == (b"picture", 123)
    assert LogoCache(folder).read(URL) == written
    assert LogoCache(folder).read(f"{URL}2") is None
    (file,) = files(folder)
    assert (len(file.name), file.stat().st_mode & 0o777) == (64, 0o600)


def test_that_there_is_nothing_is_kept_too(tmp_path: Path) -> None:
    cache = LogoCache(tmp_path)
    cache.write(URL, b"", 5)
    found = cache.read(URL)
    assert found is not None
    assert (found.body, found.fetched_at) == (b"", 5)


def test_a_name_from_an_address_never_leaves_the_folder(tmp_path: Path) -> None:
    cache = LogoCache(tmp_path / "logos")
    for url in ("../../outside", "/etc/passwd", "https://x.example/" + "a" * 5_000, "https://x.example/\udcff\0"):
        cache.write(url, b"picture", 1)
        assert cache.read(url) is not None
    assert files(tmp_path) == [tmp_path / "logos"]


@pytest.mark.parametrize("damage", ["cut", "empty", "longer", "flipped", "garbage", "huge"])
def test_a_damaged_file_is_removed_and_not_shown(tmp_path: Path, damage: str) -> None:
    LogoCache(tmp_path).write(URL, b"picture" * 100, 1)
    (file,) = files(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(
        {
            "cut": whole[:-1],
            "empty": b"",
            "longer": whole + b"x",
            "flipped": whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:],
            "garbage": os.urandom(500),
            "huge": whole + bytes(10_000_000),
        }[damage]
    )
    cache = LogoCache(tmp_path)
    with capture_logs() as logs:
        assert cache.read(URL) is None
    assert [line["event"] for line in logs] == ["logo_cache_file_damaged"]
    assert files(tmp_path) == []
    cache.write(URL, b"new", 2)
    assert cache.read(URL) is not None


def test_the_oldest_makes_room(tmp_path: Path) -> None:
    cache = LogoCache(tmp_path, max_bytes=5 * 4096)
    for number in range(5):
        cache.write(f"{URL}{number}", b"x", number)
    cache.write(f"{URL}0", b"written again", 9)
    cache.write(f"{URL}5", b"x" * 4000, 10)
    assert [number for number in range(6) if cache.read(f"{URL}{number}")] == [0, 2, 3, 4, 5]
    cache.write(f"{URL}6", b"x" * 9_000, 11)
    assert [number for number in range(7) if cache.read(f"{URL}{number}")] == [0, 5, 6]


def test_a_later_life_knows_what_is_there(tmp_path: Path) -> None:
    cache = LogoCache(tmp_path)
    for number in range(5):
        cache.write(f"{URL}{number}", b"x", number)
    for number, file in enumerate(cache._folder / name for name in list(cache._sizes or ())):
        os.utime(file, (number, number))
    later = LogoCache(tmp_path, max_bytes=3 * 4096)
    later.write(f"{URL}9", b"x", 9)
    assert [number for number in range(10) if later.read(f"{URL}{number}")] == [3, 4, 9]


def test_leftovers_are_swept(tmp_path: Path) -> None:
    for name in (".abc.part", "notes.txt", "A" * 64):
        (tmp_path / name).write_bytes(b"x")
    LogoCache(tmp_path).write(URL, b"picture", 1)
    assert [len(file.name) for file in files(tmp_path)] == [64]
    assert LogoCache(tmp_path).read(URL) is not None


def test_a_folder_that_takes_nothing_is_told_once(tmp_path: Path) -> None:
    folder = tmp_path / "logos"
    folder.write_bytes(b"a file in its place")
    cache = LogoCache(folder)
    with capture_logs() as logs:
        for number in range(3):
            assert cache.write(f"{URL}{number}", b"picture", 1).body == b"picture"
            assert cache.read(f"{URL}{number}") is None
    assert [line["event"] for line in logs] == ["logo_not_kept"]
