"""The alert rules and the dashboard in deploy/ ask for what `/metrics` really tells, name by name and label by label."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.backups.kept import made, with_world
from tests.servers.games import LONG, House
from vintagestory_api.events import RunChanged, StatsAnswered
from vintagestory_api.metrics.metrics import ServerShortage
from vintagestory_api.metrics.shortages import Shortage
from vintagestory_api.servers.schemas import ServerState

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "vsmanager.json").read_text())
RULES = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]
SCRAPE = yaml.safe_load((DEPLOY / "prometheus" / "scrape.yml").read_text())

#: Of every scrape; Prometheus itself adds them.
OF_PROMETHEUS = {"up": {"job", "instance"}}


def questions() -> Iterator[tuple[str, str]]:
    """Each expression with the text that shows its labels."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"], target["legendFormat"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield re.sub(r"label_values\((\w+), (\w+)\)", r"sum by (\2) (\1)", variable["query"]["query"]), ""
    for rule in RULES:
        yield rule["expr"], json.dumps(rule["annotations"])


@pytest.fixture
def told(house: House, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Name of each series → its labels, of a manager that has something to tell of everything."""
    app = house.app
    server_id = house.create()["id"]
    with_world(house, server_id)
    made(house, server_id)
    house.does(server_id, "start")
    app.until(lambda: app.get(f"/servers/{server_id}/metrics"), _is_measured, LONG)
    answer = ("Players online: 2 / 16 (a, b)", "Last 2s Average Tick Time: 12.5 ms", "Memory usage Managed/Total: 300Mb / 500 Mb")
    app.in_loop(lambda: app.manager.bus.publish(StatsAnswered(server_id, answer)))
    app.in_loop(lambda: app.manager.bus.publish(RunChanged("mod_cache_refresh", "succeeded", 5, _RUN)))
    app.manager.metrics._measured[server_id].disk_bytes = 5  # is looked at seldom
    short = ServerShortage(server_id, "One", Shortage("disk_low", True, "The disk is nearly full."), 0, None)
    monkeypatch.setattr(app.manager.metrics, "shortages", lambda: [short])
    monkeypatch.setattr(app.manager, "upstream_states", lambda: [_UPSTREAM])
    text = app._client.get("/metrics", headers=app._headers).text
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def _is_measured(found: Any) -> bool:
    return all(found["now"][name] is not None for name in ("cpu_percent", "memory_bytes"))


_RUN: dict[str, Any] = {"id": "a run", "server_id": None}
_UPSTREAM: dict[str, Any] = {
    "id": "mod_database",
    "state": "closed",
    "failures": 0,
    "requests_made": 1,
    "data_age_seconds": 5,
}


def test_every_metric_and_label_that_is_asked_for_is_told(told: dict[str, set[str]]) -> None:
    asked = list(questions())
    assert len(asked) > 25
    for expression, shown in asked:
        names = set(re.findall(r"\b(?:vsmanager_\w+|up)\b", re.sub(r"\{[^}]*\}", "", expression)))
        assert names, expression
        assert names <= told.keys() | OF_PROMETHEUS, expression
        labels = set().union(*(told.get(name, set()) | OF_PROMETHEUS.get(name, set()) for name in names))
        wanted = set(re.findall(r"[{,]\s*(\w+)\s*(?:=~|!~|!=|=)", expression))
        for group in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression):
            wanted |= {label.strip() for label in group.split(",")}
        wanted |= set(re.findall(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}", shown))
        assert wanted <= labels, expression
    left_down = next(rule["expr"] for rule in RULES if rule["alert"] == "GameServerLeftDown")
    assert set(left_down.split('"')[1].split("|")) <= set(get_args(ServerState))


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    assert DASHBOARD["uid"] == "vsmanager"
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in DASHBOARD["panels"])
    assert all(panel["datasource"]["uid"] == "${datasource}" for panel in DASHBOARD["panels"] if panel["type"] != "row")


def test_the_scrape_asks_with_a_token_from_a_file() -> None:
    (job,) = SCRAPE["scrape_configs"]
    assert job["job_name"] == "vsmanager"
    assert job.get("metrics_path", "/metrics") == "/metrics"
    assert set(job["authorization"]) == {"credentials_file"}


def test_every_rule_says_how_urgent_it_is_and_what_it_means() -> None:
    for rule in RULES:
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"]
