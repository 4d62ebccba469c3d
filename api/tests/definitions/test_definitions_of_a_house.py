"""Definitions of servers through the API: exported, planned and applied, with the sandbox's game. No game is started."""

import random
from functools import partial
from typing import Any

import pytest
import yaml

from tests.apps import App
from tests.definitions.defining import applied, exported, notes, part, planned, texts
from tests.servers.games import VERSION, House, free_port
from vintagestory_api.definitions.journal import Applying
from vintagestory_api.definitions.reading import read_definition
from vintagestory_api.definitions.schemas import PartName

NIGHTLY: dict[str, Any] = {
    "name": "Nightly",
    "trigger": {"kind": "cron", "cron": "0 5 * * *", "zone": "Europe/Berlin"},
    "steps": [{"do": "save"}],
}


@pytest.fixture(scope="module")
def home(house: House) -> str:
    """A server with something of everything."""
    world = {"world_name": "Woods", "seed": "12345", "attributes": {"seasons": "spring"}}
    server_id: str = house.create("Home", world=world, password="hush-hush", max_players=7)["id"]
    app = house.app
    assert app.ask("PATCH", f"/servers/{server_id}", json={"settings": {"stop_timeout_seconds": 77}}).status_code == 200
    assert app.ask("POST", f"/servers/{server_id}/schedules", json=NIGHTLY).status_code == 201
    assert app.ask("PUT", f"/servers/{server_id}/backup-settings", json={"retention": {"last": 3}}).status_code == 200
    assert app.ask("PUT", f"/servers/{server_id}/update-policy", json={"game": "patch", "zone": "UTC"}).status_code == 200
    target = {
        "name": "Phone",
        "address": "ntfy://secret-topic",
        "rules": [{"kinds": ["server_crashed"], "servers": [server_id]}],
    }
    assert app.ask("POST", "/notification-targets", json=target).status_code == 201
    return server_id


def test_an_export_is_the_same_twice_and_holds_no_secret(house: House, home: str) -> None:
    text = exported(house, home)
    assert text == exported(house, home)
    found = yaml.safe_load(text)
    assert found["format"] == "vsmanager.server/1"
    assert found["server"] == {
        "id": home,
        "name": "Home",
        "version": VERSION,
        "port": house.get(home)["port"],
        "settings": {
            "restart_after_crash": True,
            "stop_timeout_seconds": 77,
            "term_timeout_seconds": None,
            "extra_arguments": [],
        },
    }
    assert found["world"]["world_name"] == "Woods"
    assert found["world"]["attributes"] == {"seasons": "spring"}
    assert [one["name"] for one in found["schedules"]] == ["Nightly"]
    assert found["backups"]["retention"]["last"] == 3
    assert found["updates"]["game"] == "patch"
    assert [(one["name"], one["service"]) for one in found["notifications"]] == [("Phone", "ntfy")]
    for secret in ("hush-hush", "secret-topic", "SaveFileLocation", "ServerIdentifier", "ModPaths", str(house.data_dir)):
        assert secret not in text
    assert "the address of Phone" in text


def test_what_was_exported_has_nothing_to_do_where_it_came_from(house: House, home: str) -> None:
    plan = planned(house, exported(house, home))
    assert (plan["server_id"], plan["creates"], plan["has_changes"], plan["can_be_applied"]) == (home, False, False, True), plan
    assert {one["state"] for one in plan["parts"]} <= {"same", "left_alone"}


def test_a_server_is_made_from_a_file_and_applying_it_again_does_nothing(house: House, home: str) -> None:
    document = yaml.safe_load(exported(house, home))
    document["server"] |= {"id": "away", "name": "Away", "port": free_port()}
    text = yaml.safe_dump(document)
    plan = planned(house, text)
    assert (plan["creates"], plan["can_be_applied"]) == (True, True), plan
    assert part(plan, "server")["state"] == "create"
    run = applied(house, text)
    outcomes = {one["part"]: one["outcome"] for one in run["report"]["parts"]}
    assert outcomes["server"] == outcomes["schedules"] == outcomes["backups"] == "done"
    assert run["server_id"] == run["report"]["server_id"] == "away"
    made = house.get("away")
    assert (made["version"], made["state"], made["settings"]["stop_timeout_seconds"]) == (VERSION, "stopped", 77)
    again = planned(house, text)
    assert not again["has_changes"], again
    assert {one["outcome"] for one in applied(house, text)["report"]["parts"]} == {"same"}
    theirs = yaml.safe_load(exported(house, "away"))
    assert theirs["configuration"]["serverconfig"]["MaxClients"] == 7
    for name in ("world", "configuration", "game_roles", "schedules", "backups", "updates", "notifications"):
        assert theirs.get(name) == document.get(name), name


