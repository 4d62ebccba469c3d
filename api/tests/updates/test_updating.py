"""Updates of running and of stopped servers: those that do well stay, all others go back, with mods and world."""

import json

import pytest

from tests.backups.worlds import damage_world
from tests.server_mods.zips import put_mod
from tests.servers.games import LONG, House
from tests.updates.updating import BROKEN, CRASHES, GOOD, HANGS, OLD, Mods, Updating, number_of, text_of
from vintagestory_api.updates import undertaking


def test_a_good_update_of_game_and_mods_stays(house: House, mods: Mods) -> None:
    mods.add("alpha", "1.0.0", "1.1.0")
    server = Updating(house, ["alpha"])
    plan = server.plan(game_version=GOOD, watch_seconds=1)
    assert (plan["game_now"], plan["game_then"], plan["is_ready"], plan["problems"]) == (OLD, GOOD, True, [])
    assert [(mod["modid"], mod["now"], mod["then"], mod["fit"]) for mod in plan["mods"]] == [
        ("alpha", "1.0.0", "1.1.0", "likely")
    ]
    assert [step["do"] for step in plan["steps"]] == ["backup", "stop", "switch_game", "switch_mods", "start", "watch"]
    assert 0 < plan["bytes_needed"] < plan["bytes_free"]

    run = server.update(game_version=GOOD, digest=plan["digest"])

    assert server.looks() == ("running", GOOD, number_of(GOOD), {"alpha": "1.1.0"})
    (update,) = server.history()
    assert (update["outcome"], update["phase"], update["trigger"]) == ("updated", "done", "manual")
    assert (update["game_from"], update["game_to"], update["mods_changed"]) == (OLD, GOOD, 1)
    assert (update["run_id"], update["warns"]) == (run["id"], False)
    backup = house.app.get(f"/backups/{update['backup_id']}")
    assert (backup["kind"], backup["world"], backup["game_version"]) == ("before_update", "verified", OLD)
    told = house.entry(server.id, "updated")
    assert (told["details"]["from"], told["details"]["to"], told["details"]["mods"]) == (OLD, GOOD, 1)
    assert server.state()["current"] is None
    server.refused("nothing_to_update", game_version=GOOD)
    assert server.plan(game_version=GOOD)["nothing_to_do"]


def test_a_version_that_breaks_down_after_the_start_goes_back_with_the_world(house: House, mods: Mods) -> None:
    mods.add("alpha", "1.0.0", "1.1.0")
    server = Updating(house, ["alpha"])
    run = server.update(game_version=CRASHES, watch_seconds=60, state="failed")
    assert run["error"]["type"] == "UpdateWentBack"
    assert server.looks() == ("running", OLD, number_of(OLD), {"alpha": "1.0.0"})
    assert [backup["kind"] for backup in server.backups()] == ["before_update"]
    (update,) = server.history()
    assert (update["outcome"], update["blamed_mods"]) == ("went_back", ["alpha"])
    assert f"version {OLD} and its old mods again, and the world of the backup" in update["text"]
    assert "is lost" in update["text"]
    assert update["text"].endswith("It runs again.")
    told = house.entry(server.id, "update_went_back")["details"]
    assert (told["from"], told["to"], told["blamed"]) == (OLD, CRASHES, ["alpha"])
    # It was never left to the rules for crashes, which would have started the new version again.
    assert "restart_planned" not in house.kinds(server.id)

    # A manager that died before that was written down finds players on the old world: it does not put that back again.
    started_at = server.server["started_at"]
    server.leave_open(update["id"], phase="going_back", is_back=True)
    (update,) = house.app.until(server.history, lambda history: history[0]["ended_at"] is not None, LONG)
    assert update["outcome"] == "went_back"
    assert house.kinds(server.id).count("restored") == 1
    assert server.server["started_at"] == started_at


def test_a_version_that_does_not_start_goes_back_although_it_has_converted_the_world(house: House, mods: Mods) -> None:
    server = Updating(house)
    before = house.kinds(server.id).count("ready")
    run = server.update(game_version=BROKEN, state="failed")
    assert "port" in run["error"]["message"]
    assert server.looks() == ("running", OLD, number_of(OLD), {})
    assert server.history()[0]["outcome"] == "went_back"
    assert house.kinds(server.id).count("ready") == before + 1


