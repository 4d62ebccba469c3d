"""From the start of the process to the first 200 on /healthz, on a data folder that exists."""

from figures import Figure, Measured, median
from processes import bare_app, manager, stocked


def measure(*, quick: bool) -> Measured:
    rounds = 1 if quick else 11
    bare_seconds: list[float] = []
    manager_seconds: list[float] = []
    with stocked(200 if quick else 5000) as stock:
        for _ in range(rounds + 1):
            with bare_app() as served:
                bare_seconds.append(served.seconds_to_answer)
            with manager(stock.data_dir, stock.upstream.url) as served:
                manager_seconds.append(served.seconds_to_answer)
    # The first of each may still write byte code.
    del bare_seconds[0], manager_seconds[0]
    bare, ours = median(bare_seconds), median(manager_seconds)
    return Measured(
        [Figure("cold_start_ratio", round(ours / bare, 2), 2.5, "times bare")],
        {
            "bare_seconds": round(bare, 3),
            "manager_seconds": round(ours, 3),
            "bare_all": [round(seconds, 3) for seconds in bare_seconds],
            "manager_all": [round(seconds, 3) for seconds in manager_seconds],
        },
    )
