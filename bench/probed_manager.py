"""The manager as `vsmanager serve` runs it, with a probe in its event loop. What it saw goes to the file BENCH_PROBE_FILE."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from loop_probe import LoopProbe
from vintagestory_api import server
from vintagestory_api.config import ProcessSettings, read_process_settings
from vintagestory_api.main import create_app


def main() -> int:
    probe = LoopProbe()

    def create_probed_app(settings: ProcessSettings) -> FastAPI:
        app = create_app(settings)
        lifespan = app.router.lifespan_context

        @contextlib.asynccontextmanager
        async def watched(app: FastAPI) -> AsyncIterator[Any]:
            watching = asyncio.create_task(probe.watch())
            async with lifespan(app) as state:
                yield state
            watching.cancel()

        app.router.lifespan_context = watched
        return app

    server.create_app = create_probed_app  # type: ignore[attr-defined,assignment] # the one place where it can get in
    try:
        return server.serve(read_process_settings())
    finally:
        Path(os.environ["BENCH_PROBE_FILE"]).write_text(json.dumps(probe.gaps))


if __name__ == "__main__":
    sys.exit(main())
