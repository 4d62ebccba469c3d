"""GET /api/v2/mods/install-information and its neighbours."""

from typing import Any

import pytest

from tests.asking import Sandbox
from vintagestory_sandbox.handmade import MODIDS
from vintagestory_sandbox.releases import IDS_PER_MOD

PATH = "/api/v2/mods/install-information"


def told(sandbox: Sandbox, query: str, status: int = 200) -> dict[str, Any]:
    answer = sandbox.get(f"{PATH}?{query}")
    assert answer.status == status
    data: dict[str, Any] = answer.json["data"]
    return data


@pytest.mark.parametrize(
    ("query", "status", "codes"),
    [
        ("ids=alpha@1.0", 400, {"alpha": 4001}),
        ("ids=alpha", 400, {"alpha": 4002}),
        ("ids=alpha,betalib@1.2.0", 200, {"alpha": 4002, "betalib": None}),
        ("ids=alpha@1.0,betalib@1.2.0", 200, {"alpha": 4001, "betalib": None}),
        ("ids=alpha@1.10.0&hosted-mode=1", 200, {"alpha": 4031}),
        ("ids=alldead@1.1.0&ignore-retractions=1", 200, {"alldead": 4032}),
        ("ids=nope@1.0.0", 200, {"nope": 4041}),
        ("ids=alpha@7.7.7", 200, {"alpha": 4041}),
        ("ids=alpha&gv=1.18.0", 200, {"alpha": 4041}),
        ("ids=ALPHA@1.10.0", 200, {"ALPHA": 4041, "alpha": None}),
        ("ids=alpha@1.10.1", 200, {"alpha": 4101}),
        ("ids=alpha@1.10.1&ignore-retraction=1", 200, {"alpha": 4101}),
        ("ids=alpha@1.10.1&ignore-retractions=1", 200, {"alpha": None}),
        ("ids=alldead@1.1.0", 200, {"alldead": 4102}),
        ("ids=draftmod@1.0.0", 200, {"draftmod": None}),
    ],
)
def test_each_identifier_has_its_own_error(sandbox: Sandbox, query: str, status: int, codes: dict[str, int | None]) -> None:
    assert {name: entry.get("errorCode") for name, entry in told(sandbox, query, status).items()} == codes


@pytest.mark.parametrize(
    ("query", "reason"),
    [("", "Missing ids."), ("?ids=alpha&gv=1.21", "Invalid game version."), ("?ids=alpha", "All requested ids are malformed.")],
)
def test_bad_requests_have_a_reason(sandbox: Sandbox, query: str, reason: str) -> None:
    answer = sandbox.get(PATH + query)
    assert (answer.status, answer.json["reason"]) == (400, reason)


def test_a_known_version_has_a_file_below_download(sandbox: Sandbox) -> None:
    number = MODIDS["alpha"] * IDS_PER_MOD + 3
    assert told(sandbox, "ids=alpha@1.10.0") == {
        "alpha": {
            "fileName": "The Alpha Mod 1.10.0 (signed).zip",
            "fileUrl": f"/download/{number}/The+Alpha+Mod+1.10.0+%28signed%29.zip",
        }
    }


def test_a_stable_release_for_exactly_the_game_version_is_recommended(sandbox: Sandbox) -> None:
    assert told(sandbox, "ids=alpha@1.0.0&gv=1.21.6")["alpha"]["recommendedUpgrade"] == "1.10.0"
    assert "recommendedUpgrade" not in told(sandbox, "ids=alpha@1.10.0&gv=1.21.6")["alpha"]
    assert "recommendedUpgrade" not in told(sandbox, "ids=alpha@1.0.0&gv=1.21.7-rc.1")["alpha"]


def test_without_a_version_the_best_release_is_told(sandbox: Sandbox) -> None:
    data = told(sandbox, "ids=alpha,betalib,nope,sharedid&gv=1.21.6")
    assert {name: entry.get("recommendedUpgrade") for name, entry in data.items()} == {
        "alpha": "1.10.0",
        "betalib": "1.2.0",
        "nope": None,
        "sharedid": "2.0.0",
    }


def test_a_retracted_release_is_told_with_its_reason_and_without_a_file(sandbox: Sandbox) -> None:
    assert told(sandbox, "ids=alpha@1.10.1") == {"alpha": {"retractionReason": "<p>Eats saved worlds</p>", "errorCode": 4101}}


def test_only_get_is_allowed(sandbox: Sandbox) -> None:
    answer = sandbox.get(PATH, method="POST")
    assert (answer.status, answer.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize(
    ("path", "status"), [("", 404), ("/nosuch", 401), ("/mods", 401), ("/users", 404), ("/users/by-name/", 404)]
)
def test_the_rest_wants_a_login_or_is_not_there(sandbox: Sandbox, path: str, status: int) -> None:
    answer = sandbox.get(f"/api/v2{path}")
    assert (answer.status, answer.body) == (status, b"{}")


@pytest.mark.parametrize(("limit", "status"), [("3", 200), ("0", 400), ("500", 400), ("x", 400)])
def test_people_are_found_by_name_up_to_a_limit(sandbox: Sandbox, limit: str, status: int) -> None:
    answer = sandbox.get(f"/api/v2/users/by-name/a?limit={limit}")
    assert answer.status == status
    assert len(answer.json) == (3 if status == 200 else 1)
