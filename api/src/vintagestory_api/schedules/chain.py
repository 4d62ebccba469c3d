"""One run of a schedule: waits while players are on, then does step after step, and the last ones whatever happens."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.kit.redaction import redact
from vintagestory_api.schedules.around import Around
from vintagestory_api.schedules.conditions import Facts, after_waiting, reason_to_skip, waiting_words, waits_until, zone_of
from vintagestory_api.schedules.facts import FactFinder
from vintagestory_api.schedules.in_store import in_store
from vintagestory_api.schedules.records import Debt, ScheduleRecord
from vintagestory_api.schedules.run_waiting import LOOK_SECONDS, changes
from vintagestory_api.schedules.schemas import Step
from vintagestory_api.schedules.sentences import span, step_words
from vintagestory_api.schedules.steps import Steps, timeout_of
from vintagestory_api.services.run_context import RunContext, current_run
from vintagestory_api.services.scheduled_job import Skip

log = structlog.get_logger(__name__)

#: A debt that was begun anew so often without an end is given up: it might be what takes the manager down.
MAX_ATTEMPTS = 3

Outcome = Literal["ok", "not_needed", "failed", "timed_out", "cancelled", "left_out"]


class ChainFailed(ManagerError):
    code = "schedule_failed"


@dataclass
class StepReport:
    """What became of one step. `run_id`: of the operation that did it."""

    do: str
    sentence: str
    outcome: Outcome
    is_finally: bool
    seconds: float | None = None
    run_id: str | None = None
    note: str | None = None


@dataclass
class _Progress:
    """What a run says of itself: which step it is at, and what that one waits for."""

    context: RunContext | None
    total: int
    done: int = 0
    said: str = ""

    def begin(self, sentence: str) -> None:
        self.said = f"Step {self.done + 1} of {self.total}: {sentence}"
        self._report(self.said)

    def tell(self, words: str) -> None:
        self._report(f"{self.said} – {words}")

    def _report(self, words: str) -> None:
        if self.context is not None and self.context.message != words:
            self.context.report_progress(self.done / max(1, self.total), words)


@dataclass
class Chains:
    """Runs chains, and knows which of them must be left as they are because the manager ends."""

    around: Around
    facts: FactFinder
    is_closing: bool = False
    _last_parts: set[asyncio.Task[None]] = field(default_factory=set)

    async def close(self) -> None:
        """What is left to do is done by the next manager."""
        self.is_closing = True
        for task in tuple(self._last_parts):
            task.cancel()

    # Runs

    async def run(self, record: ScheduleRecord) -> None:
        """The work of one run of a schedule; its outcome goes to the run's context."""
        context = current_run.get()
        if not self._was_asked_for(context) and (skip := await self._wait_for_players(record)) is not None:
            if context is not None:
                context.skip(skip.reason)
                context.report_progress(None, skip.message or skip.reason)
            return
        debt = self._debt(record, context)
        if debt is not None:
            await in_store(self.around.database, lambda store: store.owe(debt))
        progress = _Progress(context, len(record.body.steps) + len(record.body.finally_))
        reports: list[StepReport] = []
        steps = self._steps(record.server_id, record.name, progress)
        ended = await self._main_part(record, steps, progress, reports)
        if debt is not None and not (isinstance(ended, asyncio.CancelledError) and self._is_shutdown(context)):
            cancelled = await self._last_part(debt, steps, progress, reports, context)
            ended = ended if isinstance(ended, asyncio.CancelledError) else cancelled or ended
        _conclude(context, reports, ended, record.body.timeout_seconds)

    async def pay(self, debt: Debt) -> None:
        """Do the last steps of a run that an earlier manager could not bring to its end."""
        context = current_run.get()
        if debt.attempts >= MAX_ATTEMPTS:
            await in_store(self.around.database, lambda store: store.settle(debt.run_id))
            raise ChainFailed(
                f"The last steps of {debt.name!r} were begun {debt.attempts} times and never ended. See to the server."
            )
        again = Debt(debt.run_id, debt.schedule_id, debt.server_id, debt.name, debt.since, debt.steps, debt.attempts + 1)
        await in_store(self.around.database, lambda store: store.owe(again))
        reports: list[StepReport] = []
        progress = _Progress(context, len(debt.steps))
        steps = self._steps(debt.server_id, debt.name, progress)
        cancelled = await self._last_part(again, steps, progress, reports, context)
        if context is not None:
            context.report_progress(1.0, "The last steps of a run that was cut off with the manager")
        _conclude(context, reports, cancelled, None, last_steps_of=debt.run_id)

    def _was_asked_for(self, context: RunContext | None) -> bool:
        run = self.around.scheduler().running_run(context.run_id) if context is not None else None
        return run is None or run.trigger == "manual"

    def _is_shutdown(self, context: RunContext | None) -> bool:
        return self.is_closing or (context is not None and context.cancel_cause == "shutdown")

    def _debt(self, record: ScheduleRecord, context: RunContext | None) -> Debt | None:
        if not record.body.finally_ or context is None:
            return None
        now = self.around.clock.now_ms()
        return Debt(context.run_id, record.id, record.server_id, record.name, now, tuple(record.body.finally_))

    # Before the first step

    async def _wait_for_players(self, record: ScheduleRecord) -> Skip | None:
        """As long as players are on and the schedule allows; then look once more whether it may run."""
        body, began = record.body, self.around.clock.now_ms()
        if not body.conditions.defer_minutes:
            return None
        context, waited = current_run.get(), False
        async with changes(self.around.bus, lambda event: getattr(event, "server_id", None) == record.server_id) as changed:
            while True:
                facts: Facts = self.facts.at_a_glance(record.server_id)
                until = waits_until(body.conditions, facts, began)
                if until is None:
                    break
                waited = True
                if context is not None:
                    context.report_progress(None, waiting_words(facts.online, until, zone_of(body)))
                await changed(LOOK_SECONDS)
        skip = after_waiting(body.conditions, facts)
        if skip is None and waited:
            skip = reason_to_skip(body, await self.facts.of(record.server_id, body.conditions))
        return skip

    # Steps

    async def _main_part(
        self, record: ScheduleRecord, steps: Steps, progress: _Progress, reports: list[StepReport]
    ) -> BaseException | None:
        """Returns what it ended with: nothing, a timeout, or a cancellation."""
        body = record.body
        limit = asyncio.timeout(body.timeout_seconds)
        try:
            async with limit:
                await self._do_all(body.steps, steps, progress, reports, is_finally=False)
        except TimeoutError as error:
            if not limit.expired():
                raise
            return error
        except asyncio.CancelledError as error:
            return error
        finally:
            done = sum(not report.is_finally for report in reports)
            reports += [_left_out(step, is_finally=False) for step in body.steps[done:]]
            progress.done = len(body.steps)
        return None

    async def _last_part(
        self, debt: Debt, steps: Steps, progress: _Progress, reports: list[StepReport], context: RunContext | None
    ) -> asyncio.CancelledError | None:
        """The steps that come whatever happens: a cancellation does not reach them, except at the end of the manager."""

        async def do_them() -> None:
            await self._do_all(debt.steps, steps, progress, reports, is_finally=True)
            await in_store(self.around.database, lambda store: store.settle(debt.run_id))

        task = asyncio.create_task(do_them())
        self._last_parts.add(task)
        task.add_done_callback(self._last_parts.discard)
        cancelled: asyncio.CancelledError | None = None
        with (context or RunContext("", "")).until_done():
            while not task.done():
                try:
                    await asyncio.wait({task})
                except asyncio.CancelledError as error:
                    cancelled = error
                    if self.is_closing:
                        task.cancel()
        if task.cancelled():
            return cancelled or asyncio.CancelledError()
        task.result()
        return cancelled

    def _steps(self, server_id: str, name: str, progress: _Progress) -> Steps:
        return Steps(self.around, server_id, f"schedule {name}", progress.tell)

    async def _do_all(
        self, wanted: Sequence[Step], steps: Steps, progress: _Progress, reports: list[StepReport], *, is_finally: bool
    ) -> None:
        is_stopped = False
        for step in wanted:
            if is_stopped:
                reports.append(_left_out(step, is_finally=is_finally))
            else:
                report = await self._do(step, steps, progress, reports, is_finally=is_finally)
                is_stopped = report.outcome in {"failed", "timed_out"} and step.on_failure == "stop" and not is_finally
            progress.done += 1

    async def _do(
        self, step: Step, steps: Steps, progress: _Progress, reports: list[StepReport], *, is_finally: bool
    ) -> StepReport:
        report = StepReport(step.do, step_words(step), "ok", is_finally)
        reports.append(report)
        progress.begin(report.sentence)
        clock, allowed = self.around.clock, timeout_of(step)
        began = clock.monotonic()
        limit = asyncio.timeout(allowed)
        try:
            async with limit:
                done = await steps.do(step)
            report.outcome = "ok" if done.was_needed else "not_needed"
            report.note, report.run_id = done.note, done.run_id
        except asyncio.CancelledError:
            report.outcome = "cancelled"
            raise
        except TimeoutError as error:
            report.outcome = "timed_out" if limit.expired() else "failed"
            report.note = f"It was not done within {span(allowed)}." if limit.expired() else str(error)
        except ManagerError as error:
            report.outcome, report.note = "failed", redact(error.message)
        except Exception as error:
            log.exception("schedule_step_failed", step=step.do)
            report.outcome = "failed"
            report.note = f"An error inside the manager ({type(error).__name__}); its log says more."
        finally:
            report.seconds = round(clock.monotonic() - began, 1)
            report.run_id = report.run_id or steps.run_id
            log.info("schedule_step_ended", step=step.do, outcome=report.outcome, seconds=report.seconds, note=report.note)
        return report


