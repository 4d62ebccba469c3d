"""The configuration of a server that does not run is written at once, checked before, and nothing of it is lost."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.apps import App
from tests.server_config.desks import Desk
from tests.servers.games import free_port
from vintagestory_api.access.offline import create_token_offline
from vintagestory_api.access.roles import Role
from vintagestory_api.server_config import changing


def test_every_setting_is_shown_with_what_is_known_of_it(desk: Desk) -> None:
    view = desk.view()
    assert (view["problem"], view["server_runs"], view["world_exists"], view["pending"]) == (None, False, False, [])
    assert view["config_version"] == "1.10"
    assert "only players on the whitelist" not in view["whitelist"], "a new server is open unless it was asked for"
    players = desk.field("MaxClients")
    assert (players["value"], players["default"], players["takes_effect"]) == (16, 16, "live")
    assert players["command"] == "/serverconfig maxclients"
    assert desk.field("MapSizeX")["takes_effect"] == "new_world"
    assert desk.field("ConfigVersion")["takes_effect"] == "never"
    rule = desk.field("WorldConfig", "WorldConfiguration", "harshWinters")
    assert (rule["is_set"], rule["default"]) == (False, "true")
    assert all(field["title"] and field["text"] for field in view["fields"])


def test_a_change_touches_nothing_else(desk: Desk) -> None:
    config = desk.config()
    config["NewOf2030"] = {"deep": [1, 2.5]}
    desk.write_by_hand(json.dumps(config, indent=2))
    done = desk.change(
        (["MaxClients"], 20), (["AllowPvP"], False), (["WorldConfig", "WorldConfiguration", "harshWinters"], "false")
    )
    assert [outcome["outcome"] for outcome in done["outcomes"]] == ["written"] * 3
    after = desk.config()
    assert list(after) == list(config), "the order stays"
    assert after["NewOf2030"] == {"deep": [1, 2.5]}
    assert after["WorldConfig"]["WorldConfiguration"] == {"harshWinters": "false"}
    assert {name for name in after if after[name] != config[name]} == {"MaxClients", "AllowPvP", "WorldConfig"}
    assert [setting["path"] for setting in done["config"]["unknown"]] == [["NewOf2030", "deep"]]
    assert desk.outcomes((["MaxClients"], 20)) == ["unchanged"]
    assert desk.house.entry(desk.server_id, "config_changed")["details"]["waits"] == 0


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["MaxClients"], "many", "has to be a number"),
        (["MaxClients"], True, "has to be a number"),
        (["MaxClients"], 2.5, "whole number"),
        (["MaxClients"], 0, "1 at least"),
        (["MaxClients"], 10**30, "at most"),
        (["MaxClients"], None, "has to have a value"),
        (["AllowPvP"], "on", "true or false"),
        (["ServerName"], "a\nb", "one line"),
        (["ServerName"], "a\u0000b", "one line"),
        (["ServerName"], "x" * 201, "200 characters at most"),
        (["ServerUrl"], "javascript:alert(1)", "begins with http"),
        (["Ip"], "everywhere", "IP address"),
        (["WhitelistMode"], 3, "one of"),
        (["ModPaths"], ["Mods", "/etc"], "not in the folder"),
        (["ModPaths"], ["/tmp"], "Mods"),
        (["WorldConfig", "SaveFileLocation"], "/etc/passwd", "in the folder of this server"),
        (["WorldConfig", "SaveFileLocation"], "../x.vcdbs", "in the folder of this server"),
        (["DefaultRoleCode"], "emperor", "one of the roles"),
        (["ConfigVersion"], "9", "the game's own"),
        (["Roles"], [], "page of their own"),
        (["NoSuchThing"], 1, "is not known"),
        (["WorldConfig"], 1, "is not known"),
    ],
)
def test_what_the_game_could_not_use_is_refused(desk: Desk, path: list[str], value: Any, words: str) -> None:
    before = desk.config()
    told = desk.refused(422, "invalid_settings", (["AllowFireSpread"], False), (path, value))
    assert words in told["detail"]
    assert told["errors"][0]["field"] == ".".join(path)
    assert desk.config() == before


def test_a_link_in_the_folder_leads_no_path_out_of_it(desk: Desk) -> None:
    (desk.folder / "Out").symlink_to("/tmp", target_is_directory=True)
    told = desk.refused(422, "invalid_settings", (["WorldConfig", "SaveFileLocation"], f"{desk.folder}/Out/world.vcdbs"))
    assert "in the folder of this server" in told["detail"]
    (desk.folder / "Out").unlink()
    inside = f"{desk.folder}/Saves/second.vcdbs"
    assert desk.outcomes((["WorldConfig", "SaveFileLocation"], inside)) == ["written"]


def test_the_port_is_the_one_of_the_server(desk: Desk) -> None:
    port = free_port()
    assert desk.outcomes((["Port"], port)) == ["written"]
    assert desk.house.get(desk.server_id)["port"] == port
    other = desk.house.create("Beta")
    told = desk.refused(409, "port_taken", (["Port"], other["port"]), (["MaxClients"], 3))
    assert "'Beta'" in told["detail"]
    with socket.socket() as program:
        program.bind(("", 0))
        program.listen()
        told = desk.refused(409, "port_taken", (["Port"], program.getsockname()[1]))
        assert "another program" in told["detail"]
    assert (desk.config()["Port"], desk.house.get(desk.server_id)["port"]) == (port, port)
    assert desk.config()["MaxClients"] != 3


def test_a_password_is_only_set(desk: Desk) -> None:
    assert desk.outcomes((["Password"], "hunter22hunter")) == ["written"]
    assert desk.config()["Password"] == "hunter22hunter"
    field = desk.field("Password")
    assert (field["value"], field["is_set"], field["type"]) == (None, True, "secret")
    desk.refused(422, "invalid_settings", (["Password"], "hunter22hunter\nx"))
    desk.app.refused(
        "PATCH", desk.path(), 422, "invalid_request", json={"etag": "x", "changes": [{"path": [], "value": "hunter22hunter"}]}
    )
    seen = [
        desk.view(),
        desk.app.get(desk.path("serverconfig/text")),
        desk.app.get(desk.path("serverconfig/versions")),
        desk.app.get("/audit"),
        desk.house.timeline(desk.server_id),
    ]
    version = desk.app.get(desk.path("serverconfig/versions"))["items"][1]
    seen.append(desk.app.get(desk.path(f"serverconfig/versions/{version['id']}")))
    assert "hunter22hunter" not in json.dumps(seen)
    assert any(change["is_secret"] for change in seen[-1]["to_current"])
    assert desk.outcomes((["Password"], "")) == ["written"]
    assert desk.config()["Password"] is None


def test_bad_values_in_the_file_are_told_and_stop_nothing(desk: Desk) -> None:
    config = desk.config()
    config |= {"MaxClients": "many", "AllowPvP": 1, "Ip": ["x"], "WhitelistMode": 9, "TickTime": 1e999, "Odd": float("inf")}
    desk.write_by_hand(json.dumps(config).replace("Infinity", "1e999"))
    view = desk.view()
    problems = {field["path"][0]: field["problem"] for field in view["fields"] if field["problem"]}
    assert {"MaxClients", "AllowPvP", "Ip", "WhitelistMode"} <= set(problems)
    assert "nobody can tell" in view["whitelist"]


def test_a_file_that_is_no_json_is_told_with_its_line_and_mended_as_text(desk: Desk) -> None:
    good = json.dumps(desk.config(), indent=2)
    desk.write_by_hand(good.replace('"MaxClients": 16,', '"MaxClients": 16'))
    view = desk.view()
    line = good.splitlines().index('  "MaxClients": 16,') + 2
    assert (view["fields"], view["problem_line"]) == ([], line)
    desk.refused(409, "configuration_unreadable", (["MaxClients"], 3))
    raw = desk.app.get(desk.path("serverconfig/text"))
    assert raw["problem_line"] == line
    assert "opensesame" not in raw["text"]
    told = desk.app.refused(
        "PUT", desk.path("serverconfig/text"), 422, "broken_json", json={"text": raw["text"], "etag": raw["etag"]}
    )
    assert (told["line"], told["column"] > 0) == (line, True)
    assert f"could read ('MaxClientsInQueue' is not expected in line {line}, column " in told["detail"]
    mended = raw["text"].replace('"MaxClients": 16', '"MaxClients": 17,')
    answer = desk.app.ask("PUT", desk.path("serverconfig/text"), json={"text": mended, "etag": raw["etag"]})
    assert answer.status_code == 200, answer.text
    assert (desk.config()["MaxClients"], desk.config()["Password"]) == (17, "opensesame")


def test_text_is_kept_as_it_was_written_and_secrets_with_it(desk: Desk) -> None:
    raw = desk.app.get(desk.path("serverconfig/text"))
    assert '"Password": "••••••••"' in raw["text"]
    edited = "// mine\n" + raw["text"].replace('"MaxClients": 16', '"MaxClients": 9')
    answer = desk.app.ask("PUT", desk.path("serverconfig/text"), json={"text": edited, "etag": raw["etag"]})
    assert answer.status_code == 200, answer.text
    written = (desk.folder / "serverconfig.json").read_text()
    assert written.startswith("// mine\n")
    assert '"Password": "opensesame"' in written
    assert desk.field("MaxClients")["value"] == 9
    for text in ("[]", '"x"', "{", "{'a': 1, 'MaxClients': 'x'}"):
        answer = desk.app.ask("PUT", desk.path("serverconfig/text"), json={"text": text, "etag": desk.view()["etag"]})
        assert answer.status_code == 422
    assert (desk.folder / "serverconfig.json").read_text() == written


def test_two_people_lose_nothing(desk: Desk) -> None:
    etag = desk.view()["etag"]
    desk.change((["MaxClients"], 5), (["ServerName"], "By Anna"), etag=etag)
    desk.change((["AllowPvP"], False), etag=etag)
    assert (desk.config()["MaxClients"], desk.config()["AllowPvP"]) == (5, False)
    told = desk.refused(409, "changed_meanwhile", (["MaxClients"], 6), (["AllowFireSpread"], False), etag=etag)
    assert [(item["path"], item["value"]) for item in told["settings"]] == [(["MaxClients"], 5)]
    assert desk.config()["AllowFireSpread"] is True
    assert desk.outcomes((["MaxClients"], 6)) == ["written"], "now that it was seen"
    answer = desk.app.ask("PATCH", desk.path(), json={**desk.body((["MaxClients"], 7), etag=etag), "overwrite": True})
    assert answer.status_code == 200
    desk.change((["Password"], "secretsecret"))
    told = desk.refused(409, "changed_meanwhile", (["Password"], "mine"), etag=etag)
    assert "secretsecret" not in json.dumps(told)
    nobody_knows = "0" * 64 + ".0"
    told = desk.refused(409, "changed_meanwhile", (["MaxClients"], 8), etag=nobody_knows)
    assert told["settings"][0]["value"] == 7


def test_text_of_one_is_merged_with_settings_of_another(desk: Desk) -> None:
    raw = desk.app.get(desk.path("serverconfig/text"))
    desk.change((["MaxClients"], 5))
    edited = raw["text"].replace('"AllowPvP": true', '"AllowPvP": false')
    assert desk.app.ask("PUT", desk.path("serverconfig/text"), json={"text": edited, "etag": raw["etag"]}).status_code == 200
    assert (desk.config()["MaxClients"], desk.config()["AllowPvP"]) == (5, False)
    edited = raw["text"].replace('"MaxClients": 16', '"MaxClients": 6')
    desk.app.refused("PUT", desk.path("serverconfig/text"), 409, "changed_meanwhile", json={"text": edited, "etag": raw["etag"]})


def test_earlier_versions_come_back(desk: Desk) -> None:
    desk.change((["MaxClients"], 5), (["ServerName"], "First"))
    desk.change((["MaxClients"], 6))
    config = desk.config()
    config["LastLaunchPlaystyle"], config["AllowPvP"] = "exploration", False
    desk.write_by_hand(json.dumps(config))
    versions = desk.app.get(desk.path("serverconfig/versions"))["items"]
    assert [version["cause"] for version in versions[:3]] == ["outside", "manager", "manager"]
    assert (versions[0]["is_current"], versions[0]["actor"], versions[1]["actor"]) == (True, None, "admin")
    assert [change["path"] for change in versions[1]["changes"]] == [["MaxClients"]]
    assert (versions[1]["changes"][0]["before"], versions[1]["changes"][0]["after"]) == (5, 6)
    shown = desk.app.get(desk.path(f"serverconfig/versions/{versions[2]['id']}"))
    assert {tuple(change["path"]) for change in shown["to_current"]} == {("MaxClients",), ("AllowPvP",)}
    answer = desk.app.ask("POST", desk.path(f"serverconfig/versions/{versions[2]['id']}/return"))
    assert answer.status_code == 200, answer.text
    after = desk.config()
    assert (after["MaxClients"], after["AllowPvP"], after["ServerName"]) == (5, True, "First")
    assert after["LastLaunchPlaystyle"] == "exploration", "the game's own stays"
    assert desk.app.get(desk.path("serverconfig/versions"))["items"][0]["cause"] == "returned"
    desk.app.refused("POST", desk.path("serverconfig/versions/none/return"), 404, "config_version_not_found")


def test_an_earlier_version_has_no_password_to_bring_back(desk: Desk) -> None:
    desk.change((["Password"], "firstfirst"), (["MaxClients"], 5))
    version = desk.app.get(desk.path("serverconfig/versions"))["items"][0]
    desk.change((["Password"], "secondsecond"), (["MaxClients"], 6))
    answer = desk.app.ask("POST", desk.path(f"serverconfig/versions/{version['id']}/return"))
    assert answer.status_code == 200, answer.text
    assert (desk.config()["Password"], desk.config()["MaxClients"]) == ("secondsecond", 5)
    stored = b"".join(path.read_bytes() for path in desk.house.data_dir.glob("vsmanager.db*"))
    assert b"firstfirst" not in stored
    assert b"secondsecond" not in stored
    etag = desk.view()["etag"]
    desk.change((["MaxClients"], 7))
    desk.change((["Password"], "thirdthird"), etag=etag)
    desk.refused(409, "changed_meanwhile", (["Password"], "fourth"), etag=etag)


def test_a_broken_file_is_replaced_by_an_earlier_version_with_the_password_that_it_has(desk: Desk) -> None:
    desk.change((["MaxClients"], 8))
    version = desk.app.get(desk.path("serverconfig/versions"))["items"][0]
    desk.write_by_hand((desk.folder / "serverconfig.json").read_text().rstrip().removesuffix("}"))
    assert desk.view()["problem"]
    answer = desk.app.ask("POST", desk.path(f"serverconfig/versions/{version['id']}/return"))
    assert answer.status_code == 200, answer.text
    assert (desk.config()["MaxClients"], desk.config()["Password"]) == (8, "opensesame")


def test_an_edit_by_hand_at_this_very_moment_is_not_lost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.config()
    with monkeypatch.context() as patch:
        patch.setattr(changing, "read_configuration", lambda _folder, _name: b"{}")
        desk.refused(503, "configuration_not_written", (["MaxClients"], 9), (["Port"], free_port()))
    assert desk.config() == before
    assert desk.house.get(desk.server_id)["port"] == before["Port"]


def test_rules_that_only_a_mod_knows_can_be_set(desk: Desk) -> None:
    rules = ["WorldConfig", "WorldConfiguration"]
    assert desk.outcomes(([*rules, "surfacecopper"], "commonish")) == ["written"]
    assert desk.view()["unknown"] == [{"path": [*rules, "surfacecopper"], "value": "commonish"}]
    for name, value in (("a\nb", "x"), (" ", "x"), ("ok", {"deep": 1}), ("ok", ["x"])):
        desk.refused(422, "invalid_settings", ([*rules, name], value))


def test_who_only_looks_learns_neither_where_the_server_lies_nor_a_password_in_a_command(desk: Desk) -> None:
    secret = create_token_offline(desk.house.data_dir / "vsmanager.db", "viewer", Role.VIEWER, "test")
    viewer = App(desk.app._client, secret)
    desk.change((["StartupCommands"], "/serverconfig password hunter2\n/time stop"))
    shown = json.dumps(viewer.get(desk.path()), ensure_ascii=False)
    assert str(desk.folder) not in shown
    assert "/serverconfig password ***\\n/time stop" in shown
    assert "…/Saves/default.vcdbs" in shown
    for method, rest in (("PATCH", "serverconfig"), ("GET", "serverconfig/text"), ("GET", "serverconfig/versions")):
        assert viewer.ask(method, desk.path(rest), json={}).status_code == 403


def test_fifty_versions_are_kept(desk: Desk) -> None:
    for number in range(55):
        desk.change((["MaxClients"], 100 + number))
    found, cursor = [], ""
    while True:
        page = desk.app.get(desk.path("serverconfig/versions"), limit=20, cursor=cursor)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(found) == 50
    assert len({version["id"] for version in found}) == 50


def test_magic_numbers_have_their_limits(desk: Desk) -> None:
    field = desk.field("ServerAutoSave", file="servermagicnumbers")
    assert (field["minimum"], field["maximum"], field["unit"]) == (30, 3600, "s")
    assert desk.outcomes((["ServerAutoSave"], 600), file="servermagicnumbers") == ["written"]
    assert desk.config("servermagicnumbers")["ServerAutoSave"] == 600
    answer = desk.app.ask(
        "PATCH", desk.path("servermagicnumbers"), json=desk.body((["ServerAutoSave"], 10), file="servermagicnumbers")
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_settings")


def test_nothing_is_known_of_other_files_and_servers(desk: Desk) -> None:
    assert desk.app.ask("GET", desk.path("passwd")).status_code == 422
    assert desk.app.ask("GET", "/servers/nobody/config/serverconfig").status_code == 404
    assert desk.app.ask("DELETE", desk.path("serverconfig/pending"), params={"path": "nonsense"}).status_code == 422


def test_a_file_that_is_a_link_is_not_read(desk: Desk) -> None:
    path = desk.folder / "serverconfig.json"
    path.unlink()
    path.symlink_to("/etc/passwd")
    view = desk.view()
    assert view["fields"] == []
    assert "link" in view["problem"]
    desk.app.refused("GET", desk.path("serverconfig/text"), 409, "configuration_unreadable")
    path.unlink()
    assert desk.view()["is_there"] is False
    desk.refused(409, "configuration_unreadable", (["MaxClients"], 5))


def test_what_is_read_only_for_a_new_world_says_so_once_there_is_one(desk: Desk) -> None:
    rule = ["WorldConfig", "WorldConfiguration"]
    done = desk.change((["MapSizeY"], 512))
    assert [outcome["text"] for outcome in done["outcomes"]] == [None]
    world = Path(desk.config()["WorldConfig"]["SaveFileLocation"])
    world.parent.mkdir(exist_ok=True)
    world.touch()
    done = desk.change((["MapSizeY"], 256), (["MaxClients"], 9), ([*rule, "harshWinters"], "false"), ([*rule, "ofAMod"], "1"))
    told = {outcome["path"][-1]: outcome["text"] for outcome in done["outcomes"]}
    assert told.pop("MaxClients") is None
    assert all("nothing changes in it" in text for text in told.values())
    elsewhere = str(world.with_name("another.vcdbs"))
    done = desk.change((["WorldConfig", "SaveFileLocation"], elsewhere), (["MapSizeY"], 300))
    assert [outcome["text"] for outcome in done["outcomes"]] == [None, None], "the next start makes that world"
    world.unlink()
