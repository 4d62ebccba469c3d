"""Schedules through the API: kept, changed, refused, exported, applied. No game runs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.apps import App, data_dir_where_nothing_is_due, running_app
from tests.players.conftest import add_server
from vintagestory_api.access.offline import create_token_offline
from vintagestory_api.access.roles import Role
from vintagestory_api.errors import Conflict
from vintagestory_api.services.run_records import RunRecord

BODY: dict[str, Any] = {
    "name": "Nightly",
    "trigger": {"kind": "cron", "cron": "0 5 * * *", "zone": "Europe/Berlin"},
    "steps": [{"do": "save"}, {"do": "command", "command": "/op Anna"}],
    "finally": [{"do": "start"}],
}
NO_LAST_STEPS: dict[str, Any] = {"finally": []}


@pytest.fixture
def folder(tmp_path: Path, empty_database: Path) -> Path:
    """With two servers that do not run."""
    data_dir = data_dir_where_nothing_is_due(tmp_path / "data", empty_database)
    for server_id in ("home", "away"):
        add_server(data_dir / "vsmanager.db", server_id)
    with closing(sqlite3.connect(data_dir / "vsmanager.db")) as db, db:
        db.execute("UPDATE servers SET wanted = 'stopped', version = '1.22.7'")
    return data_dir


@pytest.fixture
def app(folder: Path) -> Iterator[App]:
    with running_app(folder) as app:
        yield app


def create(app: App, server_id: str = "home", /, **fields: Any) -> dict[str, Any]:
    answer = app.ask("POST", f"/servers/{server_id}/schedules", json={**BODY, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def fields_of(problem: dict[str, Any]) -> list[str]:
    return [error["field"] for error in problem["errors"]]


def test_a_schedule_is_kept_and_registered_and_outlives_a_restart(app: App, folder: Path) -> None:
    made = create(app)
    assert made["sentence"] == "Every day at 05:00 (Europe/Berlin): save, send /op Anna; in any case: start"
    assert made["next_run_at"] is not None
    assert (made["created_by"], made["is_running"], made["problem"], made["last_run_id"]) == ("admin", False, None, None)
    assert made["finally"] == [{"do": "start", "timeout_seconds": None, "on_failure": "stop"}]
    assert app.get("/servers/home/schedules")["items"] == [made]
    assert app.get("/servers/away/schedules")["items"] == []
    assert [job.id for job in app.manager.scheduler.get_jobs()][-1] == made["job_id"]


def test_what_an_earlier_manager_kept_is_registered_again(folder: Path) -> None:
    with running_app(folder) as first:
        made = create(first)
        create(first, "away", name="Off", enabled=False)
    with running_app(folder, token_name="second") as second:
        found = second.until(
            lambda: second.get(f"/schedules/{made['id']}"), lambda schedule: schedule["next_run_at"] is not None, 30
        )
        assert found == made
        (off,) = second.get("/servers/away/schedules")["items"]
        assert (off["enabled"], off["next_run_at"]) == (False, None)


def test_a_schedule_is_changed_turned_off_and_on_and_removed(app: App) -> None:
    made = create(app)
    path = f"/schedules/{made['id']}"
    off = app.ask("PATCH", path, json={"enabled": False}).json()
    assert (off["enabled"], off["next_run_at"]) == (False, None)
    on = app.ask("PATCH", path, json={"enabled": True}).json()
    assert on["next_run_at"] == made["next_run_at"]
    interval = {**BODY, "name": "Often", "trigger": {"kind": "interval", "seconds": 7200}}
    changed = app.ask("PATCH", path, json={"body": interval}).json()
    assert changed["sentence"].startswith("Every 2 hours: ")
    event = {**BODY, "trigger": {"kind": "event", "event": "server_ready"}}
    assert app.ask("PATCH", path, json={"body": event}).json()["next_run_at"] is None
    assert app.ask("DELETE", path).status_code == 204
    app.refused("GET", path, 404, "schedule_not_found")
    app.refused("PATCH", path, 404, "schedule_not_found", json={"enabled": True})
    assert made["job_id"] not in [job.id for job in app.manager.scheduler.get_jobs()]


def test_what_can_not_run_is_refused_at_the_edge_with_the_field(app: App) -> None:
    path = "/servers/home/schedules"
    no_zone = {**BODY, "trigger": {"kind": "cron", "cron": "0 5 * * *", "zone": "Mars/Olympus"}}
    assert fields_of(app.refused("POST", path, 422, "invalid_schedule", json=no_zone)) == ["trigger.zone"]
    never = {**BODY, "trigger": {"kind": "cron", "cron": "0 5 31 2 *"}}
    assert fields_of(app.refused("POST", path, 422, "invalid_schedule", json=never)) == ["trigger.cron"]
    app.refused("POST", path, 422, "invalid_request", json={**BODY, "trigger": {"kind": "interval", "seconds": 5}})
    app.refused("POST", path, 422, "invalid_request", json={**BODY, "surprise": 1})
    app.refused("POST", path, 422, "invalid_request", json={**BODY, "steps": []})
    app.refused("POST", "/servers/nowhere/schedules", 404, "server_not_found", json=BODY)
    made = create(app)
    taken = app.refused("POST", path, 409, "schedule_exists", json={**BODY, "name": "NIGHTLY"})
    assert fields_of(taken) == ["name"]
    refused = app.refused("PATCH", f"/schedules/{made['id']}", 422, "invalid_schedule", json={"body": no_zone})
    assert fields_of(refused) == ["body.trigger.zone"]
    app.refused("POST", f"{path}/dry-run", 422, "invalid_schedule", json=never)
    app.refused("POST", "/schedules/preview", 422, "invalid_schedule", json=never)
    create(app, "away")


def test_what_became_impossible_later_is_shown_and_never_silently_dead(folder: Path) -> None:
    with running_app(folder) as first:
        made = create(first)
    with closing(sqlite3.connect(folder / "vsmanager.db")) as db, db:
        db.execute("UPDATE schedules SET data = replace(data, 'Europe/Berlin', 'Europe/Atlantis')")
    with running_app(folder, token_name="second") as second:
        found = second.get(f"/schedules/{made['id']}")
        assert found["problem"] == "There is no time zone 'Europe/Atlantis'. Give an IANA name such as Europe/Berlin or UTC."
        assert found["next_run_at"] is None
        second.refused("GET", f"/schedules/{made['id']}/next-runs", 422, "invalid_schedule")
        second.manager.alerts.look_now()
        assert second._client.portal
        second._client.portal.call(second.manager.alerts.settled)
        (alert,) = [one for one in second.get("/alerts", open="true")["items"] if one["kind"] == "schedule_failed"]
        assert alert["title"].startswith("Can't run: Nightly")
        assert "Europe/Atlantis" in alert["text"]
        assert second.ask("PATCH", f"/schedules/{made['id']}", json={"enabled": False}).status_code == 200
        second.refused("PATCH", f"/schedules/{made['id']}", 422, "invalid_schedule", json={"enabled": True})
        assert second.ask("PATCH", f"/schedules/{made['id']}", json={"body": BODY}).json()["problem"] is None


def test_next_times_are_told_for_what_is_kept_and_what_is_not(app: App) -> None:
    made = create(app)
    known = app.get(f"/schedules/{made['id']}/next-runs", n=3)
    assert len(known["times"]) == 3
    assert all("T05:00:00+0" in time for time in known["times"])
    preview = app.ask("POST", "/schedules/preview", params={"n": 3}, json=BODY).json()
    said = {name: made[name] for name in ("sentence", "step_sentences", "finally_sentences")}
    assert preview == known | said
    assert (said["step_sentences"], said["finally_sentences"]) == (
        ["Save the world", "Send /op Anna"],
        ["Start the server, and wait until it is ready"],
    )
    begun = app.ask("POST", "/schedules/preview", json={"trigger": BODY["trigger"]}).json()
    assert begun["sentence"] == "Every day at 05:00 (Europe/Berlin): nothing yet"
    assert begun["times"][:3] == known["times"]
    assert app.get("/schedule-templates")["items"][0]["id"] == "nightly-restart"


def test_a_pause_that_failures_brought_ends_when_it_is_turned_on_again(app: App) -> None:
    made = create(app)
    scheduler = app.manager.scheduler
    assert app._client.portal
    app._client.portal.call(scheduler.pause_job, made["job_id"], "It failed 5 times.")
    paused = app.get(f"/schedules/{made['id']}")
    assert paused["problem"] == "It is paused: It failed 5 times. Turn it off and on again to let it run."
    for enabled in (False, True):
        app.ask("PATCH", f"/schedules/{made['id']}", json={"enabled": enabled})
    assert app.get(f"/schedules/{made['id']}")["problem"] is None


def test_viewers_see_no_commands(app: App, folder: Path) -> None:
    made = create(app, steps=[{"do": "command", "command": "/op Anna", "expect": "secret words"}])
    viewer = create_token_offline(folder / "vsmanager.db", "viewer", Role.VIEWER, "test")
    for path in ("/schedules", "/servers/home/schedules", f"/schedules/{made['id']}"):
        answer = app._client.get(f"/api/v1{path}", headers={"X-API-Key": viewer})
        assert answer.status_code == 200
        assert "Anna" not in answer.text
        assert "secret words" not in answer.text
        assert "/op ***" in answer.text
        assert "Send /op ***" in answer.text
    for path in ("/servers/home/schedules/export",):
        assert app._client.get(f"/api/v1{path}", headers={"X-API-Key": viewer}).status_code == 403


def test_schedules_of_all_servers_come_page_after_page(app: App) -> None:
    made = [create(app, server_id, name=f"Number {number}")["id"] for number in range(3) for server_id in ("home", "away")]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = app.get("/schedules", limit=4, cursor=cursor)
        assert len(page["items"]) <= 4
        seen += [schedule["id"] for schedule in page["items"]]
        cursor = page["next_cursor"]
    assert seen == made
    app.refused("GET", "/schedules?cursor=nonsense", 422, "invalid_cursor")
    app.refused("GET", "/schedules?limit=0", 422, "invalid_request")


# Files


def apply(app: App, text: str, **options: Any) -> dict[str, list[str]]:
    answer = app.ask("POST", "/servers/home/schedules/apply", json={"yaml": text, **options})
    assert answer.status_code == 200, answer.text
    applied: dict[str, list[str]] = answer.json()
    return applied


def test_what_is_exported_can_be_applied_to_another_server(app: App) -> None:
    create(app)
    create(app, name="Often", trigger={"kind": "interval", "seconds": 3600})
    answer = app.ask("GET", "/servers/home/schedules/export")
    assert answer.headers["content-type"].startswith("application/yaml")
    assert 'filename="schedules-home.yaml"' in answer.headers["content-disposition"]
    text = answer.text
    assert apply(app, text) == {"added": [], "changed": [], "unchanged": ["Nightly", "Often"], "removed": []}
    applied = app.ask("POST", "/servers/away/schedules/apply", json={"yaml": text}).json()
    assert applied["added"] == ["Nightly", "Often"]
    shown = [schedule["sentence"] for schedule in app.get("/servers/away/schedules")["items"]]
    assert shown == [schedule["sentence"] for schedule in app.get("/servers/home/schedules")["items"]]


def test_a_file_is_applied_whole_or_not_at_all(app: App) -> None:
    create(app)
    create(app, name="Other")
    text = app.ask("GET", "/servers/home/schedules/export").text
    before = app.get("/schedules")["items"]
    changed = text.replace("name: Other", "name: New").replace("cron: 0 5 * * *", "cron: 0 6 * * *", 1)
    expected = {"added": ["New"], "changed": ["Nightly"], "unchanged": [], "removed": ["Other"]}
    assert apply(app, changed, remove_others=True, dry_run=True) == expected
    assert app.get("/schedules")["items"] == before
    broken = changed.replace("cron: 0 5 * * *", "cron: 0 5 31 2 *")
    assert broken != changed
    refused = app.refused(
        "POST", "/servers/home/schedules/apply", 422, "invalid_schedule_text", json={"yaml": broken, "remove_others": True}
    )
    assert fields_of(refused) == ["schedules.1.trigger.cron"]
    assert app.get("/schedules")["items"] == before
    assert apply(app, changed, remove_others=True) == expected
    assert [schedule["name"] for schedule in app.get("/schedules")["items"]] == ["Nightly", "New"]


def test_a_server_can_not_have_any_number_of_schedules(app: App) -> None:
    many = "\n".join(
        f"  - {{name: s{number}, trigger: {{kind: interval, seconds: 86400}}, steps: [{{do: save}}]}}" for number in range(200)
    )
    assert len(apply(app, f"schedules:\n{many}")["added"]) == 200
    app.refused("POST", "/servers/home/schedules", 409, "too_many_schedules", json=BODY)
    more = many.replace("name: s0,", "name: other,")
    app.refused("POST", "/servers/home/schedules/apply", 409, "too_many_schedules", json={"yaml": f"schedules:\n{more}"})
    assert len(apply(app, f"schedules:\n{more}", remove_others=True)["unchanged"]) == 199


# What a run says of itself


def test_a_run_by_hand_asks_no_conditions_and_tells_what_failed(app: App) -> None:
    made = create(
        app, enabled=False, conditions={"server": "online"}, steps=[{"do": "command", "command": "/time"}], **{"finally": []}
    )
    run = app.ask("POST", f"/schedules/{made['id']}/run")
    assert run.status_code == 202
    ended = app.ended(run.json()["id"], 30)
    assert (ended["state"], ended["server_id"], ended["trigger"]) == ("failed", "home", "manual")
    assert "home is not running" in ended["error"]["message"]
    assert app.get(f"/schedules/{made['id']}")["last_run_state"] == "failed"


def test_a_step_that_breaks_inside_the_manager_is_a_failed_step(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_args: Any, **_options: Any) -> RunRecord:
        raise RuntimeError("with a secret=abcdefgh in it")

    monkeypatch.setattr(app.manager.backups, "make", broken)
    made = create(app, steps=[{"do": "backup"}], **NO_LAST_STEPS)
    run = app.ended(app.ask("POST", f"/schedules/{made['id']}/run").json()["id"], 30)
    assert run["report"]["steps"][0]["note"] == "An error inside the manager (RuntimeError); its log says more."


def test_a_message_that_nobody_takes_is_a_failed_step(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_args: Any) -> None:
        raise Conflict("The target hangs.")

    monkeypatch.setattr(app.manager.notifications, "send_message", refuse)
    made = create(app, steps=[{"do": "notify", "text": "hello"}], **NO_LAST_STEPS)
    run = app.ended(app.ask("POST", f"/schedules/{made['id']}/run").json()["id"], 30)
    assert run["error"]["message"] == 'Step 1 (Send a message: "hello") failed: The target hangs.'
