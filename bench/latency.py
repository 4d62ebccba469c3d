"""Latency and throughput of what is asked most: /healthz without a token, and the timetable of the jobs with one."""

from typing import Any

from figures import Figure, Measured
from load import Target, compare, measure_load
from processes import bare_app, manager, stocked


def measure(*, quick: bool) -> Measured:
    seconds, rounds = (0.05, 1) if quick else (0.5, 21)
    details: dict[str, Any] = {}
    figures = []
    with (
        stocked(200 if quick else 5000) as stock,
        bare_app() as bare,
        manager(stock.data_dir, stock.upstream.url) as served,
    ):
        targets = {
            "bare": Target(bare.port, ["/healthz"]),
            "healthz": Target(served.port, ["/healthz"]),
            "jobs": Target(served.port, ["/api/v1/jobs"], {"Authorization": f"Bearer {stock.token}"}),
        }
        for connections in (1, 32):
            found = measure_load(targets, connections=connections, seconds=seconds, rounds=rounds)
            compared = {name: compare(found, name) for name in targets}
            details[f"connections_{connections}"] = compared
            ratio = compared["healthz"]["per_second_ratio"]
            figures.append(Figure(f"healthz_throughput_ratio_{connections}", ratio, 0.6, "of bare", "at least"))
    return Measured(figures, details)
