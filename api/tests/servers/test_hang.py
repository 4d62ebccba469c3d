"""Games that run but no longer answer."""

import os
import signal

import pytest

from tests.servers.games import LONG, House
from vintagestory_api.servers.hang_watch import HangWatch
from vintagestory_api.servers.surroundings import Pace


@pytest.fixture
def house(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Looks often; a console that does not read what it is given counts as busy soon."""
    servers = house.app.manager.servers
    monkeypatch.setattr(servers, "pace", Pace(probe_every=0.2, probe_timeout=0.5, look_every=0.05))
    monkeypatch.setattr(servers._host, "_limits", {"busy_seconds": 0.3})
    return house


def test_a_game_that_no_longer_answers_is_reported_until_it_does(house: House) -> None:
    house.settings(server_hang_after_seconds=1)
    server = house.create(start=True)["id"]
    house.app.until(lambda: house.console(server), lambda lines: any("/stats" in line for line in lines), 60)
    assert not house.get(server)["is_hung"]

    house.switch(server, hang=True)
    hung = house.until(server, is_hung=True)
    assert hung["state"] == "running"
    assert hung["warnings"]
    assert house.entry(server, "hung")["details"]["text"]
    assert f"server_hung:{server}" in {item["id"] for item in house.app.get("/overview")["attention"]}

    house.does(server, "kill")
    assert not house.get(server)["is_hung"]


def test_a_game_that_answers_again_is_told(house: House) -> None:
    house.settings(server_hang_after_seconds=1)
    server = house.create(start=True)["id"]
    status = house.app.manager.servers.get(server).status
    assert status is not None
    assert status.game_pid is not None
    os.kill(status.game_pid, signal.SIGSTOP)
    house.until(server, is_hung=True)
    os.kill(status.game_pid, signal.SIGCONT)
    found = house.until(server, is_hung=False)
    assert (found["state"], found["warnings"]) == ("running", [])
    house.entry(server, "answers_again")


def test_questions_of_the_manager_are_marked(house: House) -> None:
    server = house.create(start=True)["id"]
    house.app.until(lambda: house.console(server), lambda lines: any("/stats" in line for line in lines), 60)
    shown = house.app.get(f"/servers/{server}/console", limit=5000)["lines"]
    assert not any("Handling Console Command /stats" in line["text"] for line in shown)


def test_nothing_is_reported_where_that_is_off(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[bool] = []
    ask = HangWatch._answers

    async def ask_and_count(watch: HangWatch) -> bool:
        answers.append(await ask(watch))
        return answers[-1]

    monkeypatch.setattr(HangWatch, "_answers", ask_and_count)
    house.settings(server_hang_after_seconds=0)
    server = house.create(start=True)["id"]
    house.switch(server, hang=True)
    house.app.until(lambda: answers.count(False), lambda unanswered: unanswered >= 3, LONG)
    assert "hung" not in house.kinds(server)
