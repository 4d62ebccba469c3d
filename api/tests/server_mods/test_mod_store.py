"""Files of mods by their contents: put in once, given out, proven, and removed when nobody needs them."""

import os
from pathlib import Path

import pytest

from vintagestory_api.server_mods.store import DiskFull, ModStore, NotInStore
from vintagestory_api.storage.open_folders import open_folder


@pytest.fixture
def store(tmp_path: Path) -> ModStore:
    (tmp_path / "store").mkdir()
    return ModStore(tmp_path / "store")


def put(store: ModStore, data: bytes) -> str:
    with store.new_part() as part:
        part.write(data)
        return part.keep().sha256


def parts(store: ModStore) -> list[str]:
    return os.listdir(store.folder / ".parts")  # noqa: PTH208 - names alone


def test_the_same_contents_are_kept_once(store: ModStore) -> None:
    assert put(store, b"pots") == put(store, b"pots")
    assert len(list(store.all())) == 1
    assert parts(store) == []


def test_what_is_not_kept_leaves_nothing(store: ModStore) -> None:
    with store.new_part() as part:
        part.write(b"half")
    assert parts(store) == []
    assert not list(store.all())


def test_what_an_earlier_manager_left_unfinished_is_removed(store: ModStore) -> None:
    (store.folder / ".parts").mkdir()
    (store.folder / ".parts" / "half").write_bytes(b"half")
    store.open()
    assert not (store.folder / ".parts").exists()


def test_a_damaged_file_is_found_out_and_put_right_by_the_next_one(store: ModStore) -> None:
    sha256 = put(store, b"pots")
    path = store.path(sha256)
    path.chmod(0o644)
    path.write_bytes(b"pans")
    assert store.has(sha256)
    put(store, b"pots")
    assert path.read_bytes() == b"pots"
    path.chmod(0o644)
    path.write_bytes(b"pans")
    assert not store.verify(sha256)
    assert not store.has(sha256)


def test_a_name_that_is_no_check_sum_leads_nowhere(store: ModStore) -> None:
    for name in ("../../etc/passwd", "", "x" * 64, "A" * 64):
        assert not store.has(name)
        with pytest.raises(NotInStore):
            store.path(name)


def test_only_what_nobody_needs_goes(store: ModStore, tmp_path: Path) -> None:
    needed, lonely = put(store, b"needed"), put(store, b"lonely")
    store = ModStore(tmp_path / "store")  # one that has just started: nothing is claimed
    assert store.prune({needed}).files == 0, "it is young"
    pruned = store.prune({needed}, young_seconds=0)
    assert (pruned.files, pruned.bytes) == (1, 6)
    assert store.has(needed)
    assert not store.has(lonely)


def test_what_a_change_is_about_to_need_stays(store: ModStore, tmp_path: Path) -> None:
    sha256 = put(store, b"pots")
    store = ModStore(tmp_path / "store")
    assert store.claim(sha256)
    assert store.prune(set(), young_seconds=-1e9).files == 1
    put(store, b"pans")
    assert store.prune(set(), young_seconds=60).files == 0


def test_laying_out_what_is_not_there(store: ModStore, tmp_path: Path) -> None:
    sha256 = put(store, b"pots")
    with open_folder(tmp_path) as folder:
        assert store.lay(sha256, folder, "pots.zip")
        with pytest.raises(FileExistsError):
            store.lay(sha256, folder, "pots.zip")
        with pytest.raises(NotInStore):
            store.lay("0" * 64, folder, "pans.zip")
    assert (tmp_path / "pots.zip").read_bytes() == b"pots"


def test_a_full_disk_is_told_in_words(store: ModStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match="Free some space"):
        put(store, b"pots")
    assert parts(store) == []
