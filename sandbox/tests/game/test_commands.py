"""What commands answer."""

import json
import re

import pytest

from tests.game.playing import Game, Play, texts, until


def rows_after(game: Game, command: str, count: int) -> list[str]:
    """The first line of an answer and those that follow it."""
    game.ask(command)
    start = max(place for place, line in enumerate(game.lines) if line.endswith(f"Handling Console Command {command}")) + 1
    until(lambda: len(game.lines) >= start + count, f"{count} lines after {command}")
    return game.lines[start : start + count]


def test_clients_are_listed_as_in_1_21(play: Play) -> None:
    game = play("1.21.6", script="0 join Alice;0 join Bob-2", whitelisted=True).ready()
    whitelist(game, "Alice", "Bob-2")
    header, first, second, last = rows_after(game, "/list clients", 4)
    assert header.endswith("[Server Notification] List of online Players")
    assert re.fullmatch(r"\[\d+\] Alice \[::ffff:203\.0\.113\.\d+\]:\d+", first)
    assert re.fullmatch(r"\[\d+\] Bob-2 \[::ffff:203\.0\.113\.\d+\]:\d+", second)
    assert last == ""


def test_clients_are_listed_as_in_1_22(play: Play) -> None:
    game = play(script="0 join Alice").ready()
    whitelist(game, "Alice")
    _, first = rows_after(game, "/list c", 2)
    assert re.fullmatch(r"Playing \[\d+\] Alice \[::ffff:203\.0\.113\.\d+\]:\d+ \(\d+ms\) \(\d+s inactive\)", first)


@pytest.mark.parametrize("version", ["1.21.6", "1.22.7"])
def test_nobody_is_a_header_and_a_blank_line(play: Play, version: str) -> None:
    header, blank = rows_after(play(version).ready(), "/list clients", 2)
    assert header.endswith("List of online Players")
    assert blank == ""


def test_whoever_finds_no_place_waits_in_the_queue(play: Play) -> None:
    game = play("1.22.7", "--maxclients", "1", "--withconfig={ MaxClientsInQueue: 1, WhitelistMode: 1 }")
    game.ready()
    game.tell({"speed": 20, "players": 0, "script": "0 join Alice;1 join Bob;2 join Carol;60 leave Alice"})
    game.wait_for("Carol fails to join")
    assert rows_after(game, "/list clients", 3)[2].endswith("| Queue position: (1)")
    assert "overridden" in game.answer("/serverconfig maxclients 3")
    game.wait_for("Bob .* joins.$")


def test_stats_are_one_line_each_or_all_in_one(play: Play) -> None:
    game = play().ready()
    lines = rows_after(game, "/stats", 12)
    assert lines[0].endswith("Version: 1.22.7")
    for start in ("Uptime: 0 days, ", "Players last online: ", "Players online: 0 / 16", "Memory usage Managed/Total: "):
        assert [line for line in lines if line.startswith(start)], start
    assert "; Players online: 0 / 16; " in game.answer("/stats compact")


def test_an_announcement_is_an_event_and_a_message(play: Play) -> None:
    game = play().ready()
    assert game.answer("/announce back in 5 minutes") == "Server Console/Admin announced: back in 5 minutes."
    game.wait_for(r"\[Server Notification\] Message to all in group 0: .*back in 5 minutes$")


def test_help_is_markup_that_a_completion_can_be_built_from(play: Play) -> None:
    game = play().ready()
    game.ask("/help")
    game.wait_for("/worldconfig")
    listed = [line for line in game.lines if line.startswith("<code>/")]
    assert all(re.fullmatch(r"<code>/[a-z]+(?: <i>[^<]*</i>)*</code> :  .+", line) for line in listed)
    commands = {match[1] for line in listed if (match := re.match("<code>/([a-z]+)", line))}
    wanted = "announce autosavenow ban genbackup help kick list op stats stop time unban whitelist"
    assert set(wanted.split()) <= commands


def test_the_whitelist_changes_with_its_file(play: Play) -> None:
    game = play().ready()
    answer = game.answer("/whitelist add Alice a friend")
    assert re.fullmatch(r"Player is now whitelisted until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00", answer)
    (entry,) = player_file(game, "playerswhitelisted")
    assert (entry["PlayerName"], entry["Reason"], len(str(entry["PlayerUID"]))) == ("Alice", "a friend", 24)
    assert game.answer("/player alice whitelist") == "Player is currently whitelisted"
    assert game.answer("/whitelist remove ALICE") == "Player is now removed from the whitelist"
    assert game.answer("/player alice whitelist") == "Player is currently not whitelisted"
    assert player_file(game, "playerswhitelisted") == []
    assert "exists" in game.answer("/whitelist add nobody-at-all")