def test_a_plan_says_what_would_change_and_nothing_else_does(house: House) -> None:
    server_id = house.create("Plain")["id"]
    assert house.app.ask("POST", f"/servers/{server_id}/schedules", json={**NIGHTLY, "name": "Kept"}).status_code == 201
    text = f"""
format: vsmanager.server/1
server: {{id: {server_id}, name: Fancy, settings: {{restart_after_crash: false}}}}
schedules:
- name: Nightly
  trigger: {{kind: cron, cron: 0 5 * * *}}
  steps: [{{do: save}}]
backups: {{drill_days: 0}}
"""
    plan = planned(house, text)
    assert texts(plan, "server") == ["name: Plain → Fancy", "restart_after_crash: yes → no"]
    assert texts(plan, "schedules") == ["the schedule 'Nightly'"]
    assert "'Kept'" not in str(texts(plan, "schedules"))
    assert "Kept" in notes(plan, "schedules")
    assert texts(plan, "backups") == ["drill_days: 7 → 0"]
    assert part(plan, "updates")["state"] == part(plan, "mods")["state"] == "left_alone"
    assert house.get(server_id)["name"] == "Plain"
    applied(house, text)
    assert (house.get(server_id)["name"], house.get(server_id)["settings"]["restart_after_crash"]) == ("Fancy", False)
    schedules = house.app.get(f"/servers/{server_id}/schedules")["items"]
    assert sorted(one["name"] for one in schedules) == ["Kept", "Nightly"]
    assert house.app.get(f"/servers/{server_id}/backup-settings")["retention"]["hourly"] == 24
    applied(house, text + "remove_others: [schedules]\n")
    assert [one["name"] for one in house.app.get(f"/servers/{server_id}/schedules")["items"]] == ["Nightly"]


def test_another_server_can_be_meant_than_the_file_names(house: House, home: str) -> None:
    server_id = house.create("Twin")["id"]
    plan = planned(house, exported(house, home), server_id)
    assert (plan["server_id"], plan["creates"]) == (server_id, False)
    assert "name: Twin → Home" in texts(plan, "server")
    assert "belongs to the server 'Home'" in notes(plan, "server")
    assert not plan["can_be_applied"]


def test_only_the_plan_that_was_seen_is_applied(house: House) -> None:
    server_id = house.create("Moving")["id"]
    text = f"format: vsmanager.server/1\nserver: {{id: {server_id}, name: Moved}}\n"
    digest = planned(house, text)["digest"]
    assert house.app.ask("PATCH", f"/servers/{server_id}", json={"name": "Meanwhile"}).status_code == 200
    body = {"yaml": text, "digest": digest}
    house.app.refused("POST", "/definitions/apply", 409, "definition_plan_changed", json=body)
    assert house.get(server_id)["name"] == "Meanwhile"


def test_what_is_in_the_way_is_said_and_nothing_is_begun(house: House, home: str) -> None:
    text = f"""
format: vsmanager.server/1
server: {{id: blocked, name: Blocked, version: 9.9.9, port: {house.get(home)["port"]}}}
mods:
- {{modid: nosuch, version: 1.0.0, file_name: nosuch.zip, sha256: {"0" * 64}}}
"""
    plan = planned(house, text)
    assert not plan["can_be_applied"]
    assert "belongs to the server 'Home'" in notes(plan, "server")
    assert part(plan, "mods")["state"] == "blocked"
    body = {"yaml": text, "digest": plan["digest"]}
    problem = house.app.refused("POST", "/definitions/apply", 409, "definition_blocked", json=body)
    assert len(problem["reasons"]) >= 2
    assert "blocked" not in [server["id"] for server in house.app.get("/servers")["items"]]


def test_settings_of_the_game_are_checked_before_anything_is_done(house: House) -> None:
    server_id = house.create("Careful")["id"]
    text = f"""
format: vsmanager.server/1
server: {{id: {server_id}}}
configuration:
  serverconfig: {{maxclients: many, TickTime: 50.5, ServerIdentifier: stolen, Password: open-gate, NoSuch: {{A: 1}}}}
  servermagicnumbers: {{ServerAutoSave: 600}}
"""
    plan = planned(house, text)
    assert "configuration.serverconfig.maxclients has to be" in notes(plan, "configuration")
    assert not plan["can_be_applied"]
    kept = [step["text"] for step in part(plan, "configuration")["steps"] if step["action"] == "keep"]
    assert [text.partition(":")[0] for text in kept] == ["ServerIdentifier", "Password", "ServerAutoSave"]
    assert "configuration.serverconfig.NoSuch.A is no setting" in notes(plan, "configuration")
    assert "open-gate" not in str(plan)
    text = text.replace("many", "9").replace(", NoSuch: {A: 1}", "")
    applied(house, text)
    found = yaml.safe_load(exported(house, server_id))["configuration"]
    assert found["serverconfig"]["MaxClients"] == 9
    assert found["serverconfig"]["TickTime"] == 50.5
    again = planned(house, text)
    assert not again["has_changes"]
    assert "at its first start" in again["to_fill_in"][0]


