"""Everything for Prometheus, put together anew at each question: what is gone leaves no series behind.

Importing this module imports prometheus_client, so it is imported at the first question.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from vintagestory_api import __version__
from vintagestory_api.backups.schemas import BackupState
from vintagestory_api.manager import Manager
from vintagestory_api.metrics.counts import Counts
from vintagestory_api.metrics.measured import SampledServer
from vintagestory_api.metrics.metrics import Metrics
from vintagestory_api.servers.schemas import ServerState

_SCHEDULER_STATES = ("running", "paused", "stopping", "stopped")
_SERVER_STATES = get_args(ServerState)


def render(manager: Manager, *, accept: str, loop_lag_seconds: float, backups: Sequence[BackupState] = ()) -> tuple[bytes, str]:
    """The whole answer and its content type, in the format that `accept` asks for."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_ManagerCollector(manager, loop_lag_seconds, backups))
    encode, content_type = choose_encoder(accept)
    body: bytes = encode(registry)
    return body, content_type


class _ManagerCollector(Collector):
    def __init__(self, manager: Manager, loop_lag_seconds: float, backups: Sequence[BackupState]) -> None:
        self._manager = manager
        self._backups = backups
        self._loop_lag_seconds = loop_lag_seconds

    def collect(self) -> Iterator[Metric]:
        manager = self._manager
        metrics = manager.metrics
        yield from _of_manager(manager, self._loop_lag_seconds)
        yield from _of_scheduler(manager)
        yield from _of_jobs(manager, metrics.counts)
        yield from _of_upstreams(manager.upstream_states())
        yield from _of_servers(list(manager.servers.all()), metrics)
        yield from _of_backups(self._backups, manager.clock.now_ms())


def _of_manager(manager: Manager, loop_lag_seconds: float) -> Iterator[Metric]:
    yield InfoMetricFamily("vsmanager_build", "The program that answers.", value={"version": __version__})
    yield _one("vsmanager_start_time_seconds", "When the manager was started, since 1970.", manager.started_ms / 1000)
    yield _one("vsmanager_ready", "1 while the manager can do its work.", manager.is_ready)
    yield _one("vsmanager_problems", "How many things are wrong with the manager itself.", len(manager.problems()))
    yield _one("vsmanager_event_loop_lag_seconds", "How long other work kept this answer waiting.", loop_lag_seconds)
    memory, cpu_seconds = _own_use()
    if memory is not None:
        yield _one("vsmanager_resident_memory_bytes", "Memory of the manager, without games.", memory)
    yield CounterMetricFamily("vsmanager_cpu_seconds", "CPU time of the manager, without games.", value=cpu_seconds)


def _of_scheduler(manager: Manager) -> Iterator[Metric]:
    scheduler = manager.scheduler
    state = GaugeMetricFamily("vsmanager_scheduler_state", "1 for the state that the scheduler is in.", labels=["state"])
    for name in _SCHEDULER_STATES:
        state.add_metric([name], scheduler.status == name)
    yield state
    yield _one("vsmanager_scheduler_jobs", "How many jobs are registered.", scheduler.job_count)


def _of_jobs(manager: Manager, counts: Counts) -> Iterator[Metric]:
    running = GaugeMetricFamily("vsmanager_job_running", "1 while a run of the job is under way.", labels=["job"])
    next_run = GaugeMetricFamily("vsmanager_job_next_run_timestamp_seconds", "When the job is due, since 1970.", labels=["job"])
    running_ids = set(manager.scheduler.running_job_ids())
    for job in manager.scheduler.get_jobs():
        running.add_metric([job.id], job.id in running_ids)
        if (due := job.next_run_time) is not None:
            next_run.add_metric([job.id], due.timestamp())
    succeeded = GaugeMetricFamily(
        "vsmanager_job_last_success_timestamp_seconds", "When a run of the job last succeeded, since 1970.", labels=["job"]
    )
    for job_id, ended_ms in sorted(manager.history.succeeded_at.items()):
        succeeded.add_metric([job_id], ended_ms / 1000)
    runs = CounterMetricFamily("vsmanager_runs", "Runs that have ended since the manager was started.", labels=["job", "state"])
    for (job_id, state), count in sorted(counts.runs.items()):
        runs.add_metric([job_id, state], count)
    yield from (running, next_run, succeeded, runs)


