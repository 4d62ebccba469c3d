"""The manager as `vsmanager serve` runs it, with a probe in its event loop. What it saw goes to the file BENCH_PROBE_FILE.

With BENCH_PUBLISH (`STREAMS EVENTS SECONDS`) it publishes so many events, one every so often, once so many live streams are open.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from loop_probe import LoopProbe
from vintagestory_api import server
from vintagestory_api.config import ProcessSettings, read_process_settings
from vintagestory_api.events import RunChanged
from vintagestory_api.main import create_app
from vintagestory_api.manager import Manager
from vintagestory_api.services.run_records import RunRecord


def main() -> int:
    probe = LoopProbe()

    def create_probed_app(settings: ProcessSettings, *, routes_later: bool) -> FastAPI:
        app = create_app(settings, routes_later=routes_later)
        lifespan = app.router.lifespan_context

        @contextlib.asynccontextmanager
        async def watched(app: FastAPI) -> AsyncIterator[Any]:
            tasks = [asyncio.create_task(probe.watch())]
            async with lifespan(app) as state:
                if wanted := os.environ.get("BENCH_PUBLISH"):
                    streams, events, every_seconds = wanted.split()
                    publishing = _publish(app.state.manager, int(streams), int(events), float(every_seconds))
                    tasks.append(asyncio.create_task(publishing))
                yield state
            for task in tasks:
                task.cancel()

        app.router.lifespan_context = watched
        return app

    server.create_app = create_probed_app  # type: ignore[attr-defined,assignment] # the one place where it can get in
    try:
        return server.serve(read_process_settings())
    finally:
        Path(os.environ["BENCH_PROBE_FILE"]).write_text(json.dumps(probe.gaps))


async def _publish(manager: Manager, streams: int, events: int, every_seconds: float) -> None:
    """Events as large as those of a real run, with the time of the system's monotonic clock."""
    while manager.live.stream_count < streams:  # noqa: ASYNC110 - nobody tells of it
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    run = RunRecord("mod_cache_refresh", "schedule", 0, "running", message="Reading the list of mods", progress=0.5)
    for _ in range(events):
        fields = {**run.public(), "published_ns": time.monotonic_ns()}
        manager.bus.publish(RunChanged(run.job_id, run.state, run.ended_at, fields))
        await asyncio.sleep(every_seconds)


if __name__ == "__main__":
    sys.exit(main())
