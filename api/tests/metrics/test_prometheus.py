"""What Prometheus is told."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.apps import App
from tests.servers.games import LONG, House
from vintagestory_api.events import RunChanged, ServerChanged, StatsAnswered
from vintagestory_api.jobs import DEFAULT_JOBS

Found = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def ask(app: App, **headers: str) -> httpx2.Response:
    answer: httpx2.Response = app._client.get("/metrics", headers={**app._headers, **headers})
    return answer


def read(app: App) -> Found:
    """Name and labels of each series, with its value."""
    answer = ask(app)
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def names(found: Found) -> set[str]:
    return {name for name, _ in found}


def test_the_manager_its_jobs_and_the_services_it_asks_are_told_of(app: App) -> None:
    app.in_loop(lambda: app.manager.bus.publish(RunChanged("mod_cache_refresh", "succeeded", 5, {})))
    found = read(app)
    assert found["vsmanager_ready", ()] == 1
    assert found["vsmanager_start_time_seconds", ()] > 1_700_000_000
    assert found["vsmanager_resident_memory_bytes", ()] > 10_000_000
    assert found["vsmanager_scheduler_state", (("state", "running"),)] == 1
    assert found["vsmanager_scheduler_state", (("state", "stopped"),)] == 0
    assert found["vsmanager_scheduler_jobs", ()] == len(DEFAULT_JOBS)
    assert found["vsmanager_runs_total", (("job", "mod_cache_refresh"), ("state", "succeeded"))] == 1
    assert found["vsmanager_job_running", (("job", "server_versions_check"),)] == 0
    assert found["vsmanager_upstream_up", (("upstream", "mod_database"),)] == 1
    assert {"vsmanager_build_info", "vsmanager_cpu_seconds_total", "vsmanager_event_loop_lag_seconds"} <= names(found)


def test_every_name_is_ours_and_every_label_an_id(app: App) -> None:
    found = read(app)
    assert {name for name in names(found) if not name.startswith("vsmanager_")} == set()
    labels = {label for _, labels in found for label, _ in labels}
    assert labels <= {"version", "state", "job", "upstream", "server", "kind"}


def test_it_needs_a_token(app: App) -> None:
    answer = app._client.get("/metrics")
    assert answer.status_code == 401


def test_a_viewer_s_token_as_bearer_is_enough(app: App) -> None:
    made = app.ask("POST", "/tokens", json={"name": "prometheus", "role": "viewer"}).json()
    answer = app._client.get("/metrics", headers={"Authorization": f"Bearer {made['token']}"})
    assert answer.status_code == 200


def test_the_format_is_the_one_that_is_asked_for(app: App) -> None:
    plain = ask(app)
    assert plain.headers["content-type"].startswith("text/plain; version=")
    assert plain.text.startswith("# HELP vsmanager_")
    newer = ask(app, Accept="application/openmetrics-text; version=1.0.0")
    assert newer.headers["content-type"].startswith("application/openmetrics-text")
    assert newer.text.endswith("# EOF\n")


def test_asking_again_doubles_nothing(app: App) -> None:
    assert read(app).keys() == read(app).keys()


def test_every_name_is_documented_and_no_other(app: App) -> None:
    told = set(re.findall(r"^# HELP (\S+)", ask(app).text, re.MULTILINE))
    page = (Path(__file__).resolve().parents[3] / "docs" / "deployment.md").read_text()
    table = page.split("\n## Prometheus\n")[1].split("| Names |")[1].split("\n\n")[0]
    assert set(re.findall(r"`(vsmanager_\w+)", table)) == told


def test_nobody_pays_for_it_who_does_not_ask() -> None:
    """The library takes a tenth of a second to import."""
    code = "import sys, vintagestory_api.main; sys.exit(any(name.startswith('prometheus_client') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False, timeout=60).returncode == 0


@pytest.fixture
def server_id(house: House) -> str:
    """A server that runs."""
    found: str = house.create()["id"]
    house.does(found, "start")
    return found


def test_a_game_that_runs_is_measured_and_told_of(house: House, server_id: str) -> None:
    app, me = house.app, ("server", server_id)
    series = app.until(
        lambda: app.get(f"/servers/{server_id}/metrics"), lambda found: found["now"]["cpu_percent"] is not None, LONG
    )
    now = series["now"]
    assert now["memory_bytes"] > 5_000_000
    assert now["disk_free_bytes"] > 0
    assert (now["disk_limit_bytes"], now["memory_limit_bytes"]) == (400 * 1024 * 1024, 50_000 * 1024 * 1024)
    assert series["range"] == "24h"
    assert [value for value in series["memory_bytes"] if value is not None], "the first minute is kept at once"
    answer = ("Players online: 2 / 16 (a, b)", "Last 2s Average Tick Time: 12.5 ms", "Memory usage Managed/Total: 300Mb / 500 Mb")
    app.in_loop(lambda: app.manager.bus.publish(StatsAnswered(server_id, answer)))

    found = read(app)
    assert found["vsmanager_server_up", (me,)] == 1
    assert found["vsmanager_server_state", (me, ("state", "running"))] == 1
    assert found["vsmanager_server_state", (me, ("state", "crashed"))] == 0
    assert found["vsmanager_server_starts_total", (me,)] == 1
    assert found["vsmanager_server_crashes_total", (me,)] == 0
    assert found["vsmanager_server_players", (me,)] == 2
    assert found["vsmanager_server_players_max", (me,)] == 16
    assert found["vsmanager_server_tick_seconds", (me,)] == 0.0125
    assert found["vsmanager_server_managed_memory_bytes", (me,)] == 300 * 1024 * 1024
    assert found["vsmanager_server_resident_memory_bytes", (me,)] > 5_000_000
    assert "vsmanager_server_cpu_cores" in names(found)

    house.does(server_id, "stop")
    app.in_loop(lambda: app.manager.bus.publish(ServerChanged(server_id)))
    found = read(app)
    assert found["vsmanager_server_up", (me,)] == 0
    assert found["vsmanager_server_state", (me, ("state", "stopped"))] == 1


def test_the_game_itself_tells_how_it_does(house: House, server_id: str) -> None:
    """Its own answer to the question that is asked once a minute, and here at once."""
    app = house.app
    asked = app.in_loop(lambda: app.manager.servers.get(server_id).commands.ask("/stats", is_probe=True, timeout_seconds=LONG))
    lines = tuple(line.text for line in asked.lines)  # type: ignore[attr-defined] # the portal waits for it
    app.in_loop(lambda: app.manager.bus.publish(StatsAnswered(server_id, lines)))
    now = app.get(f"/servers/{server_id}/metrics", range="7d")["now"]
    assert now["players"] == 0
    assert now["tick_ms"] > 0


def test_measurements_of_no_server_are_refused(app: App) -> None:
    app.refused("GET", "/servers/nowhere/metrics", 404, "server_not_found")
    app.refused("GET", "/servers/nowhere/metrics?range=1y", 422, "invalid_request")
