"""What was laid out beside comes into its place, whole or not at all."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from vintagestory_api.backups.restore_swap import NotSwapped, PlaceNotUsable, Staging, left_behind

OLD = {
    "Saves/default.vcdbs": "old world",
    "Saves/default.vcdbs-wal": "of the old world",
    "Playerdata/playerdata.json": "old players",
    "Playerdata/gone.json": "only in the old",
    "serverconfig.json": "old configuration",
    "Logs/server-main.log": "stays",
}
NEW = {
    "Saves/default.vcdbs": "new world",
    "Playerdata/playerdata.json": "new players",
    "ModConfig/deep/er/mod.json": "new",
    "serverconfig.json": "new configuration",
}
AFTER = {**NEW, "Logs/server-main.log": "stays"}
NAMES = [
    "Saves/default.vcdbs", "Saves/default.vcdbs-wal", "Saves/default.vcdbs-shm", "Playerdata", "ModConfig", "serverconfig.json",
]  # fmt: skip
#: What changes a folder.
STEPS = ("rename", "mkdir", "fsync", "unlink", "rmdir")


class Killed(BaseException):
    """As if the process had ended: nothing catches it."""


@pytest.fixture
def data_path(tmp_path: Path) -> Path:
    return write(tmp_path / "server", OLD)


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def read(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


def new_of(staging: Staging) -> Path:
    return staging.data_path / staging.name / "new"


def prepared(data_path: Path) -> Staging:
    staging = Staging(data_path, "one")
    staging.make()
    write(new_of(staging), NEW)
    return staging


def die(*_: Any, **__: Any) -> None:
    raise Killed


@contextmanager
def killed_at(step: int, end: Callable[..., None] = die) -> Iterator[list[str]]:
    """Ends what is done inside at its step so-and-so, 0 for never; yields the steps that were made."""
    made: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, _counted(getattr(os, name), name, made, step, end))
        yield made


def _counted(real: Callable[..., Any], name: str, made: list[str], step: int, end: Callable[..., None]) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        made.append(name)
        if len(made) == step:
            end()
        return real(*args, **options)

    return call


def test_a_swap_replaces_what_is_named_and_nothing_else(data_path: Path) -> None:
    staging = prepared(data_path)
    staging.swap(staging.units(NAMES))
    assert read(data_path) == AFTER
    assert read(staging.old) == {path: text for path, text in OLD.items() if path != "Logs/server-main.log"}
    staging.remove()
    assert left_behind(data_path) == []


def test_undoing_makes_the_old_state_whole_again_and_may_be_repeated(data_path: Path) -> None:
    staging = prepared(data_path)
    units = staging.units(NAMES)
    staging.swap(units)
    # What the game writes beside the new world before it fails goes with it.
    write(data_path, {"Saves/default.vcdbs-shm": "of the new world", "Saves/default.vcdbs-wal": "of the new world"})
    for _ in range(3):
        staging.undo(units)
        assert read(data_path) == OLD


def test_a_kill_at_any_step_of_the_swap_is_undone_to_the_old_state(tmp_path: Path) -> None:
    with killed_at(0) as steps:
        staging = prepared(write(tmp_path / "0", OLD))
        units = staging.units(NAMES)
        steps.clear()
        staging.swap(units)
    assert len(steps) > 2 * len(NAMES)
    for step in range(1, len(steps) + 1):
        data_path = write(tmp_path / f"swap {step}", OLD)
        staging = prepared(data_path)
        units = staging.units(NAMES)
        with killed_at(step), pytest.raises(Killed):
            staging.swap(units)
        Staging(data_path, "one").undo(units)
        assert read(data_path) == OLD, f"step {step}: {steps[step - 1]}"


def test_a_kill_at_any_step_of_the_undoing_is_no_harm(tmp_path: Path) -> None:
    staging = prepared(write(tmp_path / "0", OLD))
    units = staging.units(NAMES)
    staging.swap(units)
    with killed_at(0) as steps:
        staging.undo(units)
    for step in range(1, len(steps) + 1):
        data_path = write(tmp_path / f"undo {step}", OLD)
        staging = prepared(data_path)
        units = staging.units(NAMES)
        staging.swap(units)
        with killed_at(step), pytest.raises(Killed):
            staging.undo(units)
        staging.undo(units)
        assert read(data_path) == OLD, f"step {step}: {steps[step - 1]}"


def test_a_full_disk_at_any_step_is_undone_without_any_room(tmp_path: Path) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with killed_at(0) as steps:
        staging = prepared(write(tmp_path / "0", OLD))
        units = staging.units(NAMES)
        steps.clear()
        staging.swap(units)
    for step in range(1, len(steps) + 1):
        data_path = write(tmp_path / f"full {step}", OLD)
        staging = prepared(data_path)
        units = staging.units(NAMES)
        with killed_at(step, full), pytest.raises(NotSwapped, match="No space left"):
            staging.swap(units)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "mkdir", full)
            staging.undo(units)
        assert read(data_path) == OLD, f"step {step}: {steps[step - 1]}"


@pytest.mark.parametrize("name", ["Saves/default.vcdbs", "Playerdata/playerdata.json", "serverconfig.json"])
def test_a_link_in_the_way_is_refused_before_anything_moves(data_path: Path, tmp_path: Path, name: str) -> None:
    elsewhere = write(tmp_path / "elsewhere", {"default.vcdbs": "theirs", "playerdata.json": "theirs", "serverconfig.json": "x"})
    place = data_path / name
    place.unlink()
    place.symlink_to(elsewhere / place.name)
    staging = prepared(data_path)
    with pytest.raises(PlaceNotUsable, match="link"):
        staging.units([name])
    assert (elsewhere / place.name).exists()


def test_a_link_on_the_way_is_not_followed(data_path: Path, tmp_path: Path) -> None:
    staging = prepared(data_path)
    units = staging.units(NAMES)
    elsewhere = write(tmp_path / "elsewhere", {"default.vcdbs": "theirs"})
    (data_path / "Saves").rename(tmp_path / "saves before")
    (data_path / "Saves").symlink_to(elsewhere)
    with pytest.raises(PlaceNotUsable, match="link"):
        staging.swap(units)
    assert (elsewhere / "default.vcdbs").read_text() == "theirs"


def test_a_folder_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(NotSwapped, match="Check its disk"):
        Staging(tmp_path / "nowhere", "one").make()


def test_what_an_earlier_try_left_beside_is_made_anew(data_path: Path) -> None:
    write(new_of(prepared(data_path)), {"stale": "from the first try"})
    staging = prepared(data_path)
    assert sorted(path.name for path in new_of(staging).iterdir()) == ["ModConfig", "Playerdata", "Saves", "serverconfig.json"]


def test_what_is_laid_out_beside_goes_where_it_was_begun_whatever_becomes_of_the_names(data_path: Path, tmp_path: Path) -> None:
    staging = Staging(data_path, "one")
    staging.make()
    trap = tmp_path / "trap"
    (trap / "new").mkdir(parents=True)
    with staging.held() as held:
        (data_path / staging.name).rename(tmp_path / "moved")
        (data_path / staging.name).symlink_to(trap)
        write(held, {"ModConfig/a.json": "ours"})
    assert list((trap / "new").iterdir()) == []
    assert (tmp_path / "moved" / "new" / "ModConfig" / "a.json").read_text() == "ours"
