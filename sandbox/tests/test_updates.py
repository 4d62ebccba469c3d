"""GET /api/updates: the bulk check of version 1."""

import pytest

from tests.asking import Sandbox

NOTHING = b'{"statuscode":"200","updates":[]}'


def newest(sandbox: Sandbox, mods: str) -> dict[str, str]:
    updates = sandbox.get(f"/api/updates?mods={mods}").json["updates"]
    return {identifier: update["modversion"] for identifier, update in updates.items()}


@pytest.mark.parametrize(
    "mods",
    [
        "alpha@2.0.0-rc.1",
        "alpha@99.0.0",
        "nope@1.0.0",
        "alldead@0.1.0",
        "norelease@0.1.0",
        "sometool@0.1.0",
        "game@1.20.0",
        "900001@0.0.1",
        "CamelCase@1.5.0",
        "camelcase@1.0.0,CamelCase@1.5.0",
        "alpha@1.0.0,alpha@2.0.0-rc.1",
        "wrapver@4464.1.0",
        "wrapver@70000.1.0",
    ],
)
def test_nothing_newer_is_an_empty_list(sandbox: Sandbox, mods: str) -> None:
    assert sandbox.get(f"/api/updates?mods={mods}").body == NOTHING


@pytest.mark.parametrize(
    ("mods", "updates"),
    [
        ("alpha@1.0.0", {"alpha": "2.0.0-rc.1"}),
        ("alpha@1.10.1", {"alpha": "2.0.0-rc.1"}),
        ("alpha@1.0.0&gv=1.20.12", {"alpha": "2.0.0-rc.1"}),
        ("ALPHA@2.0.0-rc.1", {"alpha": "2.0.0-rc.1"}),
        ("%C3%A1lpha@1.0.0", {"alpha": "2.0.0-rc.1"}),
        ("alpha%20@1.0.0", {"alpha": "2.0.0-rc.1"}),
        ("alpha@1.0.0,%20betalib@1.0.0", {"alpha": "2.0.0-rc.1"}),
        ("betalib@1.2.0-rc.10", {"betalib": "1.2.0"}),
        ("betalib@1.2", {"betalib": "1.2.0"}),
        ("betalib@9.9", {"betalib": "1.2.0"}),
        ("betalib@v1.2.0", {"betalib": "1.2.0"}),
        ("betalib@", {"betalib": "1.2.0"}),
        ("camelcase@1.5.0", {"CamelCase": "1.5.0"}),
        ("draftmod@0.1.0", {"draftmod": "1.0.0"}),
        ("sharedid@1.0.0", {"sharedid": "2.0.0"}),
        ("777@0.1.0", {"777": "1.0.0"}),
        ("multione@0.0.1,multitwo@0.0.1", {"multione": "1.0.0", "multitwo": "3.0.0"}),
        ("alpha@1.0.0,betalib@1.2.0,nope@1.0.0,CamelCase@1.0.0", {"alpha": "2.0.0-rc.1", "CamelCase": "1.5.0"}),
    ],
)
def test_the_highest_version_is_told(sandbox: Sandbox, mods: str, updates: dict[str, str]) -> None:
    assert newest(sandbox, mods) == updates


@pytest.mark.parametrize(
    "query", ["", "?mods=", "?mods=alpha", "?mods=betalib@1.0.0,alpha", "?mods=alpha@1.0.0@2", "?mods=alpha@1.0.0,"]
)
def test_one_bad_pair_fails_the_whole_call(sandbox: Sandbox, query: str) -> None:
    assert sandbox.get(f"/api/updates{query}").body == b'{"statuscode":"400"}'


def test_what_is_sent_in_a_body_is_not_read(sandbox: Sandbox) -> None:
    assert sandbox.get("/api/updates", method="POST", body=b"mods=alpha@1.0.0").statuscode == "400"


def test_a_list_is_an_error_page(sandbox: Sandbox) -> None:
    answer = sandbox.get("/api/updates?mods[]=alpha@1.0.0")
    assert answer.status == 500
    assert b"<b>Code:</b> 0<br />" in answer.body


def test_a_release_without_a_file_has_a_useless_address(sandbox: Sandbox) -> None:
    update = sandbox.get("/api/updates?mods=nofile@0.1.0").json["updates"]["nofile"]
    assert (update["mainfile"], update["fileid"]) == (f"{sandbox.url}/cdn/?dl=", None)