def test_the_mode_of_the_whitelist_is_kept(play: Play) -> None:
    game = play().ready()
    for command, mode in (("/whitelist off", 1), ("/whitelist on", 2), ("/serverconfig whitelistmode default", 0)):
        game.answer(command)
        assert json.loads((game.data / "serverconfig.json").read_text())["WhitelistMode"] == mode


def test_a_kick_is_for_those_who_are_on(play: Play) -> None:
    game = play("1.22.7", "--withconfig={ WhitelistMode: 1 }", script="0 join Alice").ready()
    game.wait_for("Alice .* joins.$")
    assert game.answer("/kick Bob") == "No player with name 'Bob' is online"
    game.write(b"/kick Alice too loud\n")
    game.wait_for(r"\[Server Event\] Player Alice got removed. Reason: .*too loud$")


def test_a_ban_needs_all_its_parts_and_holds(play: Play) -> None:
    game = play("1.22.7", "--withconfig={ WhitelistMode: 1 }", script="0 join Alice; 100 join Alice").ready()
    game.wait_for("Alice .* joins.$")
    for wrong in (
        "/ban",
        "/ban Alice",
        "/ban Alice griefing",
        "/ban Alice 3 griefing",
        "/ban Alice 3 weeks",
        "/ban Alice x week -",
    ):
        assert "rgument" in game.answer(wrong)
    game.write(b"/ban Alice 100 year griefing\n")
    game.wait_for("Player Alice got removed")
    game.wait_for("Player is now banned until 21")
    game.wait_for(r"Alice fails to join \(banned\)$")
    assert player_file(game, "playersbanned")[0]["Reason"] == "griefing"
    assert game.answer("/unban Alice") == "Player is now unbanned"
    assert game.answer("/unban Alice") == "Player is not banned"


def test_roles_are_given_and_kept(play: Play) -> None:
    game = play().ready()
    assert game.answer("/op Alice") == "Ok, role Admin assigned to Alice"
    assert game.answer("/player Alice role") == "Player has role admin"
    assert game.answer("/player Alice role sumod") == "Ok, role Survival Moderator assigned to Alice"
    assert "exists" in game.answer("/player Alice role emperor")
    assert player_file(game, "playerdata")[0]["RoleCode"] == "sumod"


def test_the_configuration_changes_while_it_runs(play: Play) -> None:
    game = play().ready()
    assert game.answer("/serverconfig name Our Valley") == "name set to Our Valley"
    assert game.answer("/sc name") == "Current name is Our Valley"
    assert game.answer("/serverconfig advertise on") == "advertise set to on"
    assert game.answer("/serverconfig antiabuse on") == "Not a valid argument 1: antiabuse"
    assert game.answer("/serverconfig autosaveintervall 60") == "autosaveintervall set to 60"
    assert "from 30 to 3600" in game.answer("/serverconfig autosaveintervall 5")
    assert json.loads((game.data / "serverconfig.json").read_text())["ServerName"] == "Our Valley"
    assert json.loads((game.data / "servermagicnumbers.json").read_text())["ServerAutoSave"] == 60
    assert any(text.endswith("changes server config name to Our Valley.") for text in texts(game.log("audit")))


def test_attributes_of_the_world_are_kept_in_the_save(play: Play) -> None:
    game = play("1.22.7", "--withconfig={ WorldConfig: { WorldConfiguration: { deathPunishment: 'keep' } } }").ready()
    assert game.answer("/worldconfig deathPunishment").endswith("keep")
    game.answer("/worldconfig deathPunishment drop")
    game.stop()
    again = play().ready()
    assert again.answer("/worldconfig deathPunishment").endswith("drop")


def test_an_autosave_is_told_in_its_order(play: Play) -> None:
    game = play().ready()
    game.write(b"/autosavenow\n")
    for text in (
        "ticking has been suspended",
        "Autosaving game world",
        "World saved! Saved",
        "resumed",
        "Offthread save of savegame",
    ):
        game.wait_for(text)
    game.wait_for("Autosave completed")


def test_the_world_is_saved_by_itself(play: Play) -> None:
    game = play(speed=300).ready()
    game.wait_for("Autosaving game world")
    game.wait_for("Autosaving game world")


def whitelist(game: Game, *names: str) -> None:
    """Let people in, and have them come again."""
    for name in names:
        game.answer(f"/whitelist add {name}")
    script = "; ".join(f"0 join {name}" for name in names)
    game.tell({"speed": 20, "players": 0, "script": f"{script} "})
    for name in names:
        game.wait_for(f"{name} .* joins.$")


def player_file(game: Game, name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((game.data / "Playerdata" / f"{name}.json").read_text())
    return found
