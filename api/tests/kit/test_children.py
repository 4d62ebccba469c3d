"""A child process is run to its end, and is never left behind."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.waiting import until
from vintagestory_api.kit.children import MAX_OUTPUT_BYTES, Ended, run_child


def python(script: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", f"import os, sys, time; {script}")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_what_it_prints_and_its_code_are_told() -> None:
    ended = await run_child(python("print('done', end=''); sys.stderr.write('but'); sys.exit(3)"))
    assert ended == Ended(3, b"done", b"but")


async def test_a_signal_is_a_negative_code() -> None:
    assert (await run_child(python("os.kill(os.getpid(), 9)"))).code == -9


async def test_it_never_waits_for_us_however_much_it_prints() -> None:
    ended = await run_child(python("sys.stdout.write('x' * 5_000_000); sys.stderr.write('y' * 5_000_000)"))
    assert (len(ended.output), len(ended.complaint)) == (MAX_OUTPUT_BYTES, MAX_OUTPUT_BYTES)


async def test_it_reads_what_it_is_given() -> None:
    given = b"word " * 200_000
    ended = await run_child(python("sys.stdout.write(str(len(sys.stdin.read())))"), given=given)
    assert ended == Ended(0, b"1000000", b"")


async def test_one_that_does_not_read_what_it_is_given_ends_all_the_same() -> None:
    assert (await run_child(python("sys.exit(4)"), given=b"x" * 1_000_000)).code == 4


async def test_a_program_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        await run_child(("/nowhere/program",))


def writes_its_pid(pid_file: Path) -> tuple[str, ...]:
    new = f"{pid_file}.new"
    return python(f"open({new!r}, 'w').write(str(os.getpid())); os.rename({new!r}, {str(pid_file)!r}); time.sleep(100)")


async def test_giving_up_kills_it_first(tmp_path: Path) -> None:
    running = asyncio.create_task(run_child(writes_its_pid(tmp_path / "pid")))
    await until((tmp_path / "pid").exists, what="the child")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not is_alive(int((tmp_path / "pid").read_text()))


async def test_giving_up_before_it_has_started_kills_it_too() -> None:
    running = asyncio.create_task(run_child(python("time.sleep(100)")))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_it_is_killed_when_the_time_is_up(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        await run_child(writes_its_pid(tmp_path / "pid"), timeout_seconds=2)
    assert not (tmp_path / "pid").exists() or not is_alive(int((tmp_path / "pid").read_text()))
