"""What games and folders take."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vintagestory_api.metrics.processes import (
    ProcessUse,
    cpu_percent,
    folder_bytes,
    free_bytes,
    machine_memory,
    process_use,
)

#: Says its number and that of a child which holds 60 MB and has worked for a moment; both then wait for the end of input.
FAMILY = """
import subprocess, sys
child = '''
import sys, time
block = bytearray(60_000_000)
until = time.process_time() + 0.2
while time.process_time() < until: pass
print("there", flush=True)
sys.stdin.read()
'''
family = subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE)
family.stdout.readline()
print(family.pid, flush=True)
sys.stdin.read()
family.wait()
"""


@pytest.fixture
def family() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", FAMILY], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    assert process.stdout.readline().strip().isdigit()
    yield process
    process.stdin.close()
    process.stdout.close()
    process.wait()


def test_a_game_is_measured_with_what_it_started(family: "subprocess.Popen[bytes]") -> None:
    use = process_use(family.pid)
    assert use is not None
    assert len(use.cpu_seconds) == 2
    assert use.memory_bytes > 60_000_000
    assert sum(use.cpu_seconds.values()) >= 0.2


def test_a_game_that_is_gone_takes_nothing(family: "subprocess.Popen[bytes]") -> None:
    family.communicate()
    assert process_use(family.pid) is None


def test_cpu_is_counted_between_two_looks() -> None:
    before = ProcessUse({(1, 0.0): 10.0, (2, 0.0): 5.0}, 0)
    assert cpu_percent(before, ProcessUse({(1, 0.0): 40.0, (2, 0.0): 5.0}, 0), 60) == 50
    assert cpu_percent(before, ProcessUse({(1, 0.0): 70.0, (3, 0.0): 60.0}, 0), 60) == 200, (
        "a new child counts, one that ended is left out"
    )
    assert cpu_percent(before, before, 0) is None


def test_a_folder_takes_what_its_files_take(tmp_path: Path) -> None:
    (tmp_path / "Saves").mkdir()
    (tmp_path / "Saves" / "world").write_bytes(os.urandom(500_000))
    (tmp_path / "log").write_bytes(os.urandom(300_000))
    assert 800_000 <= (folder_bytes(tmp_path) or 0) <= 900_000


def test_links_are_not_followed_and_names_of_one_file_count_once(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "large").write_bytes(os.urandom(500_000))
    (inside / "link").symlink_to(outside)
    (inside / "circle").symlink_to(inside)
    (inside / "file").write_bytes(os.urandom(100_000))
    (inside / "same").hardlink_to(inside / "file")
    assert 100_000 <= (folder_bytes(inside) or 0) < 150_000


def test_a_folder_that_takes_too_long_or_is_not_there_is_not_known(tmp_path: Path) -> None:
    for number in range(450):
        (tmp_path / str(number)).touch()
    clock = iter(range(0, 1000, 40))
    assert folder_bytes(tmp_path, seconds=60, elapsed=lambda: next(clock)) is None
    assert folder_bytes(tmp_path, should_stop=lambda: True) is None
    assert folder_bytes(tmp_path) is not None
    assert folder_bytes(tmp_path / "nowhere") is None


def test_the_machine_and_its_disk_say_what_is_free(tmp_path: Path) -> None:
    memory = machine_memory()
    assert 0 < memory.available_bytes <= memory.total_bytes
    assert (free_bytes(tmp_path) or 0) > 0
    assert free_bytes(tmp_path / "nowhere") is None
