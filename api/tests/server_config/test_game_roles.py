"""Roles of players: edited one by one, without losing what only the game knows, and never so that nobody can control it."""

import json
from typing import Any

import pytest

from tests.facts import facts_path
from tests.server_config.desks import Desk
from vintagestory_api.server_config.game_roles import read_roles, written_roles


def roles_path(desk: Desk) -> str:
    return f"/servers/{desk.server_id}/game-roles"


def put(desk: Desk, roles: list[dict[str, Any]], default: str = "suplayer") -> Any:
    body = {"etag": desk.app.get(roles_path(desk))["etag"], "roles": roles, "default_role": default}
    return desk.app.ask("PUT", roles_path(desk), json=body)


def test_roles_are_shown_and_one_is_changed(desk: Desk) -> None:
    config = desk.config()
    config["Roles"][2]["OfAMod"] = {"x": 1}
    desk.write_by_hand(json.dumps(config, indent=2))
    shown = desk.app.get(roles_path(desk))
    assert (shown["default_role"], shown["problem"], shown["is_pending"]) == ("suplayer", None, False)
    assert {privilege["code"] for privilege in shown["privileges"]} >= {"build", "controlserver"}
    roles = shown["roles"]
    player = next(role for role in roles if role["code"] == "suplayer")
    player["land_claim_allowance"] = 99
    player["privileges"] = [*player["privileges"], "tp"]
    roles.append({**player, "code": "builder", "name": "Builder"})
    answer = put(desk, roles, default="builder")
    assert answer.status_code == 200, answer.text
    after = desk.config()
    assert after["DefaultRoleCode"] == "builder"
    assert after["Roles"][2] == config["Roles"][2], "with what nobody knows"
    changed = next(role for role in after["Roles"] if role["Code"] == "suplayer")
    before = next(role for role in config["Roles"] if role["Code"] == "suplayer")
    assert {name for name in changed if changed[name] != before[name]} == {"LandClaimAllowance", "Privileges"}
    assert list(after["Roles"][-1]) == list(before), "a new role has everything that the game expects"
    version = desk.app.get(desk.path("serverconfig/versions"))["items"][0]
    assert ["Roles", "builder"] in [change["path"] for change in version["changes"]]


@pytest.mark.parametrize(
    ("drop", "default", "words"),
    [
        ("admin", "suplayer", "'admin' with every privilege"),
        ("suplayer", "suplayer", "'suplayer', which new players get"),
        (None, "nobody", "'nobody', which new players get"),
    ],
)
def test_what_nobody_could_play_with_is_refused(desk: Desk, drop: str | None, default: str, words: str) -> None:
    roles = [role for role in desk.app.get(roles_path(desk))["roles"] if role["code"] != drop]
    answer = put(desk, roles, default)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_settings")
    assert words in answer.json()["detail"]
    for role in roles:
        role["auto_grant"] = False
    assert put(desk, roles).status_code == 422
    assert put(desk, [*roles, roles[0]]).status_code == 422


def test_a_role_of_players_does_not_vanish(desk: Desk) -> None:
    players = desk.folder / "Playerdata" / "playerdata.json"
    players.parent.mkdir(exist_ok=True)
    records = [{"PlayerUID": f"u{number}", "RoleCode": "sumod", "LastKnownPlayername": f"P{number}"} for number in range(3)]
    players.write_text(json.dumps(records))
    shown = desk.app.get(roles_path(desk))
    assert shown["players"] == {"sumod": 3}
    answer = put(desk, [role for role in shown["roles"] if role["code"] != "sumod"])
    assert (answer.status_code, answer.json()["code"]) == (409, "role_in_use")
    assert "sumod (3 players)" in answer.json()["detail"]
    players.unlink()
    assert put(desk, [role for role in shown["roles"] if role["code"] != "sumod"]).status_code == 200
    assert "sumod" not in {role["Code"] for role in desk.config()["Roles"]}


def test_roles_that_make_no_sense_are_told(desk: Desk) -> None:
    config = desk.config()
    broken: Any
    for broken in (
        {},
        [],
        [1],
        [{"Code": "a"}, {"Code": "a"}],
        [{"Code": "a", "PrivilegeLevel": "x"}],
        [{"Code": "a b"}],
        [{"Code": f"r{number}"} for number in range(200)],
    ):
        desk.write_by_hand(json.dumps({**config, "Roles": broken}))
        shown = desk.app.get(roles_path(desk))
        assert (shown["roles"], bool(shown["problem"])) == ([], True), broken


@pytest.mark.real_data
def test_real_roles_are_written_as_they_were_read() -> None:
    for path in facts_path("data/configs").glob("*serverconfig.json"):
        present = json.loads(path.read_text(encoding="utf-8-sig"))["Roles"]
        roles, problem = read_roles(present)
        assert problem is None, (path.name, problem)
        assert written_roles(present, roles) == present, path.name
