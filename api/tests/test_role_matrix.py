"""Every role, and no token at all, on every route of the OpenAPI document of the real application."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from tests.access.route_walk import OfferedRoute, stream_paths, unsecured_routes, walk_routes
from tests.streams import status_of_stream
from vintagestory_api.access.offline import create_token_offline
from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import SecuredRoute
from vintagestory_api.config import ProcessSettings
from vintagestory_api.main import create_app

NOBODY_HOME = "http://127.0.0.1:9"
PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/api/v1/session"),
    ("POST", "/api/v1/session"),
    ("DELETE", "/api/v1/session"),
    ("POST", "/api/v1/setup"),
}
#: What everybody may change: nothing but what is their own.
OWN = {
    ("DELETE", "/api/v1/session/view-as"),
    ("DELETE", "/api/v1/sessions"),
    ("DELETE", "/api/v1/sessions/{session_id}"),
    ("POST", "/api/v1/me/password"),
    ("POST", "/api/v1/me/second-factor"),
    ("POST", "/api/v1/me/second-factor/confirm"),
    ("POST", "/api/v1/me/second-factor/recovery-codes"),
    ("DELETE", "/api/v1/me/second-factor"),
}
CALLERS: list[Role | None] = [None, *Role]


class Caller:
    """The real application, running, and one token of each role."""

    def __init__(self, client: TestClient, secrets: dict[Role, str], streams: set[str]) -> None:
        self._client = client
        self._streams = streams
        self._secrets = secrets

    def send(self, role: Role | None, route: OfferedRoute) -> int:
        """The status of the answer. Path parameters name nothing that exists, and the body is empty."""
        path = re.sub(r"\{[^}]+\}", "no-such-thing", route.path)
        headers = {} if role is None else {"X-API-Key": self._secrets[role]}
        if route.path in self._streams:
            assert self._client.portal
            return self._client.portal.call(status_of_stream, self._client.app, path, headers)
        return self._client.request(route.method, path, headers=headers).status_code


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    data_dir = tmp_path_factory.mktemp("data")
    return create_app(ProcessSettings(data_dir=data_dir, mod_db_url=NOBODY_HOME, versions_url=NOBODY_HOME))


@pytest.fixture(scope="module")
def caller(app: FastAPI) -> Iterator[Caller]:
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        data_dir: Path = app.state.settings.data_dir
        secrets = {role: create_token_offline(data_dir / "vsmanager.db", role.value, role, "test") for role in Role}
        yield Caller(client, secrets, stream_paths(app))


@pytest.mark.parametrize("role", CALLERS)
def test_each_route_lets_in_who_may_use_it_and_nobody_else(app: FastAPI, caller: Caller, role: Role | None) -> None:
    routes = walk_routes(app)
    assert len(routes) > 10
    for route in routes:
        status = caller.send(role, route)
        if route.required_role is None:
            assert status not in {401, 403}, f"{route} is public"
        elif role is None:
            assert status == 401, f"{route} needs a token"
        elif role is Role.NONE and "{server_id}" in route.path:
            assert status == 404, f"{route} is about a server that isn't there for {role}"
        elif role.includes(route.required_role):
            assert status not in {401, 403}, f"{role} may use {route}"
            assert status != 500, f"{route} fails"
        else:
            assert status == 403, f"{role} may not use {route}"


def test_health_and_signing_in_and_out_alone_are_public(app: FastAPI) -> None:
    assert {(route.method, route.path) for route in walk_routes(app) if route.required_role is None} == PUBLIC


def test_every_route_goes_through_the_one_mechanism(app: FastAPI) -> None:
    assert unsecured_routes(app) == []


def test_a_viewer_can_only_read_and_change_what_is_their_own(app: FastAPI) -> None:
    changing = {route for route in walk_routes(app) if route.method != "GET"}
    assert {(route.method, route.path) for route in changing if route.required_role in {Role.NONE, Role.VIEWER}} == OWN


def test_of_every_route_it_was_decided_where_its_role_counts(app: FastAPI) -> None:
    """For viewers and operators, a path without a server in it has to say so itself; what is left to admins is the manager's."""
    open_ones = {Role.VIEWER, Role.OPERATOR, Role.NONE}
    for route in iter_route_contexts(app.routes):
        found = route.original_route
        if isinstance(found, SecuredRoute) and found.required_role in open_ones and found.scope != "server":
            assert found.says_scope, f"{route.path} does not say x-scope: manager, anyone, object or list"


@pytest.mark.parametrize("word", ["settings", "tokens", "users", "audit"])
def test_settings_tokens_users_and_audit_are_for_admins(app: FastAPI, word: str) -> None:
    routes = [route for route in walk_routes(app) if f"/{word}" in route.path and (word != "settings" or route.method != "GET")]
    assert routes
    assert {route.required_role for route in routes} == {Role.ADMIN}
