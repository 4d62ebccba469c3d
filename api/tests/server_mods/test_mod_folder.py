import os
from pathlib import Path

import pytest

from tests.server_mods.zips import mod_zip, put_mod
from vintagestory_api.server_mods import mod_folder
from vintagestory_api.server_mods.mod_archive import ModFile, inspect_file
from vintagestory_api.server_mods.mod_folder import FolderContents, ModFolders
from vintagestory_api.server_mods.modinfo import Problem


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were really looked into."""
    seen: list[str] = []

    def counted(path: Path, **more: object) -> ModFile | Problem:
        seen.append(path.name)
        return inspect_file(path, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(mod_folder, "inspect_file", counted)
    return seen


def names(contents: FolderContents) -> list[str]:
    return [mod.file_name for mod in contents.mods]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert ModFolders().read(tmp_path / "Mods") == FolderContents(())


def test_every_mod_is_listed_with_what_it_says_of_itself(tmp_path: Path) -> None:
    put_mod(tmp_path, "pots", "1.2.0", side="Server")
    put_mod(tmp_path, "clay", "2.0.0")
    (tmp_path / "Old Mod (fixed) é'.ZIP").write_bytes(mod_zip("old"))
    (tmp_path / "one.cs").write_text('[assembly: ModInfo("One", "one")]')
    found = ModFolders().read(tmp_path)
    told = [(mod.kind, mod.info.modid if mod.info else None, mod.problem) for mod in found.mods]
    assert names(found) == ["Old Mod (fixed) é'.ZIP", "clay_2.0.0.zip", "one.cs", "pots_1.2.0.zip"]
    assert told == [("zip", "old", None), ("zip", "clay", None), ("cs", "one", None), ("zip", "pots", None)]
    assert found.mods[1].size_bytes == (tmp_path / "clay_2.0.0.zip").stat().st_size


def test_three_hundred_mods_with_a_broken_one_are_listed_with_the_reason(tmp_path: Path) -> None:
    for number in range(299):
        put_mod(tmp_path, f"mod{number:03}")
    (tmp_path / "mod150b.zip").write_bytes(b"<html>502 Bad Gateway</html>")
    found = ModFolders().read(tmp_path)
    assert len(found.mods) == 300
    broken = [mod for mod in found.mods if mod.problem]
    assert [(mod.file_name, mod.problem.code) for mod in broken if mod.problem] == [("mod150b.zip", "not_zip")]


def test_what_the_game_ignores_is_ignored_and_what_is_switched_off_by_hand_is_told(tmp_path: Path) -> None:
    put_mod(tmp_path, "pots").rename(tmp_path / "pots.zip.disabled")
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / "old.zip.tmp").write_text("hello")
    found = ModFolders().read(tmp_path)
    assert [(mod.file_name, mod.is_off, mod.info.modid if mod.info else None) for mod in found.mods] == [
        ("pots.zip.disabled", True, "pots")
    ]
    assert found.ignored == ("old.zip.tmp", "readme.txt")


def test_every_folder_counts_as_a_mod_as_for_the_game(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pots").mkdir()
    (tmp_path / "pots" / "modinfo.json").write_text('{"modid": "pots", "name": "Pots", "type": "code"}')
    found = ModFolders().read(tmp_path)
    told = [(mod.file_name, mod.kind, mod.problem.code if mod.problem else None) for mod in found.mods]
    assert told == [(".git", "folder", "no_modinfo"), ("pots", "folder", None)]


def test_links_are_listed_but_not_followed_and_the_folder_itself_may_be_one(tmp_path: Path) -> None:
    real = tmp_path / "generation"
    put_mod(real, "pots")
    (real / "link.zip").symlink_to("pots_1.0.0.zip")
    (tmp_path / "Mods").symlink_to("generation")
    found = ModFolders().read(tmp_path / "Mods")
    assert [(mod.file_name, mod.problem.code if mod.problem else None) for mod in found.mods] == [
        ("link.zip", "link"),
        ("pots_1.0.0.zip", None),
    ]


def test_a_name_that_is_no_text_is_listed_as_far_as_it_can_be_shown(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xe4d.zip")).write_bytes(mod_zip("bad"))
    (found,) = ModFolders().read(tmp_path).mods
    assert (found.file_name, found.problem.code if found.problem else None) == ("b\ufffdd.zip", "bad_name")


def test_only_what_has_changed_is_looked_into_again(tmp_path: Path, looks: list[str]) -> None:
    folders = ModFolders()
    pots, _clay = put_mod(tmp_path, "pots"), put_mod(tmp_path, "clay")
    inside = tmp_path / "kiln" / "modinfo.json"
    inside.parent.mkdir()
    inside.write_text('{"modid": "kiln", "name": "Kiln"}')
    folders.read(tmp_path)
    looks.clear()

    folders.read(tmp_path)
    assert looks == []

    pots.write_bytes(mod_zip("pots", "1.1.0", filling=b"more"))
    inside.write_text('{"modid": "kiln", "name": "Kiln", "version": "2.0"}')
    found = folders.read(tmp_path)
    assert sorted(looks) == ["kiln", "pots_1.0.0.zip"]
    assert [mod.info.version for mod in found.mods if mod.info] == ["1.0.0", "2.0", "1.1.0"]


def test_a_file_that_was_replaced_by_one_of_the_same_size_and_time_is_noticed(tmp_path: Path) -> None:
    folders = ModFolders()
    path = put_mod(tmp_path, "pots", "1.0.0")
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    folders.read(tmp_path)
    other = tmp_path / "other.tmp"
    other.write_bytes(mod_zip("pots", "2.0.0"))
    os.utime(other, ns=times)
    other.replace(path)
    (found,) = folders.read(tmp_path).mods
    assert found.info is not None
    assert found.info.version == "2.0.0"


def test_the_same_file_in_another_folder_is_known(tmp_path: Path, looks: list[str]) -> None:
    folders = ModFolders()
    first = put_mod(tmp_path / "1", "pots")
    folders.read(tmp_path / "1")
    (tmp_path / "2").mkdir()
    (tmp_path / "2" / first.name).hardlink_to(first)
    assert folders.read(tmp_path / "2") == folders.read(tmp_path / "1")
    assert looks == [first.name]


def test_it_does_not_remember_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looks: list[str]) -> None:
    monkeypatch.setattr(mod_folder, "_MAX_REMEMBERED", 2)
    folders = ModFolders()
    for modid in ("a", "b", "c"):
        put_mod(tmp_path, modid)
    folders.read(tmp_path)
    folders.read(tmp_path)
    assert len(looks) == 6


def test_a_folder_of_more_files_than_anybody_has_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mod_folder, "_MAX_FILES", 2)
    for modid in ("a", "b", "c"):
        put_mod(tmp_path, modid)
    found = ModFolders().read(tmp_path)
    assert (len(found.mods), found.is_cut) == (2, True)


def test_what_is_no_folder_can_not_be_listed(tmp_path: Path) -> None:
    (tmp_path / "Mods").write_text("")
    with pytest.raises(OSError, match="Not a directory"):
        ModFolders().read(tmp_path / "Mods")
