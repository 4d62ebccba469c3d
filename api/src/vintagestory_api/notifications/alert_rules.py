"""What needs somebody and what is over: pure functions from events and facts to signals."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from vintagestory_api.events import BackupMade, ModUpdateFound, ServerNoted, UpdateEnded
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.notifications.records import AlertRecord, Notice, NoticePhase
from vintagestory_api.notifications.schemas import NoticeKind, Severity

FAILED_STATES: Final = frozenset({"failed", "timed_out", "lost"})
#: Job ids of schedules that people made begin so.
SCHEDULE_PREFIX: Final = "schedule:"
#: Behind that id: what an alert is about when the schedule can't run at all.
_BROKEN: Final = ":broken"
WEIGHTS: Final[Mapping[Severity, int]] = {"info": 0, "warning": 1, "critical": 2}

_UNTRIED: Final = "Don't rely on that backup until a drill goes well: look at the last one."
_MAX_WORDS: Final = 600
_HOUR_MS: Final = 3_600_000
#: How a server may be down.
_DOWN: Final[tuple[NoticeKind, ...]] = ("server_crashed", "server_failed_to_start", "server_gave_up")


@dataclass(frozen=True)
class Raise:
    """Something needs somebody. `counts`: it happened once more; else it only still is so."""

    kind: NoticeKind
    subject: str
    severity: Severity
    title: str
    text: str
    server_id: str | None = None
    job_id: str | None = None
    action: str | None = None
    counts: bool = True

    @property
    def key(self) -> str:
        return key_of(self.kind, self.subject)


@dataclass(frozen=True)
class Close:
    """It is over, where it was open. `quietly`: what it was about is gone, so nobody is told."""

    key: str
    quietly: bool = False


@dataclass(frozen=True)
class Tell:
    """It happened, and needs nobody."""

    kind: NoticeKind
    severity: Severity
    title: str
    text: str
    server_id: str | None = None
    action: str | None = None


Signal = Raise | Close | Tell


def key_of(kind: NoticeKind, subject: str) -> str:
    return f"{kind}:{subject}"


# From signals to alerts and notices


Outcome = tuple[AlertRecord | None, Notice | None]


def applied(signal: Signal, present: AlertRecord | None, name: str | None, now_ms: int) -> Outcome:
    """The alert as it is to be stored, and what is to be told; None for each where nothing is. `name`: of the server."""
    if isinstance(signal, Tell):
        told = Notice(signal.kind, signal.severity, signal.title, signal.text, now_ms, server_id=signal.server_id)
        return None, replace(told, server_name=name, action=signal.action)
    if isinstance(signal, Close):
        return _closed(signal, present, name, now_ms)
    if present is not None:
        return _again(signal, present, name, now_ms)
    raised = AlertRecord(
        key=signal.key,
        kind=signal.kind,
        severity=signal.severity,
        title=signal.title,
        text=signal.text,
        opened_at=now_ms,
        last_at=now_ms,
        server_id=signal.server_id,
        job_id=signal.job_id,
        action=signal.action,
    )
    return raised, notice_of(raised, "new", name, now_ms)


def _closed(signal: Close, present: AlertRecord | None, name: str | None, now_ms: int) -> Outcome:
    if present is None:
        return None, None
    closed = replace(present, closed_at=now_ms)
    return closed, None if signal.quietly else notice_of(closed, "over", name, now_ms)


def _again(signal: Raise, present: AlertRecord, name: str | None, now_ms: int) -> Outcome:
    """It is told again only when it has become worse; then whoever has seen it before has to look again."""
    if not signal.counts and signal.severity == present.severity:
        return None, None
    again = replace(
        present,
        severity=signal.severity,
        title=signal.title,
        text=signal.text,
        last_at=now_ms if signal.counts else present.last_at,
        count=present.count + signal.counts,
    )
    if WEIGHTS[signal.severity] <= WEIGHTS[present.severity]:
        return again, None
    worse = replace(again, acknowledged_at=None, acknowledged_by=None)
    return worse, notice_of(worse, "new", name, now_ms)


def notice_of(alert: AlertRecord, phase: NoticePhase, name: str | None, now_ms: int) -> Notice:
    text = "It is over." if phase == "over" else alert.text
    return Notice(
        alert.kind,
        alert.severity,
        alert.title,
        text,
        now_ms,
        key=alert.key,
        phase=phase,
        server_id=alert.server_id,
        server_name=name,
        action=alert.action,
        more=alert.count - 1,
    )


# Servers


@dataclass(frozen=True)
class ShortageState:
    kind: NoticeKind
    is_urgent: bool
    text: str


@dataclass(frozen=True)
class ServerState:
    """A server as it is. `is_settled`: it was watched long enough for what is not seen not to be there."""

    id: str
    name: str
    state: str
    is_wanted: bool
    is_hung: bool
    gave_up: bool
    failure: str | None
    shortages: tuple[ShortageState, ...] = ()
    is_settled: bool = True


def of_note(event: ServerNoted, name: str) -> Iterator[Signal]:
    """From what entered the timeline of a server."""
    server, page = event.server_id, f"/servers/{event.server_id}"
    match event.kind:
        case "crashed":
            yield _crashed(server, name, _words(event.details, "summary"))
        case "failed_to_start":
            yield _failed_to_start(server, name, _words(event.details, "why", "text"))
        case "gave_up":
            count = event.details.get("crashes")
            yield _gave_up(server, name, f"It ended {count} times in a short time." if count else "It ended too often.")
        case "hung":
            yield _hung(server, name)
        case "answers_again":
            yield Close(key_of("server_hung", server))
        case "ready":
            yield from (Close(key_of(kind, server)) for kind in (*_DOWN, "server_hung"))
            yield Tell("server_started", "info", f"{name} is up", "Players can join.", server, page)
        case "stopped" | "killed":
            yield Close(key_of("server_hung", server))
            text = _words(event.details, "text") or "It was stopped."
            yield Tell("server_stopped", "info", f"{name} is down", text, server, page)
        case "restored":
            yield Close(key_of("update_failed", server))
        case "restore_failed" if not event.details.get("cancelled"):
            text = _words(event.details, "text") or "Nobody knows why."
            yield Tell("restore_failed", "warning", f"No restore of {name}", text, server, f"{page}/backups/restores")
        case "backup_failed" if event.details.get("drill"):
            text = f"{_words(event.details, 'text') or 'Nobody knows why.'} {_UNTRIED}"
            yield _of(server, "drill_failed", "critical", f"Restore drill failed: {name}", text, page="/backups", counts=True)
        case "backup_failed":
            why = _words(event.details, "text") or "Nobody knows why."
            text = f"{why} The next one is tried as planned; look at its run."
            yield _of(server, "backup_failed", "warning", f"No backup of {name}", text, page="/backups", counts=True)


def of_server(server: ServerState) -> Iterator[Signal]:
    """From a server as it is: what no event told, because the manager was away, and what came without one."""
    if server.is_hung:
        yield _hung(server.id, server.name, counts=False)
    elif server.state in {"stopped", "crashed", "failed_to_start"} or server.is_settled:
        yield Close(key_of("server_hung", server.id))
    if server.state == "running" or not server.is_wanted:
        yield from (Close(key_of(kind, server.id)) for kind in _DOWN)
    elif server.gave_up:
        yield _gave_up(server.id, server.name, server.failure or "It ended too often.", counts=False)
    elif server.state == "crashed":
        yield _crashed(server.id, server.name, server.failure, counts=False)
    elif server.state == "failed_to_start":
        yield _failed_to_start(server.id, server.name, server.failure, counts=False)
    short = {shortage.kind for shortage in server.shortages}
    for shortage in server.shortages:
        what = "Disk" if shortage.kind == "disk_low" else "Memory"
        severity: Severity = "critical" if shortage.is_urgent else "warning"
        yield _of(server.id, shortage.kind, severity, f"{what} runs short: {server.name}", shortage.text)
    if server.is_settled:
        kinds: tuple[NoticeKind, ...] = ("disk_low", "memory_high")
        yield from (Close(key_of(kind, server.id)) for kind in kinds if kind not in short)


def _of(
    server: str, kind: NoticeKind, severity: Severity, title: str, text: str, *, page: str = "", counts: bool = False
) -> Raise:
    return Raise(kind, server, severity, title, text, server, action=f"/servers/{server}{page}", counts=counts)


def _crashed(server: str, name: str, why: str | None, *, counts: bool = True) -> Raise:
    text = f"{why or 'Nobody knows why.'} It is started again by itself, unless that happens too often."
    return _of(server, "server_crashed", "warning", f"{name} crashed", text, counts=counts)


def _failed_to_start(server: str, name: str, why: str | None, *, counts: bool = True) -> Raise:
    text = f"{why or 'Nobody knows why.'} Its console tells more."
    return _of(server, "server_failed_to_start", "critical", f"{name} did not start", text, counts=counts)


def _gave_up(server: str, name: str, why: str, *, counts: bool = True) -> Raise:
    text = f"{why} It is left alone now: look at its console, then start it."
    return _of(server, "server_gave_up", "critical", f"{name} stays down", text, counts=counts)


def _hung(server: str, name: str, *, counts: bool = True) -> Raise:
    text = "It runs, but has stopped answering. If it does not recover, restart it; kill it where a stop does not help."
    return _of(server, "server_hung", "critical", f"{name} hangs", text, counts=counts)


# Backups, updates, mods


@dataclass(frozen=True)
class BackupFacts:
    """What is known of the backups of a server. Times in UTC milliseconds; `made_at`: since when there is the server at all."""

    server_id: str
    name: str
    made_at: int
    last_good_at: int | None
    ran_since: bool
    offsite_problem: str | None = None
    offsite_is_overdue: bool = False
    drill_failed: bool = False


def of_backup(event: BackupMade, name: str) -> Iterator[Signal]:
    server = event.server_id
    yield Close(key_of("backup_failed", server))
    if event.world == "damaged":
        text = (
            "The world in the newest backup is damaged, and so perhaps is the world that is played. Older backups are kept. "
            "Look at the backups, and restore the newest sound one if the game shows errors."
        )
        yield _of(server, "backup_damaged", "critical", f"Damaged world: {name}", text, page="/backups", counts=True)
    else:
        yield Close(key_of("backup_damaged", server))
        yield Close(key_of("backup_overdue", server))


def of_backup_facts(facts: BackupFacts, *, overdue_hours: int, now_ms: int) -> Iterator[Signal]:
    server, name = facts.server_id, facts.name
    last_good = f"since {_day(facts.last_good_at)}" if facts.last_good_at is not None else "yet"
    since = facts.last_good_at if facts.last_good_at is not None else facts.made_at
    is_overdue = bool(overdue_hours) and facts.ran_since and now_ms - since > overdue_hours * _HOUR_MS
    found: tuple[tuple[NoticeKind, Severity, bool, str, str], ...] = (
        (
            "backup_overdue",
            "warning",
            is_overdue,
            f"Backup overdue: {name}",
            f"It ran, and has had no good backup {last_good}. Back it up now, and look whether backups are scheduled.",
        ),
        (
            "offsite_failed",
            "warning",
            facts.offsite_problem is not None,
            f"No copy elsewhere: {name}",
            f"Backups could not be copied elsewhere: {facts.offsite_problem}",
        ),
        (
            "offsite_overdue",
            "warning",
            facts.offsite_is_overdue,
            f"Copy overdue: {name}",
            "The newest good copy elsewhere is older than it may be. Look whether the place can be reached.",
        ),
        (
            "drill_failed",
            "critical",
            facts.drill_failed,
            f"Restore drill failed: {name}",
            f"The newest backup was to be restored beside to try it, and that failed. {_UNTRIED}",
        ),
    )
    for kind, severity, holds, title, text in found:
        yield _of(server, kind, severity, title, text, page="/backups") if holds else Close(key_of(kind, server))


def of_update(event: UpdateEnded, name: str) -> Iterator[Signal]:
    server = event.server_id
    match event.outcome:
        case "updated":
            yield Close(key_of("update_failed", server))
            yield Close(key_of("update_went_back", server))
            yield Tell("update_done", "info", f"{name} was updated", event.text, server, f"/servers/{server}/updates")
        case "went_back":
            yield Close(key_of("update_failed", server), quietly=True)
            title = f"Update taken back: {name}"
            yield _of(server, "update_went_back", "warning", title, event.text, page="/updates", counts=True)
        case "failed" if not event.was_cancelled:
            severity: Severity = "critical" if event.is_half_done else "warning"
            yield _of(server, "update_failed", severity, f"Update failed: {name}", event.text, page="/updates", counts=True)


def of_available(server: str, name: str, new: str | None) -> Iterator[Signal]:
    """`new`: what could be installed, in words; None when there is nothing."""
    if new is None:
        yield Close(key_of("update_available", server), quietly=True)
    else:
        yield _of(server, "update_available", "info", f"Update for {name}", new, page="/updates")


def of_mod_update(event: ModUpdateFound, name: str) -> Iterator[Signal]:
    server, text = event.server_id, f"{event.modid} {event.version} is out; {event.installed} is installed."
    yield Tell("mod_update_available", "info", f"Mod update for {name}", text, server, f"/servers/{server}/mods")


# Jobs and schedules


@dataclass(frozen=True)
class JobState:
    """A job of the timetable as it is. `expected`: when its next tick was, in an earlier look; `last_tick`: its latest."""

    id: str
    title: str
    is_paused: bool
    is_running: bool
    last_tick: int | None
    expected: int | None


def of_run(job_id: str, title: str, run: Mapping[str, Any], streak: int, *, failures: int) -> Iterator[Signal]:
    """From a run that has ended. `streak`: so many have failed one after the other up to now."""
    is_schedule = job_id.startswith(SCHEDULE_PREFIX)
    server = run.get("server_id")
    if run["state"] not in FAILED_STATES:
        yield Close(key_of("schedule_failed" if is_schedule else "job_failing", job_id))
    elif is_schedule:
        page = f"/servers/{server}/schedules" if server else "/runs"
        text = f"{_why(run)} Its run tells more."
        yield Raise("schedule_failed", job_id, "warning", f"Failed: {title}", text, server, job_id, page)
    elif streak >= failures:
        often = "It failed" if streak == 1 else f"It failed {streak} times in a row, the last time so"
        text = f"{often}: {_why(run)}"
        yield Raise("job_failing", job_id, "warning", f"Fails: {title}", text, None, job_id, f"/jobs/{job_id}")


def of_missed(job: JobState, *, grace_ms: int, now_ms: int) -> Iterator[Signal]:
    """A tick that lies back for longer than the grace, and nothing came of it: no run, no skip, no note that it was missed."""
    if job.expected is None or job.is_paused or job.is_running or (job.last_tick or 0) >= job.expected:
        return
    if now_ms - job.expected >= grace_ms:
        yield missed(job.id, job.title, None, f"It was due at {_day(job.expected)}, and nothing ran.")


@dataclass(frozen=True)
class BrokenSchedule:
    """It is turned on and can't run as it is, such as one in a zone that does not exist (any more)."""

    job_id: str
    title: str
    server_id: str
    why: str


