"""Counting requests, and changing the mods while the stand-in runs."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.asking import Sandbox
from vintagestory_sandbox.handmade import MODIDS
from vintagestory_sandbox.upstream import SandboxError, start_upstream


@pytest.fixture
def own() -> Iterator[Sandbox]:
    """A stand-in whose mods may be changed."""
    with start_upstream(mods=30) as upstream:
        yield Sandbox(upstream)


def row(sandbox: Sandbox, modid: int) -> dict[str, Any] | None:
    return next((row for row in sandbox.get("/api/mods").json["mods"] if row["modid"] == modid), None)


def test_requests_are_counted_by_path(sandbox: Sandbox) -> None:
    for _ in range(3):
        sandbox.get("/api/tags", headers={"User-Agent": "tester/1.0 (+mailto:a@example.org)", "Accept": "application/json"})
    sandbox.get("/stable.json?x=1")
    stats = sandbox.upstream.stats()
    assert stats["paths"] == {"/api/tags": 3, "/stable.json": 1}
    assert (stats["total"], stats["current"], stats["peak"]) == (4, 0, 1)
    assert stats["user_agents"] == ["tester/1.0 (+mailto:a@example.org)", ""]
    assert stats["requests"][-1] == {"method": "GET", "path": "/stable.json", "query": "x=1", "user_agent": "", "accept": ""}


def test_a_reset_forgets_the_counts(sandbox: Sandbox) -> None:
    sandbox.get("/api/tags")
    sandbox.upstream.reset()
    assert sandbox.upstream.stats()["total"] == 0


def test_a_mod_can_be_added(own: Sandbox) -> None:
    (modid,) = own.upstream.change_mods(add=[{"name": "Brand new", "modidstrs": ["brandnew"], "tags": ["QoL"]}])
    added = own.get("/api/mods").json["mods"][0]
    assert (added["modid"], added["name"]) == (modid, "Brand new")
    assert len(added) == 16
    assert own.get("/api/mod/brandnew").json["mod"]["modid"] == modid
    assert own.upstream.mods == len(own.get("/api/mods").json["mods"])


def test_a_mod_can_be_changed(own: Sandbox) -> None:
    own.upstream.change_mods(change=[{"modid": MODIDS["betalib"], "downloads": 99, "name": "Beta Library"}])
    changed = row(own, MODIDS["betalib"])
    assert changed is not None
    assert (changed["downloads"], changed["name"], changed["modidstrs"]) == (99, "Beta Library", ["betalib"])


def test_a_mod_can_be_removed(own: Sandbox) -> None:
    own.upstream.change_mods(remove=[MODIDS["betalib"]])
    assert row(own, MODIDS["betalib"]) is None
    assert own.get("/api/mod/betalib").statuscode == "404"


def test_a_release_can_be_published(own: Sandbox) -> None:
    own.upstream.change_mods(release=[{"modid": MODIDS["CamelCase"], "version": "2.0.0", "tags": ["1.22.7"]}])
    releases = own.get("/api/mod/CamelCase").json["mod"]["releases"]
    assert (releases[0]["modversion"], releases[0]["tags"]) == ("2.0.0", ["1.22.7"])
    assert len(releases) == 3
    changed = row(own, MODIDS["CamelCase"])
    assert changed is not None
    assert changed["lastreleased"] == releases[0]["created"]
    assert own.get("/api/updates?mods=CamelCase@1.5.0").json["updates"]["CamelCase"]["modversion"] == "2.0.0"
    assert MODIDS["CamelCase"] in [mod["modid"] for mod in own.get("/api/mods?gv=1.22.7").json["mods"]]


def test_a_release_of_a_made_up_mod_can_be_published_and_retracted(own: Sandbox) -> None:
    mod = next(row for row in own.get("/api/mods").json["mods"] if row["modid"] < 900_000 and row["modidstrs"])
    before = own.get(f"/api/mod/{mod['modid']}").json["mod"]["releases"]
    own.upstream.change_mods(release=[{"modid": mod["modid"], "version": "99.0.0", "tags": ["1.22.7"]}])
    assert len(own.get(f"/api/mod/{mod['modid']}").json["mod"]["releases"]) == len(before) + 1
    own.upstream.change_mods(retract=[{"modid": mod["modid"], "version": "99.0.0", "reason": "<p>Oops</p>"}])
    assert own.get(f"/api/mod/{mod['modid']}").json["mod"]["releases"] == before
    told = own.get(f"/api/v2/mods/install-information?ids={mod['modidstrs'][0]}@99.0.0").json["data"]
    assert told[mod["modidstrs"][0]] == {"retractionReason": "<p>Oops</p>", "errorCode": 4101}


@pytest.mark.parametrize(
    "change",
    [
        {"remove": [123_456_789]},
        {"change": [{"modid": 123_456_789, "name": "x"}]},
        {"change": [{"name": "x"}]},
        {"add": [{"colour": "red"}]},
        {"add": [{"modid": MODIDS["alpha"]}]},
        {"release": [{"modid": MODIDS["alpha"]}]},
        {"retract": [{"modid": MODIDS["alpha"], "version": "0.0.7"}]},
    ],
)
def test_a_change_that_can_not_be_is_refused(sandbox: Sandbox, change: dict[str, Any]) -> None:
    before = sandbox.get("/api/mods").body
    with pytest.raises(SandboxError, match="refused"):
        sandbox.upstream.change_mods(**change)
    assert sandbox.get("/api/mods").body == before


@pytest.mark.parametrize("name", ["faults", "mods", "versions"])
@pytest.mark.parametrize("body", [b"", b"{", b"3", b'{"nonsense":1}'])
def test_rubbish_is_refused(sandbox: Sandbox, name: str, body: bytes) -> None:
    answer = sandbox.get(f"/_sandbox/{name}", method="POST", body=body)
    assert answer.status == 400
    assert answer.json["error"]
