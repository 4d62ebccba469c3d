"""A game of the sandbox crashes under a manager that is killed: what is open stays open, and is told once."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.apps import data_dir_where_nothing_is_due
from tests.notifications.receivers import Receiver
from tests.players.towns import Town, end_game, town_of_a_manager, until
from tests.servers.games import install_version
from vintagestory_sandbox.dotnet_root import make_dotnet_root


class House:
    """A data folder, on which one manager after the other runs."""

    def __init__(self, data_dir: Path, dotnet: str) -> None:
        self._data_dir, self._dotnet = data_dir, dotnet

    def manager(self) -> AbstractContextManager[Town]:
        return town_of_a_manager(self._data_dir, self._dotnet)


@pytest.fixture
def house(tmp_path: Path, empty_database: Path) -> Iterator[House]:
    data_dir = data_dir_where_nothing_is_due(tmp_path / "data", empty_database)
    install_version(data_dir)
    house = House(data_dir, str(make_dotnet_root(tmp_path / "dotnet")))
    yield house
    with house.manager() as town:
        end_game(town)


def states(town: Town) -> list[str]:
    return [item["state"] for item in town.manager.get("/notification-deliveries")["items"]]


def test_a_crash_is_told_once_also_over_a_killed_manager_and_closed_when_the_game_is_ready(
    house: House, service: Receiver
) -> None:
    with house.manager() as town:
        assert town.manager.request("PATCH", "/api/v1/settings", {"crash_restart_limit": 0}).status == 200
        made = town.manager.post("/notification-targets", {"name": "Phone", "address": service.address})
        assert made.status == 201, made.json
        town.play("", crash="report")
        until(lambda: "Town stays down" in service.titles)
        keys = {alert["kind"]: alert for alert in town.manager.get("/alerts?open=true")["items"]}
        assert set(keys) == {"server_crashed", "server_gave_up"}
        assert "A critical error" in keys["server_crashed"]["text"]
        shown = [item["id"] for item in town.manager.get("/overview")["attention"] if "town" in item["id"]]
        assert shown == ["server_gave_up:town"], "not twice"
        until(lambda: states(town) == ["sent", "sent"])
        town.manager.kill()
    told = list(service.titles)
    assert sorted(told) == ["Town crashed", "Town stays down"]
    with house.manager() as town:
        until(lambda: town.manager.get("/alerts?open=true")["open_count"] == 2)
        assert {alert["id"] for alert in town.manager.get("/alerts")["items"]} == {alert["id"] for alert in keys.values()}
        town.play("")
        run = town.manager.post("/servers/town/start").json
        assert town.manager.wait_for_run(run["id"])["state"] == "succeeded"
        until(lambda: town.manager.get("/alerts")["open_count"] == 0)
        assert service.titles == told
        assert set(states(town)) == {"sent", "waiting"}, "that it is over is gathered for a moment"