def of_broken_schedules(broken: Iterable[BrokenSchedule], open_keys: Iterable[str]) -> Iterator[Signal]:
    hold = {f"{one.job_id}{_BROKEN}": one for one in broken}
    for subject, one in hold.items():
        text = f"{one.why} It does nothing until somebody mends it; turn it off where it is not needed any more."
        page = f"/servers/{one.server_id}/schedules"
        title = f"Can't run: {one.title}"
        yield Raise("schedule_failed", subject, "warning", title, text, one.server_id, one.job_id, page, counts=False)
    for key in open_keys:
        kind, _, subject = key.partition(":")
        if kind == "schedule_failed" and subject.endswith(_BROKEN) and subject not in hold:
            yield Close(key)


def missed(job_id: str, title: str, server_id: str | None, text: str) -> Raise:
    action = f"/servers/{server_id}/schedules" if server_id else f"/jobs/{job_id}"
    text = f"{text} Run it now, or wait for its next time."
    return Raise("job_missed", job_id, "warning", f"Did not run: {title}", text, server_id, job_id, action, counts=False)


def paused(job_id: str, title: str, streak: int, server_id: str | None = None) -> Raise:
    text = f"It failed {streak} times in a row, so it was paused. Mend the cause, then resume it."
    action = f"/servers/{server_id}/schedules" if server_id else f"/jobs/{job_id}"
    return Raise("job_paused", job_id, "critical", f"Paused: {title}", text, server_id, job_id, action)


def streak_of(states: Iterable[str]) -> int:
    """How many failures came one after the other; states of ended runs, newest first."""
    count = 0
    for state in states:
        if state not in FAILED_STATES:
            break
        count += 1
    return count


def _why(run: Mapping[str, Any]) -> str:
    error = run.get("error")
    if isinstance(error, Mapping) and error.get("message"):
        text = _short(str(error["message"]))
        return text if text.endswith((".", "!", "?", "…")) else f"{text}."
    return {"timed_out": "It took too long and was ended.", "lost": "The manager died meanwhile."}.get(
        str(run["state"]), "It did not say why."
    )


def _words(details: Mapping[str, Any], *names: str) -> str | None:
    return next((_short(str(details[name])) for name in names if details.get(name)), None)


def _short(text: str) -> str:
    return text if len(text) <= _MAX_WORDS else f"{text[:_MAX_WORDS]}…"


def _day(at_ms: int) -> str:
    return (rfc3339(at_ms) or "")[:16].replace("T", " ") + " UTC"
