"""One operation at a time, and nobody is refused for the moment in which the one before only has to be recorded."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.waiting import until
from vintagestory_api.errors import Conflict
from vintagestory_api.events import EventBus
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.servers import operations as operations_module
from vintagestory_api.servers.operations import OperationKind, Operations, ServerBusy
from vintagestory_api.services.scheduler import SchedulerService


@pytest.fixture
async def operations() -> AsyncIterator[Operations]:
    bus, clock = EventBus(), SystemClock()
    scheduler = SchedulerService(clock=clock, bus=bus)
    scheduler.start()
    found = Operations("home", lambda: scheduler, clock, bus)
    yield found
    found.close()
    await scheduler.shutdown(wait=False)


class Work:
    """Begins, shows its end, and ends: each when it is told to."""

    def __init__(self, operations: Operations, *, fails: bool = False) -> None:
        self.begun, self.shows, self.may_end = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._operations = operations
        self._fails = fails

    async def __call__(self) -> dict[str, Any]:
        self._operations.ends_with(self.shows)
        self.begun.set()
        await self.may_end.wait()
        if self._fails:
            raise Conflict("It did not work out.")
        return {}


async def begin(operations: Operations, kind: OperationKind, **options: Any) -> Work:
    work = Work(operations, **options)
    await operations.begin(kind, work, actor="Anna")
    await work.begun.wait()
    return work


async def turns() -> None:
    """Let everybody come so far as they can."""
    for _ in range(50):
        await asyncio.sleep(0)


async def until_free(operations: Operations) -> None:
    await until(lambda: operations.held is None)


async def test_an_operation_that_goes_on_refuses_the_next_at_once(operations: Operations) -> None:
    start = await begin(operations, "start")
    with pytest.raises(ServerBusy, match="being started by Anna"):
        await operations.begin("stop", start, actor=None)
    with pytest.raises(ServerBusy):
        async with operations.briefly("change", None):
            pass
    start.may_end.set()
    await until_free(operations)


async def test_an_operation_whose_end_is_seen_is_waited_for(operations: Operations) -> None:
    start = await begin(operations, "start")
    start.shows.set()
    stop = Work(operations)
    waiting = asyncio.create_task(operations.begin("stop", stop, actor=None))
    await turns()
    assert not waiting.done()
    assert operations.held is not None
    assert operations.held.kind == "start"
    start.may_end.set()
    run = await waiting
    assert (operations.held.kind, operations.held.run_id) == ("stop", run.id)
    stop.may_end.set()
    await until_free(operations)


async def test_of_two_who_wait_one_comes_in_and_the_other_is_told_of_it(operations: Operations) -> None:
    start = await begin(operations, "start")
    start.shows.set()
    work = Work(operations)
    both = [asyncio.create_task(operations.begin(kind, work, actor="Bob")) for kind in ("stop", "restart")]
    await turns()
    start.may_end.set()
    first, second = await asyncio.gather(*both, return_exceptions=True)
    assert not isinstance(first, BaseException)
    assert isinstance(second, ServerBusy)
    assert (second.extra["operation"], second.extra["run_id"]) == ("stop", first.id)
    work.may_end.set()
    await until_free(operations)


@pytest.mark.parametrize("fails", [False, True])
async def test_an_operation_whose_work_is_done_is_waited_for_however_it_ended(operations: Operations, *, fails: bool) -> None:
    asked: list[asyncio.Task[Any]] = []
    second = Work(operations)

    async def work() -> dict[str, Any]:
        # It comes to its turn when this has returned, and before the run can have ended.
        asked.append(asyncio.create_task(operations.begin("stop", second, actor=None)))
        if fails:
            raise Conflict("It did not work out.")
        return {}

    await operations.begin("start", work, actor=None)
    await until(lambda: asked)
    await asyncio.gather(*asked)
    second.may_end.set()
    await until_free(operations)


async def test_a_change_waits_for_a_moment_too(operations: Operations) -> None:
    start = await begin(operations, "start")
    start.shows.set()

    async def change() -> None:
        async with operations.briefly("change", None):
            assert operations.held is not None
            assert operations.held.kind == "change"

    changing = asyncio.create_task(change())
    await turns()
    assert not changing.done()
    start.may_end.set()
    await changing
    assert operations.held is None


async def test_a_record_that_does_not_come_is_not_waited_for_longer_than_people_wait(
    operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations_module, "_RECORD_SECONDS", 0.05)
    start = await begin(operations, "start")
    start.shows.set()
    with pytest.raises(ServerBusy, match="being started by Anna"):
        await operations.begin("stop", start, actor=None)
    start.may_end.set()
    await until_free(operations)


async def test_what_does_not_fit_is_looked_at_when_the_one_before_is_over(operations: Operations) -> None:
    start = await begin(operations, "start")
    start.shows.set()

    def check() -> None:
        assert operations.held is None
        raise Conflict("It runs already.")

    second = asyncio.create_task(operations.begin("start", start, actor=None, check=check))
    await turns()
    start.may_end.set()
    with pytest.raises(Conflict, match="It runs already"):
        await second
    assert operations.held is None
