"""The data folder belongs to one process at a time, and says what is wrong with it."""

import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from vintagestory_api.storage.data_folder import DataFolder, DataFolderInUse, DataFolderUnusable

HOLD = """
    import sys
    from pathlib import Path
    from vintagestory_api.storage.data_folder import DataFolder

    folder = DataFolder(Path(sys.argv[1]))
    folder.prepare()
    folder.lock()
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the folder `data`."""
    command = [sys.executable, "-c", textwrap.dedent(HOLD), str(tmp_path / "data")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_it_makes_its_folders_for_the_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "deep" / "data")
    folder.prepare()
    folder.prepare()
    for path in (folder.root, folder.cache, folder.run, folder.keepers, folder.servers, folder.versions):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert list(folder.run.iterdir()) == [folder.keepers]


def test_a_folder_that_another_process_holds_is_refused_with_its_number(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    folder = DataFolder(tmp_path / "data")
    with pytest.raises(DataFolderInUse, match=rf"process {holder.pid}\).*Stop it first"):
        folder.lock()
    assert not folder.is_locked


def test_a_killed_process_holds_nothing(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    holder.kill()
    holder.wait()
    folder = DataFolder(tmp_path / "data")
    folder.lock()
    assert folder.is_locked
    folder.unlock()
    assert not folder.is_locked


def test_a_lock_given_back_can_be_taken_again(tmp_path: Path) -> None:
    folders = [DataFolder(tmp_path), DataFolder(tmp_path)]
    folders[0].lock()
    with pytest.raises(DataFolderInUse):
        folders[1].lock()
    folders[0].unlock()
    folders[0].unlock()
    folders[1].lock()
    folders[1].unlock()


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DataFolderUnusable, match="VS_DATA_DIR"):
            DataFolder(root).prepare()
    with pytest.raises(DataFolderUnusable):
        DataFolder(tmp_path / "file").lock()


def test_a_folder_that_cannot_be_written_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: Path, _data: bytes) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(DataFolderUnusable, match=r"Read-only file system.*right to write"):
        DataFolder(tmp_path).prepare()