def test_a_version_that_stops_answering_goes_back(house: House, mods: Mods) -> None:
    server = Updating(house)
    settings = {"stop_timeout_seconds": 5, "term_timeout_seconds": 5}
    assert house.app.ask("PATCH", f"/servers/{server.id}", json={"settings": settings}).status_code == 200
    run = server.update(game_version=HANGS, state="failed")
    assert "did not answer /stats within 3 s" in run["error"]["message"]
    assert server.looks() == ("running", OLD, number_of(OLD), {})
    assert house.entry(server.id, "stopped")["details"]["by"] == "SIGKILL"


def test_a_mod_that_throws_exceptions_takes_its_update_back_and_is_named(house: House, mods: Mods) -> None:
    mods.add("alpha", "1.0.0", "1.1.0")
    mods.add("beta", "1.0.0", "1.1.0")
    mods.breaks["beta", "1.1.0"] = 4
    server = Updating(house, ["alpha", "beta"])
    run = server.update(watch_seconds=60, state="failed")
    assert "beta has an error" in run["error"]["message"]
    assert server.looks() == ("running", OLD, number_of(OLD), {"alpha": "1.0.0", "beta": "1.0.0"})
    (update,) = server.history()
    assert (update["blamed_mods"], update["game_from"], update["game_to"]) == (["beta"], OLD, OLD)
    # Only what is not to blame is updated.
    house.does(server.id, "mods/changes", {"changes": [{"action": "pin", "mod": "beta"}]})
    server.update()
    assert server.mods() == {"alpha": "1.1.0", "beta": "1.0.0"}


def test_what_was_broken_before_is_no_reason_to_go_back(house: House, mods: Mods) -> None:
    server = Updating(house, start=False)
    put_mod(server.path / "Mods", "sick", dependencies={"nothere": "2.0.0"})
    house.does(server.id, "start")
    assert house.entry(server.id, "mod_problem")["details"]["mod"] == "sick"
    server.update(game_version=GOOD)
    assert server.looks()[:3] == ("running", GOOD, number_of(GOOD))


def test_a_stopped_server_is_started_to_be_watched_and_stopped_again(house: House, mods: Mods) -> None:
    server = Updating(house, start=False)
    steps = [step["do"] for step in server.plan(game_version=GOOD)["steps"]]
    assert steps == ["backup", "switch_game", "start", "watch"]
    server.update(game_version=GOOD)
    assert server.looks() == ("stopped", GOOD, number_of(GOOD), {})
    assert server.server["wanted"] == "stopped"

    server.update(game_version=CRASHES, watch_seconds=60, state="failed")
    assert server.looks() == ("stopped", GOOD, number_of(GOOD), {})
    assert server.server["wanted"] == "stopped"


def test_without_a_watch_a_stopped_server_is_only_switched(house: House, mods: Mods) -> None:
    server = Updating(house, start=False)
    starts = house.kinds(server.id).count("started")
    server.update(game_version=GOOD, watch_seconds=0)
    assert server.looks() == ("stopped", GOOD, number_of(OLD), {})
    assert house.kinds(server.id).count("started") == starts


def test_players_are_warned_and_it_begins_as_soon_as_they_have_left(house: House, mods: Mods) -> None:
    server = Updating(house, script="1 join Alice; 60 leave Alice", whitelisted=False)
    house.app.until(lambda: server.server["players_online"], lambda count: count == 1, LONG)
    plan = server.plan(game_version=GOOD, warn_minutes=[60, 1])
    assert plan["players_online"] == 1
    assert plan["steps"][0]["do"] == "announce"
    assert "1 player on it" in plan["warnings"][0]
    run = server.update(game_version=GOOD, warn_minutes=[60, 1])
    assert run["state"] == "succeeded"
    assert server.history()[0]["warns"]
    kinds = [entry["kind"] for entry in house.timeline(server.id)]
    assert "updated" in kinds
    said = [line for line in house.console(server.id) if "/announce The server is updated" in line]
    assert len(said) == 1
    assert "60 minutes" in said[0]


def test_a_damaged_world_is_not_updated(house: House, mods: Mods) -> None:
    server = Updating(house, start=False)
    damage_world(server.world)
    run = server.update(game_version=GOOD, state="failed")
    assert "world is damaged" in run["error"]["message"]
    assert server.server["version"] == OLD
    (update,) = server.history()
    assert (update["outcome"], update["phase"]) == ("failed", "done")
    told = house.entry(server.id, "update_failed")["details"]
    assert (told["from"], told["to"], told["text"]) == (OLD, GOOD, update["text"])


