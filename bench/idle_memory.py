"""Memory of the manager while nobody asks for anything: after its start, and after it has done a bit of everything."""

import time

import psutil

from figures import Figure, Measured
from processes import Api, bare_app, manager, stocked

_MB = 1_000_000
_PATHS = (
    "/healthz", "/readyz", "/openapi.json", "/api/v1/me", "/api/v1/jobs", "/api/v1/runs", "/api/v1/settings",
    "/api/v1/upstreams", "/api/v1/game-versions", "/api/v1/catalog/tags", "/api/v1/catalog/mods", "/api/v1/catalog/mods?q=the",
)  # fmt: skip


def measure(*, quick: bool) -> Measured:
    idle_seconds = 0.1 if quick else 25.0
    with stocked(200 if quick else 5000) as stock:
        with bare_app() as served:
            bare = _memory(served.pid)
        with manager(stock.data_dir, stock.upstream.url) as served:
            time.sleep(idle_seconds)
            started = _memory(served.pid)
            api = Api(served.port, stock.token)
            for _ in range(1 if quick else 20):
                for path in _PATHS:
                    api.get(path)
            for job_id in ("mod_cache_refresh", "server_versions_check"):
                api.run_job(job_id)
            mod = api.get("/api/v1/catalog/mods?limit=1")["items"][0]
            api.get(f"/api/v1/catalog/mods/{mod['id']}")
            time.sleep(idle_seconds)
            used = _memory(served.pid)
    return Measured(
        [Figure("idle_rss_mb", max(started["rss_mb"], used["rss_mb"]), 110, "MB")],
        {"idle_seconds": idle_seconds, "bare": bare, "manager_started": started, "manager_used": used},
    )


def _memory(pid: int) -> dict[str, float]:
    """Resident memory; `pss_mb`, where the system tells it, counts pages shared with other processes in part."""
    info = psutil.Process(pid).memory_full_info()
    return {"rss_mb": round(info.rss / _MB, 1), "pss_mb": round(getattr(info, "pss", info.rss) / _MB, 1)}
