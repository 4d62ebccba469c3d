"""The job that updates servers by themselves, on real servers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.servers.games import LONG, House
from tests.updates.updating import BROKEN, GOOD, OLD, Mods, Updating, number_of
from vintagestory_sandbox.upstream import SandboxUpstream

#: Of another line, which no mod here is made for.
NEXT = "1.23.0"


@pytest.fixture(scope="module")
def _news(upstream: SandboxUpstream) -> None:
    upstream.add_version(NEXT)


@pytest.fixture(autouse=True)
def _versions_are_known(house: House, _news: None) -> Iterator[None]:
    assert house.app.ended(house.app.run("server_versions_check")["id"], LONG)["state"] == "succeeded"
    yield
    for server in house.app.get("/servers")["items"]:
        answer = house.app.ask("PUT", f"/servers/{server['id']}/update-policy", json={"game": "off", "mods": "off"})
        assert answer.status_code == 200


def test_news_are_told_and_nothing_is_done_unless_it_is_wanted(house: House, mods: Mods) -> None:
    server = Updating(house, start=False)
    state = server.state()
    assert (state["policy"]["game"], state["policy"]["mods"]) == ("tell", "tell")
    assert (state["game_now"], state["newest_patch"]) == (OLD, BROKEN)
    assert (state["newest_stable"], state["not_ready"]) == (NEXT, [])
    assert state["checked_at"] is not None
    report = server.act()
    assert (report["begun"], report["told"]) == (0, 1)
    assert server.history() == []
    assert any(one["server_id"] == server.id for one in house.app.get("/updates")["items"])
    server.app.refused("PUT", f"/servers/{server.id}/update-policy", 422, "invalid_update_policy", json={"zone": "Middle/Earth"})


def test_a_version_that_went_back_is_not_tried_again_until_somebody_asks(house: House, mods: Mods) -> None:
    server = Updating(house, start=False)
    server.policy(game="patch", mods="off")
    assert server.act()["begun"] == 1
    (update,) = server.history()
    assert (update["trigger"], update["actor"], update["outcome"], update["game_to"]) == ("policy", None, "went_back", BROKEN)
    report = server.act()
    assert (report["begun"], report["waiting"]) == (0, 1)
    assert "not tried again by itself" in server.state()["waits_for"]
    acting = house.app.manager.updates.acting
    said = server.awaited(lambda: acting.for_schedule(server.id, "game", actor="schedule Weekly"))
    assert str(said).startswith(f"{BROKEN}: it went back when it was tried"), "a schedule is nobody who asks"
    assert server.awaited(lambda: acting.for_schedule(server.id, "mods", actor="schedule Weekly")) == "There is nothing new."
    server.update(game_version=BROKEN, state="failed")
    assert len(server.history()) == 2


def test_it_waits_for_players_and_for_its_window(house: House, mods: Mods) -> None:
    server = Updating(house, script="1 join Alice", whitelisted=False)
    house.app.until(lambda: server.server["players_online"], lambda count: count == 1, LONG)
    server.policy(game="patch", mods="off")
    server.act()
    assert server.state()["waits_for"] == "a player is on"
    now = datetime.now(UTC)
    window = {"begin": f"{now + timedelta(hours=6):%H:%M}", "end": f"{now + timedelta(hours=7):%H:%M}"}
    server.policy(game="patch", mods="off", with_players=True, window=window)
    server.act()
    assert server.state()["waits_for"].startswith("it is not between")
    server.policy(game="off", mods="off")
    assert server.state()["waits_for"] is None


def test_never_into_a_version_that_a_pinned_mod_does_not_support(house: House, mods: Mods) -> None:
    mods.add("alpha", "1.0.0")
    server = Updating(house, ["alpha"], start=False)
    house.does(server.id, "mods/changes", {"changes": [{"action": "pin", "mod": "alpha"}]})
    plan = server.plan(game_version=NEXT, allow_unready=True)
    assert not plan["is_ready"]
    assert f"Pinned or held mods don't support {NEXT}: Alpha" in plan["problems"][0]
    server.refused("update_blocked", game_version=NEXT, allow_unready=True)
    # Of itself it takes the newest patch then, which goes back here.
    server.policy(game="stable", mods="fitting")
    assert server.act()["begun"] == 1
    assert server.history()[0]["game_to"] == BROKEN
    assert server.act()["begun"] == 0
    assert f"Pinned or held mods don't support {NEXT}" in server.state()["waits_for"]
    assert server.looks() == ("stopped", OLD, number_of(OLD), {"alpha": "1.0.0"})
    server.update(game_version=GOOD)
    assert server.mods() == {"alpha": "1.0.0"}