def _left_out(step: Step, *, is_finally: bool) -> StepReport:
    return StepReport(step.do, step_words(step), "left_out", is_finally)


def _conclude(
    context: RunContext | None,
    reports: list[StepReport],
    ended: BaseException | None,
    timeout_seconds: int | None,
    *,
    last_steps_of: str | None = None,
) -> None:
    """Hand the outcome to the run. A step that failed makes the run a failed one, also where the others were done.
    `last_steps_of`: of that run these were only the end."""
    report: dict[str, Any] = {"steps": [asdict(step) for step in reports]}
    if last_steps_of is not None:
        report["last_steps_of"] = last_steps_of
    bad = [(number, step) for number, step in enumerate(reports, 1) if step.outcome in {"failed", "timed_out"}]
    if context is not None:
        context.report = report
    if isinstance(ended, asyncio.CancelledError):
        raise ended
    if context is None:
        return
    if isinstance(ended, TimeoutError):
        context.time_out(f"Its steps were not done within {span(timeout_seconds or 0)}.")
    elif bad:
        number, step = bad[0]
        more = f" So did {len(bad) - 1} more." if len(bad) > 1 else ""
        context.fail(ChainFailed(f"Step {number} ({step.sentence}) failed: {step.note}{more}"))
    else:
        context.succeed(report)
