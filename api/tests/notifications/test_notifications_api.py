"""Targets, deliveries, alerts and the watchdog over HTTP: secrets go in and never come out."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps import App, running_app
from tests.notifications.receivers import SECRET_WORD, Receiver
from vintagestory_api.events import ServerNoted
from vintagestory_api.manager import Manager
from vintagestory_api.notifications.alert_rules import Raise
from vintagestory_api.notifications.looking import ready


@pytest.fixture
def app(data_dir: Path) -> Iterator[App]:
    with running_app(data_dir) as app:
        yield app


def add(app: App, service: Receiver, name: str = "Phone", **fields: Any) -> dict[str, Any]:
    answer = app.ask("POST", "/notification-targets", json={"name": name, "address": service.address, **fields})
    assert answer.status_code == 201, answer.text
    target: dict[str, Any] = answer.json()
    return target


def manager_of(app: App) -> Manager:
    manager: Manager = app._client.app.state.manager  # type: ignore[attr-defined] # the type of TestClient names any application
    return manager


def raise_alert(app: App, **fields: Any) -> dict[str, Any]:
    """An alert that no check closes; as the API shows it."""
    told: dict[str, Any] = {
        "kind": "notification_failed", "subject": "x", "severity": "warning", "title": "A title", "text": "A text.",
        "action": "/notifications", **fields,
    }  # fmt: skip
    app.in_loop(lambda: manager_of(app).alerts._queue_up(ready([Raise(**told)])))
    page = app.until(lambda: app.get("/alerts", open=True), lambda page: page["items"], seconds=30)
    alert: dict[str, Any] = page["items"][0]
    return alert


def test_a_target_is_kept_named_by_its_service_and_masked(app: App, service: Receiver) -> None:
    target = add(app, service)
    assert (target["service"], target["where"], target["waiting"]) == ("JSON", "json://****", 0)
    assert target["rules"] == [{"kinds": [], "servers": [], "min_severity": "warning"}]
    assert app.get("/notification-targets")["items"] == [target]
    changed = app.ask("PATCH", f"/notification-targets/{target['id']}", json={"name": "Tablet", "options": {"digest_minutes": 5}})
    assert (changed.json()["name"], changed.json()["digest_minutes"]) == ("Tablet", 5)
    assert app.ask("DELETE", f"/notification-targets/{target['id']}").status_code == 204
    assert app.get("/notification-targets")["items"] == []
    assert manager_of(app).secrets.get(f"notification:{target['id']}") is None


def test_a_secret_comes_out_nowhere(data_dir: Path, service: Receiver, capfd: pytest.CaptureFixture[str]) -> None:
    other = service.address.replace("json://", "jsons://ada:" + SECRET_WORD + "@")
    with running_app(data_dir) as app:
        target = add(app, service)
        answers = [
            app.ask("PATCH", f"/notification-targets/{target['id']}", json={"address": other}),
            app.ask("POST", f"/notification-targets/{target['id']}/test"),
            app.ask("POST", "/notification-targets/test", json={"name": "x", "address": other}),
            app.ask("POST", "/notification-targets", json={"name": "x", "address": f"foo://{SECRET_WORD}"}),
            app.ask("POST", "/notification-targets", json={"name": "", "address": service.address}),
            app.ask("POST", "/notification-targets", json={"name": "x", "address": service.address * 200}),
            app.ask("POST", "/notification-targets", json={"name": "x", "address": [service.address]}),
            app.ask("POST", "/notification-targets", json={"name": "x", "address": service.address, "rules": 7}),
            app.ask("PATCH", "/alert-settings", json={"ping_url": service.ping_url, "failures": 5}),
            app.ask("PATCH", "/alert-settings", json={"ping_url": f"ftp://{SECRET_WORD}"}),
            app.ask("GET", "/alert-settings"),
            app.ask("GET", "/notification-targets"),
            app.ask("GET", "/notification-deliveries"),
            app.ask("GET", "/audit", params={"limit": 100}),
        ]
        assert {answer.status_code for answer in answers} == {200, 422}
        assert all(SECRET_WORD not in answer.text for answer in answers)
        app.in_loop(lambda: asyncio.ensure_future(manager_of(app).notifications.ping.ask()))
        app.until(lambda: service.paths, lambda paths: f"/{SECRET_WORD}" in paths, seconds=30)
    assert SECRET_WORD not in "".join(capfd.readouterr())
    with (data_dir / "vsmanager.db").open("rb") as file:
        assert SECRET_WORD.encode() not in file.read()
    assert SECRET_WORD.encode() in (data_dir / "secrets.json").read_bytes()


def test_a_test_says_what_the_service_says(app: App, service: Receiver) -> None:
    unsaved = {"name": "x", "address": service.address, "template": "{title} / {text}"}
    result = app.ask("POST", "/notification-targets/test", json=unsaved).json()
    assert result["ok"]
    assert service.titles == ["Test of notifications"]
    assert service.texts[0].startswith("Test of notifications / This is a test.")
    target = add(app, service, enabled=False)
    assert app.ask("POST", f"/notification-targets/{target['id']}/test").json()["ok"]
    service.status = 500
    result = app.ask("POST", f"/notification-targets/{target['id']}/test").json()
    assert not result["ok"]
    assert "500" in result["message"]
    assert app.get("/notification-deliveries")["items"] == [], "a test is no delivery"


def test_what_can_not_be_is_refused_in_words(app: App, service: Receiver) -> None:
    refused = app.refused("POST", "/notification-targets", 422, "address_refused", json={"name": "x", "address": "nonsense"})
    assert [error["field"] for error in refused["errors"]] == ["address"]
    add(app, service)
    app.refused("POST", "/notification-targets", 409, "target_name_taken", json={"name": "PHONE", "address": service.address})
    for method, path in (("PATCH", ""), ("DELETE", ""), ("POST", "/test")):
        body: dict[str, Any] = {"json": {}} if method == "PATCH" else {}
        app.refused(method, f"/notification-targets/nothing{path}", 404, "notification_target_not_found", **body)
    zone = {"name": "y", "address": service.address, "zone": "Mars/Olympus"}
    problem = app.refused("POST", "/notification-targets", 422, "invalid_request", json=zone)
    assert "no time zone" in problem["detail"]
    app.refused("POST", "/alerts/nothing/acknowledge", 404, "alert_not_found")
    app.refused("GET", "/alerts", 422, "invalid_cursor", params={"cursor": "open.x"})
    app.refused("GET", "/notification-deliveries", 422, "invalid_cursor", params={"cursor": "x"})
    app.refused("PATCH", "/alert-settings", 422, "invalid_ping_url", json={"ping_url": "nowhere"})


def test_an_alert_reaches_the_service_the_page_and_the_overview(app: App, service: Receiver) -> None:
    assert app.ask("PATCH", "/settings", json={"public_url": "https://vs.example.org"}).status_code == 200
    target = add(app, service)
    alert = raise_alert(app)
    assert (alert["title"], alert["count"], alert["acknowledged_at"]) == ("A title", 1, None)
    app.until(lambda: service.titles, lambda titles: titles == ["A title"], seconds=30)
    assert service.texts == ["A text.\nhttps://vs.example.org/notifications"]
    (delivery,) = app.until(
        lambda: app.get("/notification-deliveries", target_id=target["id"])["items"],
        lambda items: [item["state"] for item in items] == ["sent"],
        seconds=30,
    )
    assert (delivery["target_name"], delivery["title"], delivery["notices"]) == ("Phone", "A title", 1)
    items = {item["id"]: item for item in app.get("/overview")["attention"]}
    assert items[f"alert:{alert['id']}"]["action"] == {"kind": "page", "target": "/notifications"}
    seen = app.ask("POST", f"/alerts/{alert['id']}/acknowledge").json()
    assert seen["acknowledged_by"] == "admin"
    assert f"alert:{alert['id']}" not in {item["id"] for item in app.get("/overview")["attention"]}


def test_targets_settings_and_what_waits_survive_a_restart(data_dir: Path, service: Receiver) -> None:
    with running_app(data_dir) as app:
        target = add(app, service, digest_minutes=1440)
        raise_alert(app)
        app.until(lambda: app.get("/notification-targets")["items"][0]["waiting"], lambda waiting: waiting == 1, seconds=30)
        app.ask("PATCH", "/alert-settings", json={"failures": 7, "ping_url": service.ping_url})
    with running_app(data_dir, token_name="later") as app:
        (kept,) = app.until(lambda: app.get("/notification-targets")["items"], lambda items: items, seconds=30)
        assert (kept["id"], kept["waiting"]) == (target["id"], 1)
        alerts = app.until(lambda: app.get("/alerts"), lambda page: page["items"], seconds=30)
        assert (len(alerts["items"]), alerts["open_count"]) == (1, 1)
        settings = app.get("/alert-settings")
        assert (settings["failures"], settings["has_ping_url"]) == (7, True)
        cleared = app.ask("PATCH", "/alert-settings", json={"ping_url": ""}).json()
        assert not cleared["has_ping_url"]


def test_a_message_of_a_schedule_is_sent(app: App, service: Receiver) -> None:
    add(app, service)
    app.in_loop(lambda: asyncio.ensure_future(manager_of(app).notifications.send_message(None, "Backups are done, @everyone.")))
    app.until(lambda: service.texts, lambda texts: len(texts) == 1, seconds=30)
    assert service.titles == ["Message from the manager"]
    assert "@everyone" not in service.texts[0]


def test_an_event_of_a_server_that_is_not_there_is_nothing(app: App) -> None:
    manager = manager_of(app)
    app.in_loop(lambda: manager.bus.publish(ServerNoted("nobody", "crashed", 1, None, {})))
    raise_alert(app)
    assert app.get("/alerts")["open_count"] == 1


def test_who_only_reads_sees_alerts_and_nothing_else(app: App) -> None:
    token = app.ask("POST", "/tokens", json={"name": "viewer", "role": "viewer"}).json()["token"]
    viewer = App(app._client, token)
    assert viewer.get("/alerts", open="", server_id="", cursor="") == {"items": [], "next_cursor": None, "open_count": 0}
    for path in ("/notification-targets", "/notification-deliveries", "/alert-settings"):
        viewer.refused("GET", path, 403, "role_too_low")
    viewer.refused("POST", "/alerts/x/acknowledge", 403, "role_too_low")