def test_roles_are_changed_and_added_and_others_stay(house: House) -> None:
    server_id = house.create("Ranks")["id"]
    roles = yaml.safe_load(exported(house, server_id))["game_roles"]
    visitor = {**next(role for role in roles["roles"] if role["code"] == "suvisitor"), "privileges": ["chat", "build"]}
    helper = {"code": "helper", "name": "Helper", "privilege_level": 50, "privileges": ["chat", "kick"]}
    helper |= {"land_claim_allowance": 0, "land_claim_max_areas": 1}
    document = {
        "format": "vsmanager.server/1",
        "server": {"id": server_id},
        "game_roles": {"default_role": "suvisitor", "roles": [visitor, helper]},
    }
    text = yaml.safe_dump(document)
    plan = planned(house, text)
    assert texts(plan, "game_roles") == [
        "the role suvisitor",
        "the role helper",
        "role of newcomers: suplayer → suvisitor",
    ]
    assert "Stays, although the file does not name it: crvisitor" in notes(plan, "game_roles")
    applied(house, text)
    found = house.app.get(f"/servers/{server_id}/game-roles")
    assert len(found["roles"]) == len(roles["roles"]) + 1
    assert found["default_role"] == "suvisitor"
    assert not planned(house, text)["has_changes"], planned(house, text)


def test_who_is_told_is_for_admins(house: House, home: str) -> None:
    token = house.app.ask("POST", "/tokens", json={"name": "op", "role": "operator"}).json()["token"]
    operator = App(house.app._client, token)
    text = operator.ask("GET", f"/servers/{home}/definition").text
    assert "Phone" not in text
    assert "only admins see who is told" in text
    assert operator.ask("POST", "/definitions/plan", json={"yaml": text}).status_code == 403


def test_a_target_without_its_address_has_to_be_filled_in(house: House) -> None:
    server_id = house.create("Quiet")["id"]
    text = f"""
format: vsmanager.server/1
server: {{id: {server_id}}}
notifications:
- {{name: Pager, service: Discord, rules: [{{kinds: [server_crashed]}}]}}
"""
    plan = planned(house, text)
    assert (plan["has_changes"], part(plan, "notifications")["state"]) == (False, "left_alone")
    assert "Pager" in plan["to_fill_in"][0]
    filled = text.replace("service: Discord", "address: ntfy://deep-secret")
    run = applied(house, filled)
    assert "Pager" not in str(house.app.get(f"/runs/{run['id']}")), "viewers of the server read its runs"
    target = next(one for one in house.app.get("/notification-targets")["items"] if one["name"] == "Pager")
    assert [(rule["kinds"], rule["servers"]) for rule in target["rules"]] == [(["server_crashed"], [server_id])]
    assert not planned(house, filled)["has_changes"]
    assert "deep-secret" not in str(house.app.get("/audit", limit=100))


def test_a_new_server_needs_a_version_and_a_name(house: House) -> None:
    for text in ("server: {name: Nameless}", "world: {}"):
        problem = house.app.refused(
            "POST",
            "/definitions/plan",
            422,
            "incomplete_definition",
            json={"yaml": f"format: vsmanager.server/1\n{text}\n"},
        )
        assert problem["errors"][0]["field"].startswith("server.")


def test_no_text_whatever_is_more_than_refused(house: House, home: str) -> None:
    whole = exported(house, home)
    chance = random.Random(11)
    answers = set()
    for _ in range(60):
        letters = list(whole)
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(letters))
            letters[place] = chance.choice(":{}[]-#&*!|>'\"%@`\n \t\x00\u2028é0a,?")
        answer = house.app.ask("POST", "/definitions/plan", json={"yaml": "".join(letters)})
        answers.add(answer.status_code)
        assert answer.status_code in {200, 422}, answer.text
    assert answers == {200, 422}
    for body in ({"yaml": ""}, {"yaml": "a" * 1_000_001}, {"yaml": "x", "server_id": "../x"}, {}, {"yaml": 7}):
        assert house.app.ask("POST", "/definitions/plan", json=body).status_code == 422
    assert house.app.ask("POST", "/definitions/plan", content=b'{"yaml": "\\ud800"}').status_code in {400, 422}


def test_what_is_left_to_do_for_a_server_that_was_deleted_meanwhile_is_not_said_to_be_done(house: House) -> None:
    text = yaml.safe_dump(
        {
            "format": "vsmanager.server/1",
            "server": {"id": "deleted", "name": "Deleted", "version": VERSION},
            "configuration": {"serverconfig": {"MaxClients": 9}},
        }
    )
    definitions = house.app.manager.definitions
    names: tuple[PartName, ...] = ("configuration", "version")
    for name in names:
        one = partial(definitions._one, name, Applying("deleted", text, "anna"), read_definition(text), [])
        told: Any = house.app.in_loop(one)
        assert (told.outcome, told.text) == ("failed", "The server was deleted meanwhile."), told
