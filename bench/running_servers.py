"""What each running game server costs in memory, and how long a killed manager's successor takes to have ten of them again."""

import os
import signal
import time
from pathlib import Path

import psutil

from figures import Figure, Measured, median
from games import Field, game_field, wait_for
from processes import Api

_MB = 1_000_000
#: More than a console and a keeper keep, so that they are as large as they get.
_LINES = 60_000


def measure(*, quick: bool) -> Measured:
    count, settle_seconds, attachments = (2, 0.2, 1) if quick else (10, 10.0, 5)
    ids = [f"bench-{number}" for number in range(count)]
    with game_field() as field:
        with field.manager() as (served, api):
            time.sleep(settle_seconds)
            for server_id in ids[:1]:  # what the first one brings is not what the next ones cost
                _make_full(field, api, server_id)
            time.sleep(settle_seconds)
            with_one = _rss_mb(served.pid)
            for server_id in ids[1:]:
                _make_full(field, api, server_id)
            time.sleep(settle_seconds)
            with_all = _rss_mb(served.pid)
            keepers = [_rss_mb(field.keeper(server_id)["keeper_pid"]) for server_id in ids]
            peaks = [_peak_mb(field.keeper(server_id)["keeper_pid"]) for server_id in ids]
            os.kill(served.pid, signal.SIGKILL)
        attached = [_attach(field, ids) for _ in range(attachments)]
    each = round((with_all - with_one) / max(1, count - 1), 2)
    return Measured(
        [
            Figure("keeper_rss_mb", max(keepers), 20, "MB"),
            Figure("manager_mb_per_server", each, 3, "MB"),
            Figure("attach_seconds", round(median(attached), 3), 1, "s"),
        ],
        {
            "servers": count,
            "lines_each": _LINES,
            "keeper_rss_mb": keepers,
            "keeper_peak_mb": peaks,
            "manager_rss_mb": {"with_one": with_one, "with_all": with_all},
            "attach_seconds": [round(one, 3) for one in attached],
        },
    )


def _make_full(field: Field, api: Api, server_id: str) -> None:
    """A server whose console and whose keeper hold as much as they keep."""
    field.make_server(api, server_id)
    field.order(server_id, flood=_LINES)
    last = f"/api/v1/servers/{server_id}/console?last=1"
    wait_for(lambda: api.get(last)["lines"], lambda lines: lines and f"flood {_LINES} of" in lines[0]["text"], "the flood")


def _attach(field: Field, ids: list[str]) -> float:
    """Seconds from the first answer of a new manager until all servers run again, as it says. It is killed then."""
    with field.manager() as (served, api):
        ready = time.perf_counter()
        wait_for(
            lambda: api.get("/api/v1/servers")["items"],
            lambda servers: [server["state"] for server in servers] == ["running"] * len(ids),
            "all servers",
        )
        took = time.perf_counter() - ready
        os.kill(served.pid, signal.SIGKILL)
        return took


def _rss_mb(pid: int) -> float:
    return round(psutil.Process(pid).memory_info().rss / _MB, 1)


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return round(next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) * 1024 / _MB, 1)
