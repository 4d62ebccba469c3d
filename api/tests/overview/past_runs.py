"""Runs of an earlier life, put into a data folder before the manager starts."""

import asyncio
from pathlib import Path
from typing import Any

from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.services.run_records import RunRecord, RunState


def add_runs(data_dir: Path, *runs: RunRecord) -> None:
    ledger = RunsLedger(data_dir / "vsmanager.db")
    ledger.open()

    async def add() -> None:
        for run in runs:
            await ledger.add(run)

    asyncio.run(add())
    ledger.close()


def ended(job_id: str, state: RunState, ended_at: int, **fields: Any) -> RunRecord:
    return RunRecord(job_id, "manual", ended_at - 5, state, started_at=ended_at - 5, ended_at=ended_at, **fields)
