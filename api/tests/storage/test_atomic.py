"""A file is replaced whole, or stays as it was."""

import os
import stat
from pathlib import Path

import pytest

from vintagestory_api.storage.atomic import write_atomically


def test_a_file_is_made_and_replaced_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_it_where_that_is_wanted(tmp_path: Path) -> None:
    write_atomically(tmp_path / "file", b"one", mode=0o644)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o644


@pytest.mark.parametrize("step", ["fsync", "fchmod", "replace"])
def test_whatever_step_fails_the_old_file_stays_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path if step == "replace" else os, step, fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new", mode=0o644)
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_never_sees_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    seen: list[bytes] = []
    flush = os.fsync

    def look_and_flush(handle: int) -> None:
        seen.append(path.read_bytes())
        flush(handle)

    monkeypatch.setattr(os, "fsync", look_and_flush)
    write_atomically(path, b"new" * 1000)
    assert seen[0] == b"old", "what is flushed first is not in its place yet"
    assert seen[-1] == b"new" * 1000
