"""Twenty clients ask for the catalogue at the same moment, and it was never filled: one refresh has to be enough."""

import json
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from figures import Figure, Measured
from processes import Api, make_token, manager
from vintagestory_api.access.roles import Role
from vintagestory_sandbox.upstream import start_upstream

CLIENTS = 20
_FILL_SECONDS = 60.0


def measure(*, quick: bool) -> Measured:
    mods = 300 if quick else 5000
    # With the job on, it begins at the first start by itself; with the job off, the clients' questions begin it.
    told = {name: _ask_at_once(mods, interval) for name, interval in (("job_off", 0), ("job_on", 3600))}
    return Measured(
        [
            Figure("cold_catalogue_refreshes", max(one["refreshes"] for one in told.values()), 1, "runs"),
            Figure("cold_catalogue_list_downloads", max(one["list_downloads"] for one in told.values()), 1, "requests"),
        ],
        told,
    )


def _ask_at_once(mods: int, interval_seconds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="vsmanager-bench-") as folder, start_upstream(mods=mods) as upstream:
        data_dir = Path(folder) / "data"
        data_dir.mkdir()
        (data_dir / "api-settings.json").write_text(json.dumps({"mod_list_refresh_interval": interval_seconds}))
        with manager(data_dir, upstream.url) as served:
            api = Api(served.port, make_token(data_dir, Role.VIEWER))
            seconds, states = _clients(api)
            refreshes = len(api.get("/api/v1/runs?job_id=mod_cache_refresh")["items"])
            downloads = upstream.stats()["paths"].get("/api/mods", 0)
    return {
        "refreshes": refreshes,
        "list_downloads": downloads,
        "first_answers": {state: states.count(state) for state in sorted(set(states))},
        "seconds_until_filled": round(max(seconds), 3),
    }


def _clients(api: Api) -> tuple[list[float], list[str]]:
    """Until each of them has mods: how long that took, and the state that their first answers told."""
    seconds: list[float] = []
    states: list[str] = []
    together = threading.Barrier(CLIENTS)

    def ask() -> None:
        together.wait()
        started = time.monotonic()
        page = api.get("/api/v1/catalog/mods")
        states.append(page["state"])
        while not page["items"] and time.monotonic() - started < _FILL_SECONDS:
            time.sleep(0.05)
            page = api.get("/api/v1/catalog/mods")
        seconds.append(time.monotonic() - started)

    clients = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if len(seconds) != CLIENTS or max(seconds) >= _FILL_SECONDS:
        raise RuntimeError("the catalogue was not filled for every client")
    return seconds, states
