"""Check sums of files that lie in folders which strangers may write into."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from vintagestory_api.server_mods.open_folders import FileSums
from vintagestory_api.storage.open_folders import open_folder


def test_a_file_is_read_again_only_when_it_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"one")
    reads, digest = 0, hashlib.file_digest

    def counted(*given: Any) -> Any:
        nonlocal reads
        reads += 1
        return digest(*given)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    sums = FileSums()
    with open_folder(tmp_path) as folder:
        for _ in range(2):
            assert sums.of(folder, "a.zip") == hashlib.sha256(b"one").hexdigest()
        path.write_bytes(b"two, and longer")
        assert sums.of(folder, "a.zip") == hashlib.sha256(b"two, and longer").hexdigest()
    assert reads == 2


def test_what_is_no_plain_file_has_no_check_sum(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.zip").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe.zip")
    with open_folder(tmp_path) as folder:
        assert [FileSums().of(folder, name) for name in ("folder", "link.zip", "pipe.zip", "gone.zip")] == [None] * 4
