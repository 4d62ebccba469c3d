"""Players of the sandbox's game, as the API tells of them, from its start to its end."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps import data_dir_where_nothing_is_due
from tests.players.guests import Guests
from tests.servers.games import LONG, install_version, running_house
from vintagestory_sandbox.dotnet_root import make_dotnet_root


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Path]:
    """Of a manager with one version of the game, and with a runtime for it."""
    data_dir = data_dir_where_nothing_is_due(tmp_path_factory.mktemp("players"), empty_database)
    install_version(data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path_factory.mktemp("dotnet"))))
        yield data_dir


@pytest.fixture(scope="module")
def home(folder: Path) -> Iterator[Guests]:
    with running_house(folder) as house:
        yield Guests(house, house.create("Home")["id"])


@pytest.fixture
def players(home: Guests) -> Guests:
    """Of one server for all tests, which runs; each test has people of its own."""
    if home.house.get(home.server_id)["state"] != "running":
        home.house.does(home.server_id, "start")
    return home


def test_who_joins_is_on_talks_and_leaves_a_session_behind(players: Guests) -> None:
    alice = players.comes("Alice")
    assert len(alice["uid"]) == 24
    assert alice["online_since"] is not None
    listed = players.app.until(players.all, lambda found: found["is_exact"], LONG)
    online = [player["name"] for player in listed["items"] if player["is_online"]]
    assert "Alice" in online
    assert (listed["online"], listed["max_players"]) == (len(online), 16)
    server = players.house.get(players.server_id)
    assert (server["players_online"], server["players_max"]) == (len(online), 16)
    players.play("chat Alice hello there", "leave Alice")
    players.until("Alice", is_online=False)
    (session,) = players.app.until(lambda: players.sessions("Alice"), lambda found: found[0]["end"], LONG)
    assert session["end"] == "left"
    assert session["joined_at"] < session["left_at"]
    assert players.until("Alice", sessions=1)["play_time_seconds"] == session["seconds"]
    chat = players.app.get(f"/servers/{players.server_id}/chat", q="hello")["items"]
    assert [(line["name"], line["text"], line["group"]) for line in chat] == [("Alice", "hello there", 0)]


def test_chat_that_imitates_a_join_is_no_join(players: Guests) -> None:
    players.comes("Eve")
    players.play(
        "chat Eve 4.8.2026 21:04:05 [Server Event] Mallory [::1]:43212 joins.",
        "chat Eve Mallory [::ffff:203.0.113.9]:43212 joins.",
        "chat Eve bye",
        "leave Eve",
    )
    players.until("Eve", is_online=False)
    assert players.app.get(f"/servers/{players.server_id}/chat", q="bye")["items"]
    assert players.one("Mallory") is None


def test_a_kick_is_done_or_refused(players: Guests) -> None:
    players.comes("Kilian")
    result = players.act("Kilian", "kick", {"reason": "be nice"})
    assert (result["outcome"], result["confirmed_by"]) == ("done", "answer")
    assert result["answer"]
    assert not players.until("Kilian", is_online=False)["is_online"]
    assert players.app.until(lambda: players.sessions("Kilian"), lambda found: found[0]["end"], LONG)[0]["end"] == "kicked"
    assert players.act("Kilian", "kick", {})["outcome"] == "refused"


def test_a_ban_and_its_end_are_done_or_refused(players: Guests) -> None:
    players.comes("Bruno")
    result = players.act("Bruno", "ban", {"amount": 3, "unit": "day", "reason": "griefing"})
    assert (result["outcome"], result["confirmed_by"]) == ("done", "answer")
    bruno = players.until("Bruno", is_online=False, is_banned=True, ban_reason="griefing")
    assert not bruno["is_banned_for_ever"]
    assert bruno["banned_until"] > bruno["last_seen"]
    players.play("join Bruno")
    assert players.act("Bruno", "unban")["outcome"] == "done"
    players.until("Bruno", is_banned=False)
    assert players.act("Bruno", "unban")["outcome"] == "refused"
    assert players.act("nobody-there", "ban", {})["outcome"] == "refused"


def test_the_whitelist_takes_people_who_never_joined_and_nobody_who_does_not_exist(players: Guests) -> None:
    assert players.act("Wanda", "whitelist")["outcome"] == "done"
    assert players.until("Wanda", is_whitelisted=True)["first_seen"] is None
    assert players.act("Wanda", "unwhitelist")["outcome"] == "done"
    assert players.app.until(lambda: players.one("Wanda"), lambda wanda: wanda is None or not wanda["is_whitelisted"], LONG) in (
        None,
        players.one("Wanda"),
    )
    assert players.act("Wanda", "unwhitelist")["outcome"] == "refused"
    assert players.act("nobody-there", "whitelist")["outcome"] == "refused"


def test_the_mode_of_the_whitelist_is_changed(players: Guests) -> None:
    for mode in ("on", "off"):
        answer = players.app.ask("PUT", f"/servers/{players.server_id}/whitelist", json={"mode": mode})
        assert answer.json()["outcome"] == "done", answer.text
        assert players.all()["whitelist"] == mode


def test_roles_are_given_and_those_that_do_not_exist_are_refused(players: Guests) -> None:
    players.comes("Rosa")
    assert players.act("Rosa", "role", {"role": "crmod"}, "PUT")["outcome"] == "done"
    players.until("Rosa", role="crmod")
    assert players.act("Rosa", "op")["outcome"] == "done"
    players.until("Rosa", role="admin")
    assert players.act("nobody-there", "op")["outcome"] == "refused"
    roles = players.app.get(f"/servers/{players.server_id}/roles")["items"]
    assert {"code": "admin", "name": "Admin"} in roles
    players.app.refused("PUT", f"{players.path}/Rosa/role", 422, "role_unknown", json={"role": "boss"})


@pytest.mark.parametrize("name", ["a b", "Anna%0A", "%3Cb%3E", "x" * 17, "Anna%00", "Anna%20role%20admin"])
def test_hostile_names_are_refused(players: Guests, name: str) -> None:
    players.app.refused("POST", f"{players.path}/{name}/kick", 422, "player_name_invalid", json={})
    players.app.refused("POST", f"{players.path}/{name}/op", 422, "player_name_invalid")
    players.app.refused("GET", f"{players.path}/{name}/sessions", 422, "player_name_invalid")


def test_hostile_reasons_are_refused(players: Guests) -> None:
    before = players.house.console(players.server_id)
    for reason in ("be nice\n/op Eve", "a\x1b[31m", "x" * 201, "a\x00"):
        players.app.refused("POST", f"{players.path}/Rosa/kick", 422, "invalid_request", json={"reason": reason})
    for reason in ("a\u2028/op Eve", "\u202egnp.exe"):
        players.app.refused("POST", f"{players.path}/Rosa/ban", 422, "reason_invalid", json={"reason": reason})
    for body in ({"amount": 0}, {"amount": "3"}, {"unit": "century"}, {"until": "never"}):
        players.app.refused("POST", f"{players.path}/Rosa/ban", 422, "invalid_request", json=body)
    said = players.house.console(players.server_id)[len(before) :]
    assert not any("/op" in line or "/kick" in line or "/ban" in line for line in said)


def test_no_answer_holds_an_address_of_a_player(players: Guests) -> None:
    players.comes("Adele")
    assert "203.0.113" not in json.dumps(players.all(limit=500))


def test_a_stopped_server_shows_its_players_and_refuses_actions(players: Guests) -> None:
    players.comes("Stefan")
    players.house.does(players.server_id, "stop")
    stefan = players.until("Stefan", is_online=False)
    assert stefan["sessions"] == 1
    assert players.app.until(lambda: players.sessions("Stefan"), lambda found: found[0]["end"], LONG)[0]["end"] == "server_ended"
    assert players.house.get(players.server_id)["players_online"] is None
    refusal = players.app.refused("POST", f"{players.path}/Stefan/kick", 409, "server_not_running", json={})
    assert "start it" in refusal["detail"]
    players.app.refused("GET", "/servers/nowhere/players", 404, "server_not_found")
