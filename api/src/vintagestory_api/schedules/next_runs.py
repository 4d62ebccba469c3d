"""When a schedule is due next, and what the changes of the clocks do to that; pure."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

from vintagestory_api.kit.clock import from_ms
from vintagestory_api.schedules.schemas import CronTrigger, EventTrigger, IntervalTrigger, NextRuns, ScheduleTrigger
from vintagestory_api.schedules.sentences import trigger_words
from vintagestory_api.services.schedule import Cron, Interval, Schedule, plain_fields

_NAIVE_TICKS = 2_000


def ticks_of(trigger: ScheduleTrigger, job_id: str) -> Schedule | None:
    """The times of a trigger; None for an event. Raises `InvalidCron` and `InvalidInterval`."""
    match trigger:
        case CronTrigger():
            return Cron.parse(trigger.cron, trigger.zone)
        case IntervalTrigger():
            return Interval.for_job(job_id, trigger.seconds)
        case EventTrigger():
            return None


def next_runs(trigger: ScheduleTrigger, job_id: str, now_ms: int, count: int) -> NextRuns:
    """Raises `InvalidCron`."""
    schedule = ticks_of(trigger, job_id)
    if schedule is None:
        return NextRuns(times=[], notes=[f"{trigger_words(trigger)}: nobody can tell when that is."])
    zone = ZoneInfo(trigger.zone) if isinstance(trigger, CronTrigger) and trigger.zone != "UTC" else UTC
    ticks: list[int] = []
    while len(ticks) < count:
        tick = schedule.next_after(ticks[-1] if ticks else now_ms)
        if tick is None:
            break
        ticks.append(tick)
    times = [from_ms(tick).astimezone(zone) for tick in ticks]
    notes = [] if not isinstance(schedule, Cron) or not ticks else _notes(schedule, now_ms, times)
    if isinstance(schedule, Interval):
        notes.append("The first run keeps its distance to those of others, so it does not begin on the full hour.")
    return NextRuns(times=[time.isoformat(timespec="seconds") for time in times], notes=notes)


def _notes(cron: Cron, now_ms: int, times: list[datetime]) -> list[str]:
    """What differs from a clock that is never changed: times that don't exist, and those that come twice."""
    zone = times[0].tzinfo
    if not isinstance(zone, ZoneInfo):
        return []
    notes: list[str] = []
    shown = {time.astimezone(UTC) for time in times}
    local_now = from_ms(now_ms).astimezone(zone).replace(tzinfo=None)
    last = times[-1].replace(tzinfo=None)
    plain = CronSim(plain_fields(cron.expression), local_now - timedelta(minutes=1))
    said = list(takewhile(lambda naive: naive <= last, islice(plain, _NAIVE_TICKS)))
    moved = [time for time in times if time.replace(tzinfo=None) not in set(said)]
    for naive in said:
        first, second = naive.replace(tzinfo=zone), naive.replace(tzinfo=zone, fold=1)
        if first.utcoffset() == second.utcoffset():
            continue
        day = f"{naive.day} {naive:%B}"
        real = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
        if real != naive:
            instead = next((time for time in moved if naive < time.replace(tzinfo=None) <= real), None)
            if instead is not None:
                notes.append(f"On {day} {naive:%H:%M} does not exist: runs at {instead:%H:%M}.")
        elif (first.astimezone(UTC) in shown) != (second.astimezone(UTC) in shown):
            notes.append(f"On {day} {naive:%H:%M} comes twice: runs once.")
    return list(dict.fromkeys(notes))
