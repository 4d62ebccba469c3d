"""When it is said that the disk or the memory runs short, and in which words."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from vintagestory_api.metrics.limits import MB, GameLimits, read_limits
from vintagestory_api.metrics.processes import MachineMemory
from vintagestory_api.metrics.shortages import GB, Shortage, disk_warning, hours_until, memory_warning, size

NOW = 1_780_000_000_000
HOUR = 3_600_000
LIMITS = GameLimits()
ROOMY = MachineMemory(32 * GB, 20 * GB)


def test_the_disk_is_no_matter_while_there_is_room() -> None:
    assert disk_warning(LIMITS, 2 * GB, None) is None
    assert disk_warning(LIMITS, None, None) is None


def test_the_disk_is_told_of_a_gigabyte_before_the_game_ends_itself() -> None:
    found = disk_warning(LIMITS, 1300 * MB, None)
    assert found == Shortage(
        "disk_low",
        is_urgent=False,
        text="Only 1.3 GB of disk space are free. Below 400 MB the game ends itself (DieBelowDiskSpaceMb in serverconfig.json). "
        "Delete old backups or logs there, or enlarge the disk.",
    )


def test_it_is_urgent_shortly_before_and_says_when_it_is_already_too_late() -> None:
    near = disk_warning(LIMITS, 500 * MB, None)
    below = disk_warning(LIMITS, 356 * MB, None)
    assert near is not None
    assert near.is_urgent
    assert below is not None
    assert below.is_urgent
    assert "Only 350 MB of disk space are free. That is below 400 MB, where the game ends itself" in below.text


def test_a_disk_that_fills_is_told_of_two_days_ahead() -> None:
    assert disk_warning(LIMITS, 100 * GB, 49) is None
    found = disk_warning(LIMITS, 100 * GB, 47)
    assert found is not None
    assert not found.is_urgent
    assert "At the pace of the last hours that is in about 2 days." in found.text
    soon = disk_warning(LIMITS, 10 * GB, 5)
    assert soon is not None
    assert soon.is_urgent
    assert "in about 5 hours" in soon.text


def test_a_game_that_does_not_look_at_its_disk_is_not_warned_of_it() -> None:
    assert disk_warning(GameLimits(disk_bytes=None), 1, 0.1) is None


def test_a_warning_stays_until_there_is_clearly_more_room() -> None:
    free = 1450 * MB
    assert disk_warning(LIMITS, free, None) is None
    assert disk_warning(LIMITS, free, None, was_said=True) is not None
    assert disk_warning(LIMITS, 1600 * MB, None, was_said=True) is None


def test_the_pace_needs_some_hours_of_history() -> None:
    falling = [(NOW - hours * HOUR, (10 + hours) * GB) for hours in range(12, 0, -1)]
    assert hours_until(0, 10 * GB, falling[-5:], NOW) is None
    assert hours_until(0, 10 * GB, [], NOW) is None
    assert hours_until(0, 10 * GB, falling, NOW) == pytest.approx(10)
    assert hours_until(5 * GB, 10 * GB, falling, NOW) == pytest.approx(5)


def test_a_disk_that_does_not_fill_has_no_end() -> None:
    assert hours_until(0, 10 * GB, [(NOW - 12 * HOUR, 10 * GB)], NOW) is None
    assert hours_until(0, 10 * GB, [(NOW - 12 * HOUR, 9 * GB)], NOW) is None


def test_the_pace_is_that_of_the_last_day() -> None:
    history = [(NOW - 48 * HOUR, 500 * GB), (NOW - 24 * HOUR, 34 * GB), (NOW - HOUR, 11 * GB)]
    assert hours_until(0, 10 * GB, history, NOW) == pytest.approx(10)


def test_memory_is_told_of_before_the_game_warns_itself() -> None:
    assert memory_warning(LIMITS, 40_000 * MB, ROOMY) is None
    found = memory_warning(LIMITS, 44_000 * MB, ROOMY)
    assert found is not None
    assert (found.kind, found.is_urgent) == ("memory_high", False)
    assert found.text.startswith("The game takes 43.0 GB of memory. Above 48.8 GB it ends itself (DieAboveMemoryUsageMb in ")
    urgent = memory_warning(LIMITS, 49_000 * MB, ROOMY)
    assert urgent is not None
    assert urgent.is_urgent


def test_the_machine_can_run_out_of_memory_first() -> None:
    found = memory_warning(LIMITS, 6 * GB, MachineMemory(8 * GB, 300 * MB))
    assert found is not None
    assert not found.is_urgent
    assert found.is_of_machine
    assert "The machine has only 300 MB of its 8.0 GB of memory left." in found.text
    worse = memory_warning(LIMITS, 6 * GB, MachineMemory(8 * GB, 100 * MB))
    assert worse is not None
    assert worse.is_urgent


def test_a_stopped_game_takes_no_memory() -> None:
    assert memory_warning(LIMITS, None, MachineMemory(8 * GB, 1)) is None


def test_memory_stays_told_of_until_it_eases() -> None:
    assert memory_warning(LIMITS, 41_000 * MB, ROOMY) is None
    assert memory_warning(LIMITS, 41_000 * MB, ROOMY, was_said=True) is not None
    assert memory_warning(LIMITS, 38_000 * MB, ROOMY, was_said=True) is None


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 MB"), (99 * MB, "99 MB"), (356 * MB, "356 MB"), (400 * MB, "400 MB"), (GB, "1.0 GB"), (50_000 * MB, "48.8 GB")],
)
def test_sizes_are_short(count: int, text: str) -> None:
    assert size(count) == text


def limits_of(folder: Path, content: Any) -> GameLimits:
    (folder / "serverconfig.json").write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return read_limits(folder)


def test_the_limits_are_those_of_the_configuration(tmp_path: Path) -> None:
    assert limits_of(tmp_path, {"DieBelowDiskSpaceMb": 900, "DieAboveMemoryUsageMb": 8000}) == GameLimits(900 * MB, 8000 * MB)
    assert limits_of(tmp_path, {"DieBelowDiskSpaceMb": -1}) == GameLimits(None, 50_000 * MB)
    assert limits_of(tmp_path, b'\xef\xbb\xbf{"DieBelowDiskSpaceMb": 1000}').disk_bytes == 1000 * MB


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000,
     {"DieBelowDiskSpaceMb": "lots"}, {"DieBelowDiskSpaceMb": True}, {"DieBelowDiskSpaceMb": 10**40}],
)  # fmt: skip
def test_a_configuration_that_makes_no_sense_means_the_game_s_defaults(tmp_path: Path, content: Any) -> None:
    assert limits_of(tmp_path, content) == GameLimits(400 * MB, 50_000 * MB)


def test_there_may_be_no_configuration_or_something_else_in_its_place(tmp_path: Path) -> None:
    assert read_limits(tmp_path) == GameLimits()
    assert read_limits(tmp_path / "nowhere") == GameLimits()
    os.mkfifo(tmp_path / "serverconfig.json")
    assert read_limits(tmp_path) == GameLimits()
