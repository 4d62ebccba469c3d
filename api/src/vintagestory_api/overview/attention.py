"""What needs a person, worked out from what is known anyway: a pure function, so that it can be tried without a manager."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from vintagestory_api.jobs.job_health import JobHealth, failing_since, late_since
from vintagestory_api.runs.ledger import JobHistory
from vintagestory_api.services.schedule import Interval
from vintagestory_api.services.scheduled_job import ScheduledJob

Severity = Literal["bad", "warn", "info"]
ActionKind = Literal["page", "run_job", "resume_job", "reset_settings"]

#: Data that nobody brought up to date for so long is worth a word, even where its job is off.
STALE_AFTER_MS: Final = 7 * 86_400_000

_SEVERITIES: Final = ("bad", "warn", "info")
_MAX_REASON: Final = 500
_MAX_NAMED: Final = 3


@dataclass(frozen=True)
class Action:
    """What a page can offer to do: open the page `target`, or do something with the job `target`."""

    kind: ActionKind
    target: str


@dataclass(frozen=True)
class Attention:
    """Something that needs a person. The `id` stays the same while it lasts. `since` in UTC milliseconds, None where it is
    not known. `server_id`: of an alert, the server that it is about."""

    id: str
    severity: Severity
    title: str
    text: str
    since: int | None = None
    action: Action | None = None
    server_id: str | None = None


@dataclass(frozen=True)
class JobFacts:
    """A job, how it does, and the upstream that it asks."""

    id: str
    title: str
    health: JobHealth
    registered: ScheduledJob | None
    history: JobHistory
    upstream: str | None = None


@dataclass(frozen=True)
class UpstreamFacts:
    id: str
    name: str
    is_failing: bool
    failures: int
    failing_since: int | None
    data_updated_at: int | None


@dataclass(frozen=True)
class ShortageFacts:
    """Disk or memory of a game server run short. `shared`: the same for all servers that want for the same thing."""

    kind: str
    is_urgent: bool
    text: str
    since: int | None
    shared: str | None = None


@dataclass(frozen=True)
class ServerFacts:
    """A game server. `is_busy`: an operation is under way, or a restart is planned. `failure`: why it ended although nobody asked
    for that, or did not start, and when. `setup_failed`: what was to be done to it ended, and it is not set up."""

    id: str
    name: str
    state: str
    is_wanted: bool
    is_busy: bool
    hung_since: int | None = None
    failure: str | None = None
    failed_at: int | None = None
    gave_up: bool = False
    setup_failed: bool = False
    problem: str | None = None
    shortages: tuple[ShortageFacts, ...] = ()


@dataclass(frozen=True)
class AlertFacts:
    """An alert that is open. `subject`: the server or the job that it is about."""

    id: str
    kind: str
    severity: str
    subject: str
    title: str
    text: str
    since: int
    action: str | None
    is_acknowledged: bool = False
    server_id: str | None = None


#: Kind of an alert → what is said here anyway, each with the alert's subject.
_SAID_ANYWAY: Final[Mapping[str, tuple[str, ...]]] = {
    "job_failing": ("job_failing", "job_paused"),
    "job_missed": ("job_late", "job_failing", "job_paused"),
    "job_paused": ("job_paused",),
    "server_crashed": ("server_crashed", "server_down", "server_gave_up", "server_not_set_up"),
    "server_failed_to_start": ("server_crashed", "server_down", "server_gave_up", "server_not_set_up"),
    "server_gave_up": ("server_gave_up", "server_not_set_up"),
    "server_hung": ("server_hung",),
    "disk_low": ("server_disk_low",),
    "memory_high": ("server_memory_high",),
}
_SEVERITY_OF_ALERT: Final[Mapping[str, Severity]] = {"critical": "bad", "warning": "warn", "info": "info"}

#: Code of a problem → its title, and what can be done about it here.
_PROBLEMS: Final[Mapping[str, tuple[str, Action | None]]] = {
    "database_unreadable": ("The database can't be read", None),
    "ledger_unavailable": ("Runs can't be recorded", Action("page", "/runs")),
    "settings_broken": ("The settings file can't be used", Action("reset_settings", "settings")),
    "scheduler_not_running": ("The scheduler does not run", Action("page", "/jobs")),
}


def find_attention(
    *,
    problems: Iterable[Mapping[str, str]],
    problems_since: Mapping[str, int | None],
    jobs: Iterable[JobFacts],
    upstreams: Iterable[UpstreamFacts],
    servers: Iterable[ServerFacts] = (),
    alerts: Iterable[AlertFacts] = (),
    contact_is_missing: bool,
    now_ms: int,
) -> list[Attention]:
    """Everything that needs a person, the worst first; of the same weight, the newest first."""
    jobs, servers = list(jobs), list(servers)
    found = [_problem(problem, problems_since.get(problem["code"])) for problem in problems]
    found += [item for job in jobs if (item := _job(job)) is not None]
    for upstream in upstreams:
        job = next((job for job in jobs if job.upstream == upstream.id), None)
        found += _upstream(upstream, job, now_ms)
    for server in servers:
        found += _server(server)
    found += _shortages(servers)
    said = {item.id for item in found}
    found += [_alert(alert) for alert in alerts if not alert.is_acknowledged and not _is_said(alert, said)]
    if contact_is_missing:
        found.append(
            Attention(
                "no_contact",
                "info",
                "No contact is set",
                "The operators of the mod database and the version service can't reach you if something goes wrong. "
                "Name a mail address or a web page.",
                action=Action("page", "/settings"),
            )
        )
    return sorted(found, key=_place)


def _place(item: Attention) -> tuple[int, bool, int]:
    return _SEVERITIES.index(item.severity), item.since is not None, -(item.since or 0)


def _problem(problem: Mapping[str, str], since: int | None) -> Attention:
    title, action = _PROBLEMS.get(problem["code"], ("Something is wrong with the manager", None))
    return Attention(f"problem:{problem['code']}", "bad", title, problem["message"], since, action)


def _job(job: JobFacts) -> Attention | None:
    match job.health:
        case "failing":
            return _failing(job)
        case "late":
            since = late_since(job.registered, job.history) if job.registered else None
            text = "Its last run is more than two intervals ago. Run it now, or look at its runs."
            return Attention(f"job_late:{job.id}", "warn", f"Late: {job.title}", text, since, Action("run_job", job.id))
        case "paused":
            reason = (job.registered.paused_reason if job.registered else None) or ""
            by = f"Paused by {job.history.paused_by}" if job.history.paused_by else "Paused"
            text = f"{by}: {_short(reason)}"
            action = Action("resume_job", job.id)
            return Attention(f"job_paused:{job.id}", "info", f"Paused: {job.title}", text, job.history.paused_at, action)
        case _:
            return None


def _failing(job: JobFacts) -> Attention:
    latest = job.history.latest
    error: Any = (latest.error or {}).get("message") if latest else None
    text = {
        "timed_out": "The last run took too long and was ended.",
        "lost": "The manager died during the last run.",
    }.get(latest.state if latest else "", "The last run failed.")
    if error:
        text = _short(str(error))
    return Attention(
        f"job_failing:{job.id}", "bad", f"Failed: {job.title}", text, failing_since(job.history), Action("run_job", job.id)
    )


def _upstream(upstream: UpstreamFacts, job: JobFacts | None, now_ms: int) -> Iterator[Attention]:
    if upstream.is_failing:
        text = (
            f"{upstream.failures} attempts in a row failed, so it is left alone for a while and then tried again by itself. "
            "What was fetched before stays in use."
        )
        action = Action("page", f"/jobs/{job.id}") if job else None
        yield Attention(
            f"upstream:{upstream.id}", "warn", f"{upstream.name} does not answer", text, upstream.failing_since, action
        )
    elif job is not None and job.health not in {"failing", "late"} and _is_stale(upstream, job, now_ms):
        text = "The data that it gave have not been brought up to date for more than a week."
        yield Attention(
            f"stale:{upstream.id}",
            "warn",
            f"Old data: {job.title}",
            text,
            upstream.data_updated_at,
            Action("run_job", job.id),
        )


def _server(server: ServerFacts) -> Iterator[Attention]:
    action = Action("page", f"/servers/{server.id}")
    if server.hung_since is not None:
        text = "It runs, but has stopped answering. If it does not recover, restart it; kill it where a stop does not help."
        yield Attention(f"server_hung:{server.id}", "bad", f"Hangs: {server.name}", text, server.hung_since, action)
    if server.problem is not None:
        yield Attention(f"server_problem:{server.id}", "bad", f"Out of reach: {server.name}", server.problem, None, action)
    if server.setup_failed:
        text = "It could not be set up. Its last run says why; start it to try again."
        yield Attention(f"server_not_set_up:{server.id}", "warn", f"Not set up: {server.name}", text, None, action)
    elif (down := _down(server, action)) is not None:
        yield down


def _shortages(servers: Iterable[ServerFacts]) -> Iterator[Attention]:
    """What several servers want for is told once."""
    found: dict[tuple[str, str], list[tuple[ServerFacts, ShortageFacts]]] = {}
    for server in servers:
        for short in server.shortages:
            found.setdefault((short.kind, short.shared or f"server {server.id}"), []).append((server, short))
    for (kind, shared), concerned in found.items():
        title = {"disk_low": "Disk runs short", "memory_high": "Memory runs short"}.get(kind, "Something runs short")
        names = [server.name for server, _ in concerned]
        is_one = len(names) == 1
        worst = next((short for _, short in concerned if short.is_urgent), concerned[0][1])
        yield Attention(
            f"server_{kind}:{concerned[0][0].id}" if is_one else f"servers_{kind}:{shared}",
            "bad" if worst.is_urgent else "warn",
            f"{title}: {_listed(names)}",
            _short(worst.text),
            min((short.since for _, short in concerned if short.since is not None), default=None),
            Action("page", f"/servers/{concerned[0][0].id}" if is_one else "/servers"),
        )


def _down(server: ServerFacts, action: Action) -> Attention | None:
    """It does not run, and should."""
    if not server.is_wanted or server.state not in {"stopped", "crashed", "failed_to_start"}:
        return None
    why = _short(server.failure or "Nobody knows why.")
    if server.gave_up:
        text = f"It ended too often in a short time, so it is not started again by itself. {why}"
        return Attention(f"server_gave_up:{server.id}", "bad", f"Left alone: {server.name}", text, server.failed_at, action)
    title = {"crashed": "Crashed", "failed_to_start": "Did not start"}.get(server.state, "Not running")
    if server.is_busy:
        text = f"{why} It is started again by itself."
        return Attention(f"server_crashed:{server.id}", "warn", f"{title}: {server.name}", text, server.failed_at, action)
    text = f"{why} It should run, and is not started again by itself."
    return Attention(f"server_down:{server.id}", "bad", f"{title}: {server.name}", text, server.failed_at, action)


def _is_said(alert: AlertFacts, said: set[str]) -> bool:
    return any(f"{name}:{alert.subject}" in said for name in _SAID_ANYWAY.get(alert.kind, ()))


def _alert(alert: AlertFacts) -> Attention:
    action = Action("page", alert.action) if alert.action else None
    severity = _SEVERITY_OF_ALERT.get(alert.severity, "warn")
    return Attention(f"alert:{alert.id}", severity, alert.title, _short(alert.text), alert.since, action, alert.server_id)


def _is_stale(upstream: UpstreamFacts, job: JobFacts, now_ms: int) -> bool:
    if upstream.data_updated_at is None:
        return False
    schedule = job.registered.schedule if job.registered else None
    allowed = max(STALE_AFTER_MS, 2 * schedule.every_ms) if isinstance(schedule, Interval) else STALE_AFTER_MS
    return now_ms - upstream.data_updated_at > allowed


def _listed(names: list[str]) -> str:
    """Some of them by name, so that a heading stays one."""
    if len(names) <= _MAX_NAMED:
        return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{', '.join(names[: _MAX_NAMED - 1])} and {len(names) - _MAX_NAMED + 1} more servers"


def _short(text: str) -> str:
    return text if len(text) <= _MAX_REASON else f"{text[:_MAX_REASON]}…"
