"""What runs at this moment: from a claimed run to its end, with what is stored and told of it on the way."""

import asyncio
from collections.abc import Callable

import structlog

from vintagestory_api.events import EventBus, RunChanged
from vintagestory_api.kit.clock import Clock
from vintagestory_api.services.run_execution import JobFunction, JobPolicy, RunExecution
from vintagestory_api.services.run_records import RunLedger, RunRecord

log = structlog.get_logger(__name__)

_SAVE_EVERY_SECONDS = 2.0
#: Progress is published no more often than this.
PROGRESS_EVERY_SECONDS = 0.25


class Executions:
    """Runs that go on or wait for their turn, by run id, and the tasks that belong to them. `ended` hears of each that has."""

    def __init__(self, ledger: RunLedger, clock: Clock, bus: EventBus) -> None:
        self.by_run: dict[str, RunExecution] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self._ledger = ledger
        self._clock = clock
        self._bus = bus
        self.ended: Callable[[RunRecord], None] = lambda _run: None

    def of_job(self, job_id: str, server_key: str = "", *, waiting: bool = False) -> RunExecution | None:
        """The one that runs, or the one that waits to."""
        for found in self.by_run.values():
            if (found.run.job_id, found.run.server_key, found.is_waiting) == (job_id, server_key, waiting):
                return found
        return None

    @property
    def job_ids(self) -> list[str]:
        return [execution.run.job_id for execution in self.by_run.values()]

    def prepare(self, run: RunRecord, func: JobFunction, policy: JobPolicy) -> RunExecution:
        """Counted as running before the claim is asked for, so that two callers can't both get through."""
        execution = RunExecution(run, func, policy, self._clock, self._run_changed)
        self.by_run[run.id] = execution
        return execution

    def release(self, run_id: str) -> None:
        """Nothing of it goes on any more."""
        if (execution := self.by_run.pop(run_id, None)) is not None:
            execution.over.set()

    def launch(self, execution: RunExecution) -> None:
        self.keep(asyncio.create_task(self.run(execution)))

    def keep(self, task: "asyncio.Task[None]") -> None:
        """It is waited for when the scheduler stops."""
        self.tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: "asyncio.Task[None]") -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("tick_failed", exc_info=error)

    async def run(self, execution: RunExecution) -> None:
        self.publish(execution.run)
        try:
            self.ended(await execution.execute())
        finally:
            if not execution.still_works:
                self.release(execution.run.id)

    def _run_changed(self, execution: RunExecution) -> None:
        self._ledger.save(execution.snapshot())
        self.publish(execution.run)

    def publish(self, run: RunRecord) -> None:
        self._bus.publish(RunChanged(run.job_id, run.state, run.ended_at, run.public()))

    async def tell_progress(self) -> None:
        """Many steps in a short time are told as one; the end of a run is told at once, by whoever ends it."""
        while True:
            await asyncio.sleep(PROGRESS_EVERY_SECONDS)
            for execution in tuple(self.by_run.values()):
                if (run := execution.new_progress()) is not None:
                    self.publish(run)

    async def save_changes(self) -> None:
        """What a run said of itself is stored while it runs, so that a killed manager leaves its trace."""
        while True:
            await asyncio.sleep(_SAVE_EVERY_SECONDS)
            for run_id, execution in tuple(self.by_run.items()):
                if execution.run.is_final and not execution.still_works:
                    self.release(run_id)
                elif execution.dirty and not execution.run.is_final:
                    execution.dirty = False
                    self._ledger.save(execution.snapshot())
