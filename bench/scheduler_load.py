"""What 1,000 jobs of 60 s cost, each run recorded."""

from figures import Figure, Measured
from timetable import run_timetable


def measure(*, quick: bool) -> Measured:
    jobs, seconds, warm_up_seconds = (1000, 1.0, 1.5) if quick else (1000, 120.0, 5.0)
    told = run_timetable(jobs=jobs, every_seconds=60, seconds=seconds, warm_up_seconds=warm_up_seconds)
    return Measured([Figure("scheduler_cpu_percent", told["cpu_percent"], 5, "% of one core")], told)
