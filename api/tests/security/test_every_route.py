"""What is tried on every route, walked from the OpenAPI document: ways out of a folder, other hosts, other sites."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.security.furnished import Furnished
from tests.security.walked import Operation, ask, filled, walk

CANARY = "a canary that sits outside"
PLANTED = "planted"
WAYS_OUT = (
    "../canary.txt",
    "../../canary.txt",
    "../../../canary.txt",
    "Logs/../../canary.txt",
    "..\\canary.txt",
    "/etc/passwd",
    "..",
    ".",
    "canary.txt\0.json",
    "....//canary.txt",
    "%2e%2e/canary.txt",
)
#: Takes the server, the game or what lies beside them away, which is what it is for; its id is the only way that it takes.
ENDS = {
    ("DELETE", "/api/v1/servers/{server_id}"),
    ("DELETE", "/api/v1/installed-versions/{version}"),
    ("DELETE", "/api/v1/users/{user_id}"),
    ("DELETE", "/api/v1/tokens/{token_id}"),
    ("DELETE", "/api/v1/backups/{backup_id}"),
    ("DELETE", "/api/v1/schedules/{schedule_id}"),
}
STREAM = "/api/v1/events"


@pytest.fixture(scope="module")
def operations() -> list[Operation]:
    return list(walk())


@pytest.fixture(scope="module")
def outside(house: Furnished) -> Iterator[Furnished]:
    """With something to find in each folder above the server's."""
    folders = (house.data_path.parent, house.manager.data_dir, house.manager.data_dir.parent)
    for folder in folders:
        (folder / "canary.txt").write_text(CANARY)
    yield house
    for folder in folders:
        assert (folder / "canary.txt").read_text() == CANARY
        (folder / "canary.txt").unlink()


def hostile_targets(house: Furnished, operation: Operation, way: str) -> Iterator[str]:
    """The address with that way in the place of one of its parameters, the others naming what is there."""
    escaped = quote(way, safe="")
    for name in operation.parameters("path"):
        for written in (escaped, quote(way, safe="/%.")):
            yield filled(house, operation.path.replace(f"{{{name}}}", written))
    for name in operation.parameters("query"):
        yield f"{filled(house, operation.path)}?{name}={escaped}"


def test_no_parameter_of_an_address_is_a_way_out(outside: Furnished, operations: list[Operation]) -> None:
    asked = 0
    for operation in operations:
        if operation.path == STREAM:
            continue
        for way in WAYS_OUT:
            for target in hostile_targets(outside, operation, way):
                body = b"planted" if operation.takes == "application/octet-stream" else None
                status, answer = ask(outside, operation.method, target, body)
                assert status < 500 or status == 503, (operation.method, target, answer)
                assert CANARY.encode() not in answer, (operation.method, target)
                assert b"root:x:0" not in answer, (operation.method, target)
                asked += 1
    assert asked > 1_000
    assert_nothing_was_planted(outside)


def test_no_text_of_a_body_is_a_way_out(outside: Furnished, operations: list[Operation]) -> None:
    asked = 0
    for operation in operations:
        if operation.takes != "application/json" or (operation.method, operation.path) in ENDS:
            continue
        for way in (*WAYS_OUT[:2], "..", f"../../{PLANTED}.txt", f"{outside.manager.data_dir}/canary.txt"):
            status, answer = ask(outside, operation.method, filled(outside, operation.path), operation.body(way))
            assert status < 500 or status == 503, (operation.method, operation.path, way, answer)
            assert CANARY.encode() not in answer, (operation.method, operation.path, way)
            asked += 1
    assert asked > 250
    assert_nothing_was_planted(outside)


def assert_nothing_was_planted(house: Furnished) -> None:
    above = house.manager.data_dir.parent
    found = [path for path in above.rglob(f"{PLANTED}*") if house.data_path not in path.parents]
    assert found == []


def test_no_route_answers_under_a_name_of_somebody_else(house: Furnished, operations: list[Operation]) -> None:
    for operation in operations:
        status, answer = ask(house, operation.method, filled(house, operation.path), Host="evil.example.org")
        assert (status, json.loads(answer)["code"]) == (421, "host_not_allowed"), operation.path


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.org"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
    ],
)
def test_no_page_of_another_site_changes_anything(house: Furnished, operations: list[Operation], headers: dict[str, str]) -> None:
    before = house.manager.get("/audit?limit=1")
    changing = [operation for operation in operations if operation.method != "GET"]
    assert len(changing) > 80
    for operation in changing:
        status, answer = ask(house, operation.method, filled(house, operation.path), {}, **headers)
        assert (status, json.loads(answer)["code"]) == (403, "cross_site_request"), operation.path
    assert house.manager.get("/audit?limit=1") == before
