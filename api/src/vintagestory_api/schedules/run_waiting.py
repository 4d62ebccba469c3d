"""Waiting for what others do: for a run to end, for a server that somebody holds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from vintagestory_api.errors import ManagerError
from vintagestory_api.events import Event, EventBus, RunChanged
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.servers.operations import ServerBusy
from vintagestory_api.services.run_records import FINAL_STATES, RunRecord
from vintagestory_api.services.scheduler import AlreadyRunning, SchedulerService

#: What is not told by an event is looked for so often.
LOOK_SECONDS = 1.0

Tell = Callable[[str], None]


class RunNotWell(ManagerError):
    """A run that was waited for did not succeed. Its report is with it, and its id in `extra`."""

    code = "run_not_well"


async def wait_for_run(
    run_id: str, *, bus: EventBus, ledger: RunsLedger, scheduler: SchedulerService, tell: Tell = lambda _words: None
) -> dict[str, Any]:
    """The run in its public form as soon as it has ended; what it says of its progress is passed on."""
    seen: list[dict[str, Any]] = []

    def listen(event: Event) -> bool:
        if not isinstance(event, RunChanged) or event.run["id"] != run_id:
            return False
        seen.append(event.run)
        return True

    async with changes(bus, listen) as changed:
        live = scheduler.running_run(run_id)
        if live is None:
            stored = await ledger.get(run_id)
            if stored is not None and stored.is_final:
                return stored.public()
        while True:
            while seen:
                run = seen.pop(0)
                if run["state"] in FINAL_STATES:
                    return run
                if run["message"]:
                    tell(run["message"])
            await changed(LOOK_SECONDS)
            if not seen and scheduler.running_run(run_id) is None:
                stored = await ledger.get(run_id)
                if stored is not None and stored.is_final:
                    return stored.public()


def see_that_it_went_well(run: dict[str, Any], what: str) -> None:
    """Raises `RunNotWell` with what the run says of itself."""
    if run["state"] == "succeeded":
        return
    error = run["error"] or {}
    why = error.get("message") or run["message"] or run["reason"] or run["state"]
    raise RunNotWell(f"{what} {run['state'].replace('_', ' ')}: {why}", run_id=run["id"])


async def begin_when_free(
    begin: Callable[[], Awaitable[RunRecord | str]], *, is_held: Callable[[], bool], bus: EventBus, tell: Tell
) -> RunRecord | str:
    """Begin an operation as soon as nobody else is at work on the server; meanwhile it is told who is. It may not be needed."""
    async with changes(bus, lambda _event: True) as changed:
        while True:
            try:
                return await begin()
            except (ServerBusy, AlreadyRunning) as busy:
                tell(f"waits: {busy.message.split('. ')[0].rstrip('.')}")
            while True:
                await changed(LOOK_SECONDS)
                if not is_held():
                    break


@asynccontextmanager
async def changes(bus: EventBus, concerns: Callable[[Event], bool]) -> AsyncIterator[Callable[[float], Awaitable[None]]]:
    """Gives a function that returns after the next such event, or after so many seconds."""
    news = asyncio.Event()

    def listen(event: Event) -> None:
        if concerns(event):
            news.set()

    async def changed(seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await news.wait()
        except TimeoutError:
            pass
        news.clear()

    unsubscribe = bus.subscribe(listen)
    try:
        yield changed
    finally:
        unsubscribe()
