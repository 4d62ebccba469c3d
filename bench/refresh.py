"""Refreshes of the catalogue: the first one, one that finds nothing new, one in which every mod changed.

Meanwhile a probe in the manager's event loop, and somebody who asks for /healthz from outside, see whether it is held up.
"""

import contextlib
import http.client
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from figures import Figure, Measured
from processes import PROBED_MANAGER, Api, Served, make_token, manager
from vintagestory_api.access.roles import Role
from vintagestory_sandbox.upstream import start_upstream

_ASK_EVERY_SECONDS = 0.005


def measure(*, quick: bool) -> Measured:
    repeats = 1 if quick else 5
    with (
        tempfile.TemporaryDirectory(prefix="vsmanager-bench-") as folder,
        start_upstream(mods=300 if quick else 5000) as upstream,
    ):
        data_dir, gaps_file = Path(folder) / "data", Path(folder) / "gaps.json"
        runs: dict[str, list[dict[str, Any]]] = {}
        with (
            manager(data_dir, upstream.url, command=PROBED_MANAGER, BENCH_PROBE_FILE=str(gaps_file)) as served,
            asking(served) as answers,
        ):
            api = Api(served.port, make_token(data_dir, Role.OPERATOR))
            api.wait_for_catalogue()
            runs["first"] = [api.get("/api/v1/runs?job_id=mod_cache_refresh")["items"][-1]]
            modids = list(_all_ids(api))
            upstream.reset()
            runs["unchanged"] = [api.run_job("mod_cache_refresh") for _ in range(repeats)]
            requests = upstream.stats()["total"] / repeats
            runs["all_changed"] = []
            for number in range(repeats):
                upstream.change_mods(change=[{"modid": modid, "downloads": 1_000_000 + number} for modid in modids])
                runs["all_changed"].append(api.run_job("mod_cache_refresh"))
        gaps = [tuple(gap) for gap in json.loads(gaps_file.read_text())]
    told = {kind: _tell(of_kind, gaps, answers) for kind, of_kind in runs.items()}
    blocked = max(kind["loop_blocked_ms"] for kind in told.values())
    return Measured(
        [
            Figure("unchanged_refresh_requests", requests, 3, "requests"),
            Figure("refresh_loop_blocked_ms", blocked, 50, "ms"),
        ],
        {"mods": upstream.mods, "outside_refreshes_loop_gap_ms": _outside(runs, gaps), **told},
    )


@contextlib.contextmanager
def asking(served: Served) -> Iterator[list[tuple[int, float]]]:
    """Ask for /healthz all the time; gives (UTC milliseconds, latency in ms) of each answer."""
    answers: list[tuple[int, float]] = []
    over = threading.Event()

    def ask() -> None:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)) as connection:
            while not over.wait(_ASK_EVERY_SECONDS):
                started = time.perf_counter()
                connection.request("GET", "/healthz")
                connection.getresponse().read()
                answers.append((time.time_ns() // 1_000_000, round((time.perf_counter() - started) * 1000, 2)))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield answers
    finally:
        over.set()
        thread.join()


def _tell(runs: list[dict[str, Any]], gaps: list[tuple[Any, ...]], answers: list[tuple[int, float]]) -> dict[str, Any]:
    """What happened between start and end of these runs."""
    spans = [_span(run) for run in runs]
    during = [gap for gap in gaps if any(start <= gap[0] - gap[1] and gap[0] - gap[1] <= end for start, end in spans)]
    latencies = [latency for at, latency in answers if any(start <= at <= end for start, end in spans)]
    return {
        "seconds": [round((end - start) / 1000, 3) for start, end in spans],
        "loop_gap_ms": max((gap[1] for gap in during), default=0.0),
        "loop_blocked_ms": round(max((gap[1] - gap[2] for gap in during), default=0.0), 2),
        "healthz_max_ms": max(latencies, default=0.0),
        "report": runs[-1]["report"],
    }


def _outside(runs: dict[str, list[dict[str, Any]]], gaps: list[tuple[Any, ...]]) -> float:
    """The longest gap after the first refresh and outside all: what a busy machine does to a manager that does nothing."""
    spans = [_span(run) for of_kind in runs.values() for run in of_kind]
    quiet = [gap for gap in gaps if gap[0] > spans[0][1] and not any(start <= gap[0] <= end + gap[1] for start, end in spans)]
    return max((gap[1] for gap in quiet), default=0.0)


def _span(run: dict[str, Any]) -> tuple[int, int]:
    """Start and end in UTC milliseconds."""
    start, end = (round(datetime.fromisoformat(run[name]).timestamp() * 1000) for name in ("started_at", "ended_at"))
    return start, end


def _all_ids(api: Api) -> Iterator[int]:
    cursor: str | None = ""
    while cursor is not None:
        parameters = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
        page = api.get(f"/api/v1/catalog/mods?{urlencode(parameters)}")
        yield from (item["id"] for item in page["items"])
        cursor = page["next_cursor"]
