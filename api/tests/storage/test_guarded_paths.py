"""Paths that somebody told us lead to files below a folder, and nowhere else."""

import os
from pathlib import Path

import pytest

from vintagestory_api.storage.guarded_paths import (
    NoSuchFile,
    PathNotAllowed,
    allowed_host_path,
    open_below,
    resolve_below,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "Logs"
    (folder / "Archive" / "2026").mkdir(parents=True)
    (folder / "Archive" / "2026" / "server-main.log").write_text("old")
    (folder / "server-main.log").write_text("new")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.mark.parametrize("name", ["server-main.log", "Archive/2026/server-main.log", "./Archive//2026/server-main.log"])
def test_a_file_below_the_folder_is_found(folder: Path, name: str) -> None:
    assert resolve_below(folder, name).is_file()
    with open_below(folder, name) as file:
        assert file.read() in {b"old", b"new"}


@pytest.mark.parametrize(
    "name", ["../secret.txt", "Archive/../../secret.txt", "/etc/passwd", "..", "a\\..\\b", "a\nb", "a\0b", "x" * 5_000]
)
def test_a_path_that_climbs_out_or_is_none_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(PathNotAllowed):
        resolve_below(folder, name)


def test_a_name_of_nothing_and_one_too_long_for_the_disk_are_not_found(folder: Path) -> None:
    for name in ("nothing.log", "server-main.log/x", "n" * 300):
        with pytest.raises(NoSuchFile):
            resolve_below(folder, name)


def test_a_link_inside_the_folder_is_followed_and_one_that_leads_out_is_not(folder: Path, tmp_path: Path) -> None:
    (folder / "latest.log").symlink_to("Archive/2026/server-main.log")
    (folder / "secret.log").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    (folder / "loop").symlink_to("loop")
    with open_below(folder, "latest.log") as file:
        assert file.read() == b"old"
    for name in ("secret.log", "up/secret.txt"):
        with pytest.raises(PathNotAllowed):
            open_below(folder, name)
    with pytest.raises(NoSuchFile):
        resolve_below(folder, "loop")


def test_the_folder_itself_may_be_reached_through_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "door").symlink_to(folder)
    with open_below(tmp_path / "door", "server-main.log") as file:
        assert file.read() == b"new"


def test_a_pipe_in_the_place_of_a_file_is_refused_without_waiting_for_it(folder: Path) -> None:
    os.mkfifo(folder / "pipe.log")
    with pytest.raises(PathNotAllowed):
        open_below(folder, "pipe.log")


def test_a_folder_is_not_opened_as_a_file(folder: Path) -> None:
    with pytest.raises(PathNotAllowed):
        open_below(folder, "Archive")


def test_a_host_path_is_allowed_below_a_root_only(folder: Path, tmp_path: Path) -> None:
    assert allowed_host_path(str(folder / "server-main.log"), [folder]) == folder.resolve() / "server-main.log"
    (folder / "out").symlink_to(tmp_path)
    for path in (str(tmp_path), f"{folder}/../secret.txt", f"{folder}/out/secret.txt", "/no/such/thing", "relative", "/etc\n"):
        with pytest.raises(PathNotAllowed):
            allowed_host_path(path, [folder])
    with pytest.raises(PathNotAllowed, match="VS_HOST_ROOTS"):
        allowed_host_path(str(folder), [])
    with pytest.raises(NoSuchFile):
        allowed_host_path(str(folder / "nothing"), [folder])
