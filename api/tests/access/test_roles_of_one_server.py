"""What somebody does whose roles count on one server only, in the real application."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps import App
from tests.test_roles_on_servers import TAKES_AWAY
from tests.two_servers import CALLERS, FOREIGN, FOREIGN_PORT, OWN, Caller, World, two_servers
from vintagestory_api.access.roles import Role

ADMIN_OF_ONE = next(caller for caller in CALLERS if caller.name == "admin of one")
OPERATOR_OF_ONE = next(caller for caller in CALLERS if caller.name == "operator of one")
ADMIN_OF_ALL = next(caller for caller in CALLERS if caller.role is Role.ADMIN)


@pytest.fixture
def world(tmp_path: Path, empty_database: Path) -> Iterator[World]:
    with two_servers(tmp_path, empty_database) as world:
        yield world


def test_what_the_roles_on_a_server_allow_is_done_and_they_end_with_the_server(world: World) -> None:
    for method, path in TAKES_AWAY:
        assert world.ask(ADMIN_OF_ONE, method, path, FOREIGN).status_code == 404, path
        answer = world.ask(ADMIN_OF_ONE, method, path, OWN)
        assert answer.is_success, (path, answer.text)

    def left() -> list[str]:
        tokens = world.ask(ADMIN_OF_ALL, "GET", "/api/v1/tokens").json()["items"]
        return [token["name"] for token in tokens if token["server_roles"]]

    # A server that got the same id later would be another one.
    App(world.client, None).until(left, lambda names: names == [], 60)


def test_a_ticket_for_the_console_is_for_ones_own_server(world: World) -> None:
    path = "/api/v1/servers/{server_id}/console/ticket"
    assert world.ask(OPERATOR_OF_ONE, "POST", path, FOREIGN).status_code == 404
    ticket = world.ask(OPERATOR_OF_ONE, "POST", path, OWN).json()["ticket"]
    with world.client.websocket_connect(f"/api/v1/servers/{FOREIGN}/console/ws?ticket={ticket}") as socket:
        assert socket.receive()["code"] == 4401


def test_a_port_that_is_taken_does_not_tell_of_a_server_that_one_may_not_see(world: World) -> None:
    def refusal(caller: Caller) -> str:
        answer = world.ask(caller, "PATCH", "/api/v1/servers/{server_id}", OWN, json={"port": FOREIGN_PORT})
        assert (answer.status_code, answer.json()["code"]) == (409, "port_taken")
        return answer.text

    assert FOREIGN in refusal(ADMIN_OF_ALL)
    assert FOREIGN not in refusal(ADMIN_OF_ONE)


def test_who_looks_for_updates_of_mods_may_read_what_came_of_it_for_their_own_server(world: World) -> None:
    path = "/api/v1/servers/{server_id}/mods/updates/check"
    begun = world.ask(OPERATOR_OF_ONE, "POST", path, OWN)
    assert (begun.status_code, begun.json()["server_id"]) == (202, OWN), begun.text

    def run() -> Any:
        answer = world.ask(OPERATOR_OF_ONE, "GET", f"/api/v1/runs/{begun.json()['id']}", OWN)
        assert answer.status_code == 200, answer.text
        return answer

    ended = App(world.client, None).until(run, lambda answer: answer.json()["ended_at"], 60)
    assert FOREIGN not in ended.text
    of_all = world.ask(ADMIN_OF_ALL, "POST", path, OWN).json()
    assert of_all["server_id"] is None
    assert world.ask(OPERATOR_OF_ONE, "GET", f"/api/v1/runs/{of_all['id']}", OWN).status_code == 404


def test_an_admin_of_one_server_names_no_path_of_the_machine_to_its_game(world: World) -> None:
    path = "/api/v1/servers/{server_id}"

    def change(caller: Caller, arguments: list[str], stop_timeout: int) -> tuple[int, Any]:
        settings = {"extra_arguments": arguments, "stop_timeout_seconds": stop_timeout}
        answer = world.ask(caller, "PATCH", path, OWN, json={"settings": settings})
        return answer.status_code, answer.json().get("code")

    assert change(ADMIN_OF_ONE, ["--addModPath", "/etc"], 30) == (403, "role_too_low")
    assert change(ADMIN_OF_ALL, ["--addModPath", "/srv/mods"], 30) == (200, None)
    assert change(ADMIN_OF_ONE, ["--addModPath", "/srv/mods"], 40) == (200, None), "what stays is no change"
    assert change(ADMIN_OF_ONE, [], 40) == (403, "role_too_low")
