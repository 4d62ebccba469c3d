"""Sees to it that the last steps of runs that an earlier manager left are done."""

from functools import partial

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.schedules.around import Around
from vintagestory_api.schedules.chain import Chains
from vintagestory_api.schedules.records import Debt
from vintagestory_api.schedules.run_waiting import wait_for_run
from vintagestory_api.schedules.steps import timeout_of
from vintagestory_api.services.run_execution import JobPolicy
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.scheduler import AlreadyRunning

log = structlog.get_logger(__name__)

_SLACK_SECONDS = 600


class Debts:
    def __init__(self, around: Around, chains: Chains) -> None:
        self._around = around
        self._chains = chains

    async def pay(self, debt: Debt) -> None:
        """As a run of its own. Returns when that has ended, or can't be begun."""
        log.info("schedule_last_steps_begun", schedule=debt.schedule_id, run=debt.run_id, server=debt.server_id)
        try:
            await self._ended((await self._begun(debt)).id)
        except ManagerError as error:
            log.warning("schedule_last_steps_not_done", schedule=debt.schedule_id, error=error.message)

    async def _begun(self, debt: Debt) -> RunRecord:
        seconds = sum(timeout_of(step) for step in debt.steps) + _SLACK_SECONDS
        policy = JobPolicy(title=debt.name, timeout_seconds=seconds, ends_with_manager=True)
        work = partial(self._chains.pay, debt)
        while True:
            try:
                return await self._around.scheduler().run_now(
                    debt.job_id, work, trigger="event", server_key=debt.server_id, policy=policy
                )
            except AlreadyRunning as busy:
                # Somebody was quicker and runs it, or it owes the last steps of another run as well.
                await self._ended(str(busy.extra["run_id"]))

    async def _ended(self, run_id: str) -> None:
        around = self._around
        await wait_for_run(run_id, bus=around.bus, ledger=around.ledger, scheduler=around.scheduler())
