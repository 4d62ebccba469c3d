"""Texts that may hold secrets of other services stay out of the trail of changes, also when nothing comes of the request."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.two_servers import CALLERS, OWN, World, two_servers
from vintagestory_api.access.roles import Role

ADMIN = next(caller for caller in CALLERS if caller.role is Role.ADMIN)
SERVER = "/api/v1/servers/{server_id}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[World]:
    with two_servers(tmp_path_factory.mktemp("texts"), empty_database) as world:
        yield world


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/definitions/plan", {"yaml": "address: json://canary"}),
        ("POST", "/api/v1/definitions/apply", {"yaml": "address: json://canary", "digest": "x"}),
        ("POST", "/api/v1/definitions/apply", {"yaml": "address: json://canary"}),
        ("PUT", f"{SERVER}/mod-config/no-such.json", {"text": "canary", "etag": "x"}),
        ("PUT", f"{SERVER}/mod-config/no-such.json", {"text": "canary"}),
        ("PATCH", f"{SERVER}/config/serverconfig", {"changes": [{"path": ["Password"], "value": "canary"}]}),
        ("PUT", f"{SERVER}/config/serverconfig/text", {"text": "canary"}),
        ("PUT", f"{SERVER}/config/no-such-file/text", {"text": "canary", "etag": "x"}),
    ],
)
def test_a_text_that_is_refused_is_not_in_the_trail(world: World, method: str, path: str, body: dict[str, object]) -> None:
    assert world.ask(ADMIN, method, path, OWN, json=body).status_code in {404, 409, 422}
    trail = world.ask(ADMIN, "GET", "/api/v1/audit", OWN).json()["items"]
    assert trail[0]["result"] != "ok"
    assert "canary" not in str(trail)