def _of_upstreams(states: Iterable[Mapping[str, Any]]) -> Iterator[Metric]:
    labels = ["upstream"]
    up = GaugeMetricFamily("vsmanager_upstream_up", "0 while the service is left alone after failures.", labels=labels)
    failures = GaugeMetricFamily("vsmanager_upstream_failures", "Failures in a row.", labels=labels)
    requests = CounterMetricFamily("vsmanager_upstream_requests", "Requests since the manager was started.", labels=labels)
    age = GaugeMetricFamily("vsmanager_upstream_data_age_seconds", "Age of what it said.", labels=labels)
    for state in states:
        name = [state["id"]]
        up.add_metric(name, state["state"] == "closed")
        failures.add_metric(name, state["failures"])
        requests.add_metric(name, state["requests_made"])
        if state["data_age_seconds"] is not None:
            age.add_metric(name, state["data_age_seconds"])
    yield from (up, failures, requests, age)


def _of_servers(servers: list[SampledServer], metrics: Metrics) -> Iterator[Metric]:
    state = GaugeMetricFamily("vsmanager_server_state", "1 for the state that the server is in.", labels=["server", "state"])
    up = GaugeMetricFamily("vsmanager_server_up", "1 while players can join.", labels=["server"])
    starts = CounterMetricFamily("vsmanager_server_starts", "Starts since the manager was started.", labels=["server"])
    crashes = CounterMetricFamily("vsmanager_server_crashes", "Crashes since the manager was started.", labels=["server"])
    short = GaugeMetricFamily(
        "vsmanager_server_shortage", "1 while the disk or the memory runs short.", labels=["server", "kind"]
    )
    for server in servers:
        up.add_metric([server.id], server.state == "running")
        starts.add_metric([server.id], metrics.counts.starts[server.id])
        crashes.add_metric([server.id], metrics.counts.crashes[server.id])
        for name in _SERVER_STATES:
            state.add_metric([server.id, name], server.state == name)
    for found in metrics.shortages():
        short.add_metric([found.server_id, found.shortage.kind], 1)
    yield from (state, up, starts, crashes, short)
    yield from _resources([server.id for server in servers], metrics)


def _resources(server_ids: list[str], metrics: Metrics) -> Iterator[Metric]:
    """A measure that is not known has no series, rather than a zero that would be believed."""
    for name, help_text, divisor, field in (
        ("players", "Players who are on.", 1, "players"),
        ("cpu_cores", "Cores that the game keeps busy.", 100, "cpu_percent"),
        ("resident_memory_bytes", "Memory of the game and of what it started.", 1, "memory_bytes"),
        ("memory_limit_bytes", "Above so much memory the game ends itself.", 1, "memory_limit_bytes"),
        ("disk_bytes", "What the folder of the server takes.", 1, "disk_bytes"),
        ("disk_free_bytes", "Free space on the disk of the server.", 1, "disk_free_bytes"),
        ("disk_limit_bytes", "Below so much free space the game ends itself.", 1, "disk_limit_bytes"),
        ("tick_seconds", "Average time of a tick, of the last two seconds.", 1000, "tick_ms"),
    ):
        family = GaugeMetricFamily(f"vsmanager_server_{name}", help_text, labels=["server"])
        for server_id in server_ids:
            if (value := getattr(metrics.now(server_id), field)) is not None:
                family.add_metric([server_id], value / divisor)
        yield family
    players_max = GaugeMetricFamily("vsmanager_server_players_max", "Players who can be on at one time.", labels=["server"])
    managed = GaugeMetricFamily("vsmanager_server_managed_memory_bytes", "What the game's .NET heap takes.", labels=["server"])
    for server_id in server_ids:
        if (most := metrics.players_max(server_id)) is not None:
            players_max.add_metric([server_id], most)
        if (held := metrics.managed_memory_bytes(server_id)) is not None:
            managed.add_metric([server_id], held)
    yield from (players_max, managed)


def _of_backups(states: Sequence[BackupState], now_ms: int) -> Iterator[Metric]:
    """A server without a good backup has no age, and counts none."""
    age = GaugeMetricFamily("vsmanager_backup_last_good_age_seconds", "Age of the newest backup that counts.", labels=["server"])
    size = GaugeMetricFamily("vsmanager_backup_last_good_bytes", "Size of the newest backup that counts.", labels=["server"])
    count = GaugeMetricFamily("vsmanager_backups", "How many backups of the server there are.", labels=["server"])
    taken = GaugeMetricFamily("vsmanager_backups_bytes", "What the backups of the server take together.", labels=["server"])
    for state in states:
        name = [state.server_id]
        count.add_metric(name, state.count)
        taken.add_metric(name, state.total_bytes)
        if (good := state.last_good) is not None:
            made = datetime.fromisoformat(good.made_at)
            age.add_metric(name, max(0.0, now_ms / 1000 - made.timestamp()))
            size.add_metric(name, good.size_bytes)
    yield from (age, size, count, taken)


def _one(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=float(value))


def _own_use() -> tuple[int | None, float]:
    """Resident memory in bytes, None where the system does not tell; CPU seconds."""
    times = os.times()
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no path of ours
            memory = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        memory = None
    return memory, times.user + times.system
