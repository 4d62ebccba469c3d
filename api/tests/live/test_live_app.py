"""What the application tells its live streams, heard from inside."""

from collections.abc import Callable

import pytest

from tests.apps import App, StandInJob
from tests.streams import Message, messages_in
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.events import GameVersionFound
from vintagestory_api.live.schemas import LiveEvent
from vintagestory_api.services.scheduled_job import Skip

Hear = Callable[[], list[Message]]


@pytest.fixture
def hear(app: App) -> Hear:
    """All that an admin's stream has been told since the test began."""
    subscription = app.in_loop(lambda: app.manager.live.subscribe(Principal("token", "1", "listener", Role.ADMIN)))
    heard: list[Message] = []

    def all_so_far() -> list[Message]:
        while part := app.in_loop(subscription.take):
            heard.extend(messages_in(part))
        return heard

    return all_so_far


def names(messages: list[Message]) -> list[str]:
    return [message.event for message in messages]


def test_an_upstream_that_stops_answering_and_comes_back_is_told(app: App, hear: Hear) -> None:
    circuit = app.manager.upstreams["mod_database"].circuit

    def fail() -> None:
        for _ in range(3):
            circuit.failure()

    for change, is_told in ((fail, True), (circuit.success, False)):
        before = names(hear()).count("overview")
        app.in_loop(change)
        app.until(lambda: names(hear()).count("overview"), before.__lt__, 30)
        told = {item["id"] for item in app.get("/overview")["attention"]}
        assert ("upstream:mod_database" in told) is is_told


def test_a_new_game_version_is_told(app: App, hear: Hear) -> None:
    app.in_loop(lambda: app.manager.bus.publish(GameVersionFound("1.99.0", "unstable")))
    heard = app.until(hear, lambda heard: "game_version" in names(heard))
    assert [message.data for message in heard if message.event == "game_version"] == [
        {"version": "1.99.0", "channel": "unstable"}
    ]


def test_the_progress_of_a_run_is_told(app: App, hear: Hear, stand_in: StandInJob) -> None:
    run_id = app.run("mod_cache_refresh")["id"]
    app.until(
        hear, lambda heard: [message for message in heard if message.event == "run" and message.data["progress"] == 0.25], 30
    )
    stand_in.end()
    heard = app.until(
        hear, lambda heard: [message for message in heard if message.event == "run" and message.data["ended_at"]], 30
    )
    runs = [message.data for message in heard if message.event == "run" and message.data["id"] == run_id]
    assert runs[-1]["state"] == "succeeded"
    assert runs[-1]["report"] == {"counted": 4852}
    assert "log" not in runs[-1]


def test_a_tick_that_is_skipped_does_not_count_as_a_failed_refresh(app: App, hear: Hear) -> None:
    """Else the cold catalogue would not be filled for whoever asks next."""
    app.ask("POST", "/jobs/mod_cache_refresh/pause", json={"reason": "moving house"})
    manager = app.manager
    job = manager.scheduler._jobs["mod_cache_refresh"]
    assert app.manager.history.failed_at == {}
    app.in_loop(lambda: manager._keep(manager.scheduler._ticks.note_skip(job, 1, "schedule", Skip("paused"))))
    app.until(hear, lambda heard: [message for message in heard if message.event == "run" and message.data["state"] == "skipped"])
    assert app.manager.history.failed_at == {}


def test_everything_that_is_told_fits_the_documented_form(app: App, hear: Hear, stand_in: StandInJob) -> None:
    run_id = app.run("mod_cache_refresh")["id"]
    app.ask("POST", "/jobs/mod_cache_refresh/pause", json={"reason": "moving house"})
    app.ask("PATCH", "/settings", json={"run_history_days": 91, "upstream_contact": "me@example.org"})
    app.in_loop(lambda: app.manager.bus.publish(GameVersionFound("1.99.0", "stable")))
    stand_in.end()
    app.ended(run_id)
    wanted = {"run", "job", "settings", "game_version", "access", "overview"}
    heard = app.until(hear, lambda heard: wanted <= set(names(heard)), 30)
    for message in heard:
        LiveEvent.model_validate({"event": message.event, "id": message.id, "data": message.data})


def test_the_document_shows_the_events(app: App) -> None:
    document = app.get("/openapi.json")
    answer = document["paths"]["/api/v1/events"]["get"]["responses"]["200"]["content"]["text/event-stream"]
    assert answer["schema"]["$ref"] == "#/components/schemas/LiveEvent"
    events = {one["$ref"].rpartition("/")[2] for one in document["components"]["schemas"]["LiveEvent"]["oneOf"]}
    told = {document["components"]["schemas"][name]["properties"]["event"]["const"] for name in events}
    manager = {"hello", "reset", "run", "job", "game_version", "settings", "overview", "access", "bye"}
    of_servers = {"server", "players", "server_mods", "server_config", "backups", "schedules", "updates"}
    assert told == manager | of_servers | {"installed_versions", "alerts", "notifications"}
    assert document["components"]["schemas"]["RunEvent"]["properties"]["data"]["$ref"] == "#/components/schemas/Run"
