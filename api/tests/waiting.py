"""Waits for what should happen, with a deadline, instead of sleeping and hoping."""

import asyncio
import time
from collections.abc import Callable

from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.services.run_records import RunRecord


async def until(holds: Callable[[], object], seconds: float = 30.0, what: str = "") -> None:
    """Return as soon as `holds()` is true; fail after so many `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {seconds} s: {what or holds}")
        await asyncio.sleep(0.005)


def wait_until(holds: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """As `until`, where no event loop runs."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for: {what}"
        time.sleep(0.02)


async def ended(ledger: RunsLedger, run_id: str, seconds: float = 30.0) -> RunRecord:
    """The run as it is stored once it has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        await ledger.flush()
        run = await ledger.get(run_id)
        if run is not None and run.is_final:
            return run
        await asyncio.sleep(0.01)
    raise AssertionError(f"the run did not end within {seconds} s: {run}")


async def recorded(ledger: RunsLedger, job_id: str = "job") -> list[RunRecord]:
    """What is stored of a job, oldest first."""
    await ledger.flush()
    return (await ledger.list_runs(job_id=job_id, limit=500))[::-1]


async def until_recorded(
    ledger: RunsLedger, holds: Callable[[list[RunRecord]], object], job_id: str = "job", seconds: float = 30.0
) -> list[RunRecord]:
    """What is stored of a job, as soon as `holds` is true of it."""
    deadline = time.monotonic() + seconds
    while not holds(runs := await recorded(ledger, job_id)):
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {seconds} s; recorded: {runs}")
        await asyncio.sleep(0.01)
    return runs
