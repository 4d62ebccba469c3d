"""Every route of the OpenAPI document, every caller, and things of a server that is theirs and of one that is not."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.access.route_walk import OfferedRoute, stream_paths, walk_routes
from tests.two_servers import CALLERS, FOREIGN, OWN, Caller, World, two_servers
from vintagestory_api.access.roles import Role

#: What takes away what the others need is done in a world of its own, in `access/test_roles_of_one_server.py`.
TAKES_AWAY: Final = (
    ("DELETE", "/api/v1/schedules/{schedule_id}"),
    ("DELETE", "/api/v1/backups/{backup_id}"),
    ("DELETE", "/api/v1/servers/{server_id}"),
)
#: Bodies that are right, where one that is not would be refused before anybody looks at the object.
BODIES: Final[dict[str, dict[str, Any]]] = {"/api/v1/schedules/{schedule_id}": {"enabled": False}}
OBJECTS: Final = re.compile(r"\{(server_id|run_id|schedule_id|backup_id|alert_id)\}")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[World]:
    with two_servers(tmp_path_factory.mktemp("data"), empty_database) as world:
        yield world


@pytest.fixture(scope="module")
def routes(world: World) -> list[OfferedRoute]:
    app: Any = world.client.app
    streams = stream_paths(app)
    return [route for route in walk_routes(app) if route.required_role is not None and route.path not in streams]


def expected(route: OfferedRoute, caller: Caller, server_id: str) -> str:
    """`let in`, `role_too_low` or `not there`."""
    assert route.required_role is not None
    here, needed = caller.role_on(server_id), route.required_role
    if "{server_id}" in route.path:
        if not here.includes(Role.VIEWER):
            return "not there"
        counting = caller.role if route.scope == "manager" else here
        return "let in" if counting.includes(needed) else "role_too_low"
    if route.scope == "manager":
        return "let in" if caller.role.includes(needed) else "role_too_low"
    if not caller.highest.includes(needed):
        return "role_too_low"
    if route.scope == "object":
        if not here.includes(Role.VIEWER):
            return "not there"
        return "let in" if here.includes(needed) else "role_too_low"
    return "let in"


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_everybody_reaches_what_their_roles_on_its_server_allow(world: World, routes: list[OfferedRoute], caller: Caller) -> None:
    assert sum(route.scope == "object" for route in routes) > 10
    for route in routes:
        has_object = OBJECTS.search(route.path) is not None
        for server_id in (OWN, FOREIGN) if has_object else (OWN,):
            wanted = expected(route, caller, server_id)
            if wanted == "let in" and (route.method, route.path) in TAKES_AWAY:
                continue
            if wanted == "let in" and not has_object and route.method != "GET":
                continue  # what has no object is tried by each role elsewhere, and some of it ends what others need
            body = None if route.method == "GET" else BODIES.get(route.path, {})
            answer = world.ask(caller, route.method, route.path, server_id, json=body)
            told = f"{caller.name}: {route.method} {route.path} of {server_id}: {answer.status_code} {answer.text[:200]}"
            code = answer.json().get("code") if answer.headers.get("content-type") == "application/problem+json" else None
            if wanted == "let in":
                assert (code, answer.status_code) != ("role_too_low", 403), told
                assert answer.status_code not in {401, 500}, told
                assert not (answer.status_code == 404 and code in {"server_not_found", f"{kind_of(route)}_not_found"}), told
            elif wanted == "role_too_low":
                assert (code, answer.status_code) == ("role_too_low", 403), told
            else:
                assert (code, answer.status_code) == (f"{kind_of(route)}_not_found", 404), told


def kind_of(route: OfferedRoute) -> str:
    found = OBJECTS.search(route.path)
    return found[1].removesuffix("_id") if found else "thing"


def test_nobody_reaches_anything(world: World, routes: list[OfferedRoute]) -> None:
    for route in routes:
        for server_id in (OWN, FOREIGN):
            assert world.ask(None, route.method, route.path, server_id, json={}).status_code == 401, route


@pytest.mark.parametrize("caller", [one for one in CALLERS if one.role is Role.NONE], ids=lambda caller: caller.name)
def test_no_answer_names_a_server_that_the_caller_may_not_see(world: World, routes: list[OfferedRoute], caller: Caller) -> None:
    secrets = {FOREIGN, *world.objects[FOREIGN].values()}
    for route in routes:
        if route.method == "GET":
            answer = world.ask(caller, "GET", route.path, OWN)
            assert not [secret for secret in secrets if secret in answer.text], (route, answer.text[:2000])


def test_what_is_not_there_and_what_may_not_be_seen_are_refused_in_the_same_words(
    world: World, routes: list[OfferedRoute]
) -> None:
    caller = next(one for one in CALLERS if one.name == "admin of one")
    for route in routes:
        found = OBJECTS.search(route.path)
        if found is None or expected(route, caller, FOREIGN) != "not there":
            continue
        body = None if route.method == "GET" else BODIES.get(route.path, {})
        foreign_id, other_id = world.objects[FOREIGN][found[1]], "0" * len(world.objects[FOREIGN][found[1]])
        foreign = world.ask(caller, route.method, route.path, FOREIGN, json=body)
        missing = world.ask(caller, route.method, route.path.replace(found[0], other_id), FOREIGN, json=body)
        assert missing.status_code == foreign.status_code, route
        assert missing.text.replace(other_id, foreign_id) == foreign.text, route


@pytest.mark.parametrize("path", ["/runs", "/backups", "/schedules", "/alerts", "/servers"])
def test_lists_hold_what_is_of_ones_own_servers_and_nothing_else(world: World, path: str) -> None:
    def of(name: str) -> set[str]:
        caller = next(one for one in CALLERS if one.name == name)
        items = world.ask(caller, "GET", f"/api/v1{path}").json()["items"]
        return {item["id"] if path == "/servers" else item["server_id"] for item in items}

    assert of("viewer of all") >= {OWN, FOREIGN}
    assert of("viewer of one") == of("admin of one") == {OWN}


def test_an_operator_of_one_server_does_not_put_its_backup_into_a_new_one(world: World) -> None:
    caller = next(one for one in CALLERS if one.name == "admin of one")
    body = {"new_server": {"name": "Mine alone"}}
    answer = world.ask(caller, "POST", "/api/v1/backups/{backup_id}/restore", OWN, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low")
