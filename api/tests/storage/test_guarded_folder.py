"""Whatever is done below a folder stays below it, also when what lies there is swapped meanwhile."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vintagestory_api.storage.guarded_folder import (
    GuardedFolder,
    NameNotAllowed,
    shown,
    shown_path,
    split_new_path,
    split_path,
)
from vintagestory_api.storage.guarded_paths import NoSuchFile, PathNotAllowed
from vintagestory_api.storage.open_folders import exchange, move_to_free_name, open_folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "server"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "a.txt").write_text("mine")
    (tmp_path / "outside" / "er").mkdir(parents=True)
    (tmp_path / "outside" / "er" / "a.txt").write_text("SECRET")
    return folder


def read(place: Path, path: str) -> bytes:
    with GuardedFolder(place).file(split_path(path)) as file:
        return file.read()


@pytest.mark.parametrize("path", ["deep/er/a.txt", "deep//er/a.txt", "deep/er/a.txt/"])
def test_a_file_is_found(place: Path, path: str) -> None:
    assert read(place, path) == b"mine"


@pytest.mark.parametrize(
    "path",
    [
        "../outside/er/a.txt", "deep/../../outside/er/a.txt", "/etc/passwd", "..", ".", "a/./b", "\\x2e\\x2e/outside", "a\\b",
        "a\\x2fb", "a\\x00b", "a\nb", "a\x1b[31m", "a\u202etxt.exe", "\ud800", "x" * 20_000, "a/" * 50,
    ],
)  # fmt: skip
def test_a_path_that_climbs_out_or_is_none_is_refused(path: str) -> None:
    with pytest.raises(PathNotAllowed):
        split_path(path)


@pytest.mark.parametrize(
    "name", [b"new\nline", b"bell\x07", b"\xff\xfe", b"back\\slash", b"\\x41", "\u202egpj.exe".encode(), b"\xc3\xa9t\xc3\xa9"]
)
def test_each_name_has_a_form_that_can_be_shown_and_leads_back_to_it(place: Path, name: bytes) -> None:
    (place / os.fsdecode(name)).write_bytes(name)
    (found,) = [one for one in GuardedFolder(place).entries((), at_most=100)[0] if not one.is_folder]
    told = shown(found.name)
    assert told.isprintable()
    told.encode()
    assert read(place, told) == name


@pytest.mark.parametrize("name", ["a\nb", "a\\x0ab", "a\\\\b", "\u202ea", " a", "a ", "n" * 256, "ä" * 128, ""])
def test_a_new_name_is_one_that_everybody_can_read(name: str) -> None:
    with pytest.raises((NameNotAllowed, PathNotAllowed)):
        split_new_path(f"deep/{name}" if name else "")


def test_links_are_not_followed_wherever_they_lead(place: Path) -> None:
    (place / "up").symlink_to(place.parent / "outside")
    (place / "inside").symlink_to("deep")
    (place / "one.txt").symlink_to("deep/er/a.txt")
    for path in ("up/er/a.txt", "inside/er/a.txt", "one.txt"):
        with pytest.raises(PathNotAllowed):
            read(place, path)


def test_a_file_with_a_name_elsewhere_is_not_opened(place: Path) -> None:
    (place / "hard.txt").hardlink_to(place.parent / "outside" / "er" / "a.txt")
    with pytest.raises(PathNotAllowed, match="hard link"):
        read(place, "hard.txt")


def test_pipes_and_sockets_are_not_opened(place: Path) -> None:
    os.mkfifo(place / "pipe")
    with socket.socket(socket.AF_UNIX) as server, pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)  # paths of sockets must be short
        server.bind("sock")
        for name in ("pipe", "sock", "deep"):
            with pytest.raises(PathNotAllowed, match="no plain file"):
                read(place, name)


def test_what_is_not_there_is_said_so(place: Path) -> None:
    for path in ("nothing", "deep/nothing/a", "n" * 300):
        with pytest.raises(NoSuchFile):
            read(place, path)
    with pytest.raises(PathNotAllowed):
        read(place, "deep/er/a.txt/b")


def swap_for_link(folder: Path, target: Path) -> None:
    folder.rename(folder.with_name(f"{folder.name}-before"))
    folder.symlink_to(target)


@contextmanager
def before_opening(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], None]) -> Iterator[list[str]]:
    """Do something in the very moment before a name is opened, once."""
    done: list[str] = []
    real = os.open

    def open_after(path: str | Path, *args: int, **options: int) -> int:
        if path == name and not done:
            done.append(name)
            act()
        return real(path, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", open_after)
        yield done


@pytest.mark.parametrize("step", ["deep", "er"])
def test_a_folder_that_becomes_a_link_before_it_is_opened_is_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    folder = place / "deep" if step == "deep" else place / "deep" / "er"
    target = place.parent / "outside" if step == "deep" else place.parent / "outside" / "er"
    with before_opening(monkeypatch, step, lambda: swap_for_link(folder, target)) as done, pytest.raises(PathNotAllowed):
        read(place, "deep/er/a.txt")
    assert done


def test_a_folder_that_becomes_a_link_after_it_was_opened_does_not_matter(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swap = lambda: swap_for_link(place / "deep", place.parent / "outside")  # noqa: E731 - one line says it
    with before_opening(monkeypatch, "a.txt", swap) as done:
        assert read(place, "deep/er/a.txt") == b"mine"
    assert done


def test_a_file_that_becomes_a_link_before_it_is_opened_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swap = lambda: swap_for_link(place / "deep" / "er" / "a.txt", place.parent / "outside" / "er" / "a.txt")  # noqa: E731
    with before_opening(monkeypatch, "a.txt", swap) as done, pytest.raises(PathNotAllowed):
        read(place, "deep/er/a.txt")
    assert done


def test_a_file_that_becomes_a_pipe_before_it_is_opened_keeps_nobody_waiting(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = place / "deep" / "er" / "a.txt"

    def swap() -> None:
        file.unlink()
        os.mkfifo(file)

    with before_opening(monkeypatch, "a.txt", swap) as done, pytest.raises(PathNotAllowed):
        read(place, "deep/er/a.txt")
    assert done


def test_folders_that_are_swapped_all_the_time_never_lead_out(place: Path) -> None:
    is_over = threading.Event()
    (place / "link").symlink_to(place.parent / "outside")

    def swap() -> None:
        with open_folder(place) as folder:
            while not is_over.is_set():
                exchange(folder, "deep", "link")

    swapper = threading.Thread(target=swap)
    swapper.start()
    found: list[bytes] = []
    try:
        for number in range(2_000):
            try:
                found.append(read(place, "deep/er/a.txt"))
                with GuardedFolder(place).folder_made(("deep", "er", f"new{number % 7}")):
                    pass
            except (NoSuchFile, PathNotAllowed):
                continue
    finally:
        is_over.set()
        swapper.join()
    assert set(found) <= {b"mine"}
    assert [path.name for path in (place.parent / "outside" / "er").iterdir()] == ["a.txt"]


def test_folders_on_the_way_are_made_and_belong_to_whom_the_one_around_belongs_to(place: Path) -> None:
    if os.geteuid() == 0:
        os.chown(place, 12_345, 23_456)
    place.chmod(0o750)
    with GuardedFolder(place).folder_made(("one", "two")):
        pass
    around, made = place.stat(), (place / "one" / "two").stat()
    assert (made.st_uid, made.st_gid, made.st_mode & 0o777) == (around.st_uid, around.st_gid, 0o750)
    (place / "up").symlink_to(place.parent / "outside")
    with pytest.raises(PathNotAllowed), GuardedFolder(place).folder_made(("up", "er", "x")):
        pass
    assert not (place.parent / "outside" / "er" / "x").exists()


def test_a_list_that_is_too_long_is_cut_and_says_so(place: Path) -> None:
    for number in range(5):
        (place / f"{number}").touch()
    found, is_whole = GuardedFolder(place).entries((), at_most=3)
    assert (len(found), is_whole) == (3, False)


def test_nothing_is_replaced_by_a_move_to_a_free_name(place: Path) -> None:
    (place / "a").write_text("a")
    (place / "b").write_text("b")
    with GuardedFolder(place).folder(()) as folder:
        with pytest.raises(FileExistsError):
            move_to_free_name(folder, "a", folder, "b")
        move_to_free_name(folder, "a", folder, "c")
    assert ((place / "b").read_text(), (place / "c").read_text()) == ("b", "a")


def test_paths_are_shown_with_slashes() -> None:
    assert shown_path(("a", "b\nc")) == "a/b\\x0ac"