def test_a_cancelled_watch_goes_back_and_a_cancelled_warning_changes_nothing(
    house: House, mods: Mods, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Updating(house, script="1 join Alice", whitelisted=False)
    house.app.until(lambda: server.server["players_online"], lambda count: count == 1, LONG)
    run_id = server.begin(game_version=GOOD, warn_minutes=[240])
    house.app.until(server.state, lambda state: state["current"] and state["current"]["phase"] == "announcing", LONG)
    assert house.app.ask("POST", f"/runs/{run_id}/cancel").status_code == 202
    assert house.app.ended(run_id, LONG)["state"] == "cancelled"
    house.app.until(lambda: server.history()[0], lambda update: update["outcome"] == "failed", LONG)
    assert server.looks()[:3] == ("running", OLD, number_of(OLD))
    server.awaited(house.app.manager.alerts.settled)
    assert [alert["kind"] for alert in house.app.get("/alerts", open="true", server_id=server.id)["items"]] == []

    # As if the manager had been away, and people had played on meanwhile.
    monkeypatch.setattr(undertaking, "PLAYED_ON_MS", -10_000_000)
    run_id = server.begin(game_version=GOOD, warn_minutes=[], watch_seconds=600)
    house.app.until(server.state, lambda state: state["current"] and state["current"]["phase"] == "watching", LONG)
    (way_back,) = server.backups()
    house.app.refused("DELETE", f"/backups/{way_back['id']}", 409, "backup_in_use")
    assert house.app.ask("POST", f"/runs/{run_id}/cancel").status_code == 202
    house.app.until(lambda: server.history()[0], lambda update: update["outcome"] == "went_back", LONG)
    assert "It was cancelled." in server.history()[0]["text"]
    assert "what was played since then lies in a backup of its own" in server.history()[0]["text"]
    assert [backup["kind"] for backup in server.backups()] == ["before_restore", "before_update"]
    house.until(server.id, operation=None, state="running")
    assert server.looks() == ("running", OLD, number_of(OLD), {})


def test_when_it_can_not_go_back_that_is_said_and_the_server_is_not_left_down(house: House, mods: Mods) -> None:
    mods.add("beta", "1.0.0", "1.1.0")
    mods.breaks["beta", "1.1.0"] = 60
    server = Updating(house, ["beta"])
    run_id = server.begin(watch_seconds=600)
    house.app.until(server.state, lambda state: state["current"] and state["current"]["phase"] == "watching", LONG)
    for archive in (house.data_dir / "backups" / server.id).glob("*.tar.zst"):
        archive.unlink()
    run = house.app.ended(run_id, LONG)
    assert run["error"]["type"] == "UpdateFailed"
    assert "could not go back" in run["error"]["message"]
    assert server.history()[0]["outcome"] == "failed"
    house.until(server.id, state="running", operation=None)
    assert server.mods() == {"beta": "1.1.0"}


def test_what_keeps_it_from_being_made_is_said_before(house: House, mods: Mods) -> None:
    mods.add("alpha", "1.0.0", "1.1.0")
    server = Updating(house, ["alpha"], start=False)
    digest = server.plan(game_version=GOOD)["digest"]
    house.does(server.id, "mods/changes", {"changes": [{"action": "hold", "mod": "alpha"}]})
    server.refused("update_plan_changed", game_version=GOOD, digest=digest)
    assert "is older than" in text_of(server.refused("update_blocked", game_version="1.21.6"))
    server.refused("update_blocked", game_version="1.99.9")
    server.refused("invalid_game_version", 422, game_version="newest")
    house.app.refused("POST", "/servers/nobody/update/plan", 404, "server_not_found", json={})
    house.app.refused("GET", f"/servers/{server.id}/updates?cursor=x", 422, "invalid_cursor")
    config = server.path / "serverconfig.json"
    values = json.loads(config.read_text())
    values["WorldConfig"]["SaveFileLocation"] = "/elsewhere/other.vcdbs"
    config.write_text(json.dumps(values))
    (problem,) = server.plan(game_version=GOOD)["problems"]
    assert problem.startswith("No backup can be made") or "outside of the folder Saves" in problem
    assert server.history() == []
