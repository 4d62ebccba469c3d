"""Mods of a server, from the stand-in of the mod database to what the game says that it has loaded."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.server_mods.mods_of_servers import SANDBOX_GAME, Mods, house_on_sandbox
from tests.servers.games import House
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream


@pytest.fixture(scope="module")
def upstream() -> Iterator[SandboxUpstream]:
    with start_upstream(mods=200) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, upstream: SandboxUpstream) -> Iterator[House]:
    with house_on_sandbox(tmp_path_factory, upstream.url) as house:
        yield house
        for server in house.app.get("/servers")["items"]:
            if house.app.ask("POST", f"/servers/{server['id']}/kill").status_code == 202:
                house.until(server["id"], uptime_seconds=None)


@pytest.fixture
def mods(house: House, upstream: SandboxUpstream) -> Mods:
    upstream.reset()
    return Mods(house, version=SANDBOX_GAME)


def install(modid: str, **more: Any) -> dict[str, Any]:
    return {"action": "install", "mod": modid, **more}


def test_a_mod_and_what_it_needs_come_from_the_mod_database_into_the_game(mods: Mods) -> None:
    plan = mods.plan(install("alpha"))
    assert {(step["modid"], step["to_version"]) for step in plan["steps"]} == {("alpha", "1.10.0"), ("betalib", "1.2.0")}
    mods.change(install("alpha"), digest=plan["digest"])
    mod = mods.mod("alpha")
    assert (mod["version"], mod["fit"], mod["by_hand"], mod["troubles"]) == ("1.10.0", "verified", False, [])
    assert mods.mod("betalib")["needed_by"] == ["alpha"]
    mods.house.does(mods.id, "start")
    (line,) = [line for line in mods.house.console(mods.id) if line.startswith("Mods, sorted by dependency")]
    assert "alpha" in line
    assert "betalib" in line
    assert line.index("betalib") < line.index("alpha")
    mods.change({"action": "remove", "mod": "alpha"}, when="restart")
    *_, line = [line for line in mods.house.console(mods.id) if line.startswith("Mods, sorted by dependency")]
    assert "alpha" not in line


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("1.10.1", " 1.10.1 was retracted by its author (Eats saved worlds)."),
        ("7.7.7", " has no release 7.7.7."),
    ],
)
def test_a_named_release_that_was_taken_back_is_refused_with_the_reason(mods: Mods, version: str, message: str) -> None:
    plan = mods.plan(install("alpha", version=version))
    assert not plan["can_be_applied"]
    (note,) = plan["notes"]
    assert note["message"].endswith(message)


@pytest.mark.parametrize(
    ("version", "code", "message"),
    [
        ("1.10.1", "retracted", "alpha 1.10.1 was retracted by its author (Eats saved worlds). Upload its file first"),
        ("7.7.7", "no_release", "The mod database does not have alpha 7.7.7, or not any more. Upload its file first"),
    ],
)
def test_a_list_that_names_a_release_that_can_not_be_had_says_why(mods: Mods, version: str, code: str, message: str) -> None:
    entry = {"modid": "alpha", "version": version, "file_name": "alpha.zip", "sha256": "0" * 64, "size_bytes": 1, "side": "both"}
    body = {"lock": {"mods": [{**entry, "source": "moddb"}]}}
    plan = mods.house.app.ask("POST", f"/servers/{mods.id}/mods/lock-list/plan", json=body).json()
    (note,) = plan["notes"]
    assert (note["code"], note["blocks"], plan["can_be_applied"]) == (code, True, False)
    assert note["message"] == f"{message}, or take it out of the list."
    assert message in mods.house.does(mods.id, "mods/lock-list", body, state="failed")["error"]["message"]


def test_an_update_goes_to_the_highest_that_fits_and_back_again(mods: Mods) -> None:
    mods.change(install("alpha", version="1.9.9"), allow_unfitting=True)
    before = mods.listed()["generation"]
    run = mods.change({"action": "update"})
    assert run["report"]["updated"] == ["alpha 1.9.9 → 1.10.0"]
    mods.house.does(mods.id, f"mod-generations/{before}/restore", {})
    assert mods.mod("alpha")["version"] == "1.9.9"


def test_mods_that_need_each_other_come_together(mods: Mods) -> None:
    mods.change(install("depcycle1"))
    assert {mod["modid"] for mod in mods.listed()["items"]} == {"depcycle1", "depcycle2"}


@pytest.mark.parametrize(
    "modid",
    ["liarmod", "otherversion", "brokenzip", "noinfo", "zipslip", "gone404", "nofile", "alldead", "needsmissing", "nobody"],
)
def test_a_mod_that_can_not_be_had_changes_nothing_and_is_named(mods: Mods, modid: str) -> None:
    mods.change(install("serveronly"))
    number, files = mods.listed()["generation"], mods.files()
    run = mods.change(install("betalib"), install(modid), state="failed")
    assert modid in run["error"]["message"].casefold()
    assert (mods.listed()["generation"], mods.files()) == (number, files)


@pytest.mark.parametrize(
    ("fault", "modids"),
    [
        ({"kind": "html500", "path": "/download"}, ["wrapver", "camelcase"]),
        ({"kind": "truncate", "path": "/cdn"}, ["lenientinfo", "unifile"]),
        ({"kind": "status", "status": 404, "path": "/cdn"}, ["777", "singlecs"]),
    ],
)
def test_trouble_of_the_mod_database_half_way_changes_nothing(
    mods: Mods, upstream: SandboxUpstream, fault: dict[str, Any], modids: list[str]
) -> None:
    mods.change(install("serveronly"))
    number = mods.listed()["generation"]
    upstream.fault(**fault, after=1)
    run = mods.change(*map(install, modids), state="failed")
    assert any(modid in run["error"]["message"].casefold() for modid in modids)
    assert mods.listed()["generation"] == number
    upstream.reset()
    assert len(mods.change(*map(install, modids))["report"]["added"]) == 2
    lock = mods.house.app.get(f"/servers/{mods.id}/mods/lock-list")
    other = Mods(mods.house, version=SANDBOX_GAME)
    mods.house.does(other.id, "mods/lock-list", {"lock": lock})
    assert other.files() == mods.files()
