"""`vsmanager players` on a server that runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps import data_dir_where_nothing_is_due
from tests.cli.commands import Ended, words_of
from tests.cli.conftest import Run
from tests.players.towns import Town, end_game, town_of_a_manager, until
from tests.servers.games import install_version
from vintagestory_sandbox.dotnet_root import make_dotnet_root


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Town]:
    """Anna is on, and has said something."""
    data_dir = data_dir_where_nothing_is_due(tmp_path_factory.mktemp("town"), empty_database)
    install_version(data_dir)
    with town_of_a_manager(data_dir, str(make_dotnet_root(tmp_path_factory.mktemp("dotnet")))) as town:
        town.play("0.1 join Anna; 0.2 chat Anna where is my anvil; 0.3 join Bob")
        until(lambda: town.are_on("Anna", "Bob"))
        yield town
        end_game(town)


@pytest.fixture
def players(town: Town, run_here: Run) -> Run:
    def run(*arguments: str) -> Ended:
        return run_here("players", *arguments, VS_DATA_DIR=str(town.manager.data_dir))

    return run


def test_who_is_on_is_listed(players: Run) -> None:
    shown = players("list", "town", "--online", "--search", "ann")
    assert shown.code == 0, shown
    head, anna = words_of(shown.out)[:2]
    assert head[:3] == ["NAME", "SEEN", "PLAYED"]
    assert anna[0] == "Anna"
    assert anna[1].startswith("on for ")
    assert " of 16 on" in shown.out
    assert {player["name"] for player in players("list", "town", "--json").json["items"]} >= {"Anna", "Bob"}


def test_one_player_is_shown_with_the_sessions(players: Run) -> None:
    shown = players("show", "town", "anna")
    assert shown.code == 0, shown
    assert "still on" in shown.out
    document: dict[str, Any] = players("show", "town", "anna", "--json").json
    assert (document["name"], document["latest_sessions"][0]["end"]) == ("Anna", None)
    nobody = players("show", "town", "Nemo", "--json")
    assert (nobody.code, nobody.problem["code"]) == (5, "player_not_found")


def test_what_was_said_is_shown(players: Run) -> None:
    shown = players("chat", "town", "--search", "anvil")
    assert "Anna: where is my anvil" in shown.out
    assert [line["text"] for line in players("chat", "town", "--json").json["items"]] == ["where is my anvil"]


def test_actions_say_what_came_of_them(players: Run) -> None:
    for arguments in (
        ("whitelist", "town", "Wanda"),
        ("unwhitelist", "town", "Wanda"),
        ("ban", "town", "Eve", "--for", "3", "--unit", "day", "--reason", "griefing"),
        ("unban", "town", "Eve"),
        ("role", "town", "Rosa", "crmod"),
        ("op", "town", "Rosa"),
        ("whitelist-mode", "town", "off"),
        ("kick", "town", "Bob", "--reason", "be nice"),
    ):
        done = players(*arguments)
        assert (done.code, done.err) == (0, ""), done
        assert done.out.strip()
    document = players("role", "town", "Rosa", "suplayer", "--json").json
    assert (document["outcome"], document["confirmed_by"]) == ("done", "answer")
    refused = players("unban", "town", "Eve", "--json")
    assert (refused.code, refused.problem["code"]) == (1, "action_refused")


def test_what_can_not_be_is_refused(players: Run) -> None:
    assert players("kick", "nowhere", "Anna").code == 5
    assert players("kick", "town", "a b").code == 2
    assert players("kick", "town", "Anna", "--reason", "two\nlines").code == 2
    assert players("role", "town", "Anna", "boss").code == 2
    assert players("ban", "town", "Anna", "--unit", "century").code == 2
    assert players("whitelist-mode", "town", "maybe").code == 2
