"""Looks at disks that hang: nobody waits for them for ever."""

import threading
from collections.abc import Iterator

import pytest

from tests.waiting import until
from vintagestory_api.kit.slow_disks import DiskHangs, Looks


@pytest.fixture
def disk() -> Iterator[threading.Event]:
    """Hangs until it is set."""
    found = threading.Event()
    yield found
    found.set()


async def test_what_is_found_or_goes_wrong_is_told() -> None:
    looks = Looks(60.0)
    assert await looks.look(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await looks.look(lambda: 1 // 0)
    with pytest.raises(TimeoutError, match="of its own"):
        await looks.look(lambda: fail("of its own"))


def fail(text: str) -> None:
    raise TimeoutError(text)


async def test_a_disk_that_hangs_is_given_up_on_and_looked_at_again_when_it_answers(disk: threading.Event) -> None:
    looks = Looks(0.1)
    with pytest.raises(DiskHangs):
        await looks.look(disk.wait)
    looks.limit_seconds = 60.0
    looked = threading.Event()
    with pytest.raises(DiskHangs):
        await looks.look(looked.set)
    assert not looked.is_set(), "no further thread is lost there"
    disk.set()
    await until(lambda: looks._hanging == 0, 60, "its answer")
    assert await looks.look(lambda: "again") == "again"


async def test_threads_that_hang_keep_no_program_from_its_end(disk: threading.Event) -> None:
    before = set(threading.enumerate())
    with pytest.raises(DiskHangs):
        await Looks(0.1).look(disk.wait)
    (hanging,) = set(threading.enumerate()) - before
    assert hanging.daemon
