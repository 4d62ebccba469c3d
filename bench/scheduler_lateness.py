"""How late ticks are with 200 jobs of 1 s, each run recorded."""

from figures import Figure, Measured
from timetable import run_timetable


def measure(*, quick: bool) -> Measured:
    seconds, warm_up_seconds = (1.2, 1.0) if quick else (60.0, 3.0)
    told = run_timetable(jobs=200, every_seconds=1, seconds=seconds, warm_up_seconds=warm_up_seconds)
    # A tick of each job may fall on the other side of an edge of the time that is looked at.
    missing = max(0, told["runs_expected"] - told["runs_recorded"])
    return Measured(
        [
            Figure("lateness_p99_ms", told["lateness_ms"]["p99"], 20, "ms"),
            Figure("lateness_runs_missing", missing, told["jobs"], "runs"),
        ],
        told,
    )
