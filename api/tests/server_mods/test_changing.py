"""Changes of a server's mods from wishes to a new set, with a mod database that sometimes stops to answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server_mods.mod_databases import ModDatabase
from tests.server_mods.mods_of_servers import Mods
from tests.server_mods.zips import put_mod
from tests.servers.games import LONG, House, install_version, running_house
from vintagestory_api import manager as manager_module
from vintagestory_api.server_mods.generations import Generations
from vintagestory_api.server_mods.plan import Retraction
from vintagestory_api.server_mods.service import ServerMods
from vintagestory_api.server_mods.store import DiskFull, ModStore
from vintagestory_sandbox.dotnet_root import make_dotnet_root

MANY = [f"mod{number:02}" for number in range(1, 21)]


class World:
    """An application whose mod database is ours."""

    def __init__(self, house: House, database: ModDatabase) -> None:
        self.house = house
        self.database = database


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data_dir: Path = tmp_path_factory.mktemp("data")
    install_version(data_dir)
    databases: list[ModDatabase] = []

    def with_our_database(store: ModStore, servers: Any, database: Any, _outside: Any, **options: Any) -> ServerMods:
        databases.append(ModDatabase(store))
        return ServerMods(store, servers, database, databases[0].outside, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path_factory.mktemp("dotnet"))))
        patch.setattr(manager_module, "ServerMods", with_our_database)
        with running_house(data_dir) as house:
            yield World(house, databases[0])


@pytest.fixture
def database(world: World) -> ModDatabase:
    world.database.forget()
    return world.database


@pytest.fixture
def mods(world: World, database: ModDatabase) -> Mods:
    return Mods(world.house)


def test_a_mod_comes_with_what_it_needs(mods: Mods, database: ModDatabase) -> None:
    database.add("pans", "1.0.0", "2.0.0", needs={"pots": "1.1.0", "game": "1.22.0"})
    database.add("pots", "1.0.0", "1.2.0", needs={"clay": ""})
    database.add("clay", "0.1.0")
    wish = {"action": "install", "mod": "pans"}
    plan = mods.plan(wish)
    assert {(step["modid"], step["to_version"], tuple(step["because"])) for step in plan["steps"]} == {
        ("pans", "2.0.0", ()), ("pots", "1.2.0", ("pans",)), ("clay", "0.1.0", ("pots",)),
    }  # fmt: skip
    assert mods.files() == [], "a plan changes nothing"
    mods.change(wish, digest=plan["digest"])
    assert mods.files() == ["clay_0.1.0.zip", "pans_2.0.0.zip", "pots_1.2.0.zip"]
    assert mods.mod("pots")["needed_by"] == ["pans"]
    lock = mods.house.app.get(f"/servers/{mods.id}/mods/lock-list")["mods"]
    assert {entry["source"] for entry in lock} == {"moddb"}
    assert all(entry["release_id"] for entry in lock)


def test_a_plan_names_the_older_release_that_would_do_where_the_newest_needs_what_can_not_be_had(
    mods: Mods, database: ModDatabase
) -> None:
    needs = {"3.0.0": {"ghosts": "1.0.0"}, "2.1.0": {"pots": "9.0.0"}, "2.0.0": {"pots": "1.0.0"}}
    database.add("pans", "1.0.0", "2.0.0", "2.1.0", "3.0.0", needs_of=needs)
    database.add("pots", "1.0.0")
    plan = mods.plan({"action": "install", "mod": "pans"})
    assert [(note["code"], note["blocks"], note["modid"]) for note in plan["notes"]] == [
        ("missing_dependency", True, "pans"), ("older_release_works", False, "pans"),
    ]  # fmt: skip
    assert plan["notes"][1]["message"] == "Pans 2.0.0 would work: choose that version."
    assert database.fetched == ["pans", "pans", "pans", "pots"], "it looks into few files, each once"
    run = mods.change({"action": "install", "mod": "pans"}, state="failed")
    assert run["error"]["message"].endswith("Pans 2.0.0 would work: choose that version.")
    mods.change({"action": "install", "mod": "pans", "version": "2.0.0"})

    plan = mods.plan({"action": "update"})
    assert [note["code"] for note in plan["notes"]] == ["missing_dependency"], "nothing between what is there and the newest"
    assert "older_release_works" not in {
        note["code"] for note in mods.plan({"action": "install", "mod": "pans", "version": "3.0.0"})["notes"]
    }, "somebody wants that version"


def test_an_older_release_is_named_also_when_what_comes_along_can_not_be_had(mods: Mods, database: ModDatabase) -> None:
    database.add("pans", "1.0.0", "2.0.0", needs_of={"2.0.0": {"pots": "1.0.0"}})
    database.add("pots", "1.0.0", needs={"ghosts": "1.0.0"})
    plan = mods.plan({"action": "install", "mod": "pans"})
    assert [(note["code"], note["modid"]) for note in plan["notes"]] == [
        ("missing_dependency", "pots"), ("older_release_works", "pans"),
    ]  # fmt: skip


def test_only_a_few_older_releases_are_looked_into(mods: Mods, database: ModDatabase) -> None:
    database.add("pans", *(f"1.{minor}.0" for minor in range(20)), needs={"ghosts": "1.0.0"})
    plan = mods.plan({"action": "install", "mod": "pans"})
    assert [note["code"] for note in plan["notes"]] == ["missing_dependency"]
    assert len(database.fetched) == 4


def test_nobody_is_asked_about_what_can_not_be_read_and_an_update_of_all_is_quiet_about_what_came_by_hand(
    mods: Mods, database: ModDatabase
) -> None:
    database.add("pots", "1.0.0", "2.0.0")
    put_mod(mods.folder, "carrots")
    (mods.folder / "page.zip").write_bytes(b"<html>not found</html>")
    mods.change({"action": "install", "mod": "pots", "version": "1.0.0"})
    plan = mods.plan({"action": "update"})
    assert ([step["modid"] for step in plan["steps"]], plan["notes"]) == (["pots"], [])
    assert "not_found" in {note["code"] for note in mods.plan({"action": "update", "mod": "carrots"})["notes"]}
    items = mods.house.app.get(f"/servers/{mods.id}/mods/ready-for/1.22.7")["items"]
    assert {(item["modid"], item["verdict"]) for item in items} == {
        ("pots", "ready"), ("carrots", "unknown"), ("page.zip", "unknown"),
    }  # fmt: skip
    assert "page.zip" not in database.asked


def test_all_mods_are_updated_but_those_that_are_pinned_or_held(mods: Mods, database: ModDatabase) -> None:
    for modid in ("pots", "pans", "lids"):
        database.add(modid, "1.0.0", "2.0.0")
    mods.change(*({"action": "install", "mod": modid, "version": "1.0.0"} for modid in ("pots", "pans", "lids")))
    mods.change({"action": "pin", "mod": "pans"}, {"action": "hold", "mod": "lids"})
    run = mods.change({"action": "update"})
    assert run["report"]["updated"] == ["pots 1.0.0 → 2.0.0"]
    assert mods.files() == ["lids_1.0.0.zip", "pans_1.0.0.zip", "pots_2.0.0.zip"]


@pytest.mark.parametrize("is_running", [False, True])
def test_a_mod_database_that_stops_half_way_leaves_the_set_as_it_was(
    mods: Mods, database: ModDatabase, *, is_running: bool
) -> None:
    for modid in MANY:
        database.add(modid, "1.0.0", "2.0.0")
    mods.change(*({"action": "install", "mod": modid, "version": "1.0.0"} for modid in MANY))
    before, number = mods.files(), mods.listed()["generation"]
    if is_running:
        mods.house.does(mods.id, "start")
    database.fails_at = len(database.fetched) + 12
    run = mods.change({"action": "update"}, state="failed")
    assert run["error"]["message"].startswith("mod12 2.0.0 could not be downloaded: the mod database has trouble")
    listed = mods.listed()
    assert (mods.files(), listed["generation"], listed["pending"]) == (before, number, None)
    assert mods.house.get(mods.id)["operation"] is None
    database.fails_at = None
    assert len(mods.change({"action": "update"})["report"]["updated"]) == 20


def test_a_change_that_is_cancelled_while_it_downloads_changes_nothing(mods: Mods, database: ModDatabase) -> None:
    database.add("pots", "1.0.0")
    database.is_stuck = True
    run = mods.house.post(mods.id, "mods/changes", {"changes": [{"action": "install", "mod": "pots"}]})
    app = mods.house.app
    app.until(lambda: mods.house.get(mods.id)["operation"], lambda operation: operation["kind"] == "mods")
    app.until(lambda: database.is_asked, bool, 30)
    assert app.ask("POST", f"/runs/{run['id']}/cancel").status_code < 300
    assert app.ended(run["id"], LONG)["state"] == "cancelled"
    mods.house.until(mods.id, operation=None)
    assert mods.files() == []
    database.is_stuck = False
    mods.change({"action": "install", "mod": "pots"})
    assert mods.files() == ["pots_1.0.0.zip"]


def test_a_set_that_can_not_be_put_in_its_place_keeps_no_game_from_starting(
    mods: Mods, database: ModDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskFull("The disk is full.")

    database.add("pots", "1.0.0")
    mods.house.does(mods.id, "start")
    with monkeypatch.context() as patch:
        patch.setattr(Generations, "before_launch", full)
        run = mods.change({"action": "install", "mod": "pots"}, when="restart", state="failed")
    assert "with the mods as they were" in run["error"]["message"]
    assert mods.house.get(mods.id)["state"] == "running"
    assert "The disk is full." in mods.house.entry(mods.id, "mod_problem")["details"]["text"]
    assert mods.listed()["pending"]["added"] == ["pots 1.0.0"]
    mods.house.does(mods.id, "restart")
    assert mods.files() == ["pots_1.0.0.zip"]


def test_what_nobody_knows_blocks_and_is_named(mods: Mods, database: ModDatabase) -> None:
    database.add("pans", "1.0.0", needs={"pots": "1.0.0"})
    for wish in ({"action": "install", "mod": "pots"}, {"action": "install", "mod": "pans"}):
        assert not mods.plan(wish)["can_be_applied"]
        run = mods.change(wish, state="failed")
        assert "pots" in run["error"]["message"]
    assert mods.listed()["generation"] in {None, 1}
    assert mods.files() == []


def test_an_earlier_set_whose_file_was_lost_is_fetched_again(mods: Mods, database: ModDatabase) -> None:
    database.add("pots", "1.0.0", "2.0.0")
    first = mods.change({"action": "install", "mod": "pots", "version": "1.0.0"})["report"]["generation"]
    mods.change({"action": "update", "mod": "pots"})
    sha256 = mods.house.app.get(f"/servers/{mods.id}/mod-generations/{first}")["lock"]["mods"][0]["sha256"]
    database.store.path(sha256).unlink()
    for path in (mods.folder.parent / "ModGenerations").glob("*/pots_1.0.0.zip"):
        path.unlink()
    mods.house.does(mods.id, f"mod-generations/{first}/restore", {})
    assert mods.files() == ["pots_1.0.0.zip"]


def test_a_list_is_fetched_where_it_came_from_and_checked(mods: Mods, database: ModDatabase) -> None:
    database.add("pots", "1.0.0")
    mods.change({"action": "install", "mod": "pots"})
    lock = mods.house.app.get(f"/servers/{mods.id}/mods/lock-list")
    sha256 = lock["mods"][0]["sha256"]
    other = Mods(mods.house)
    database.store.path(sha256).unlink()
    liar = {**lock, "mods": [{**lock["mods"][0], "sha256": "1" * 64}]}
    run = mods.house.does(other.id, "mods/lock-list", {"lock": liar}, state="failed")
    assert "another file for pots 1.0.0" in run["error"]["message"]
    assert other.listed()["items"] == []
    database.store.path(sha256).unlink()
    mods.house.does(other.id, "mods/lock-list", {"lock": lock})
    assert other.files() == ["pots_1.0.0.zip"]
    assert (lock["mods"][0]["game_versions"], other.mod("pots")["fit"]) == (["1.22.7"], "verified")
    for versions, fit in ((["1.22.0"], "likely"), (["x" * 1000] * 1000, "unknown")):
        told = {**lock, "mods": [{**lock["mods"][0], "game_versions": versions}]}
        third = Mods(mods.house)
        plan = mods.house.app.ask("POST", f"/servers/{third.id}/mods/lock-list/plan", json={"lock": told})
        assert [step["fit"] for step in plan.json()["steps"]] == [fit], "it needs no network to know it"


def test_a_retracted_release_that_comes_back_from_the_store_is_told(mods: Mods, database: ModDatabase) -> None:
    database.add("pots", "1.0.0", "2.0.0")
    database.add("pans", "1.0.0")
    mods.change({"action": "install", "mod": "pots", "version": "1.0.0"}, {"action": "install", "mod": "pans"})
    before = mods.listed()["generation"]
    lock = mods.house.app.get(f"/servers/{mods.id}/mods/lock-list")
    mods.change({"action": "update", "mod": "pots"})
    database.retractions = {"pots": {"1.0.0": Retraction("Eats worlds")}, "pans": {"1.0.0": Retraction(by_moderator=True)}}
    database.is_away_for = {"pots", "pans"}
    plan = mods.plan_back(before)
    told = "Pots 1.0.0, which comes with this, was retracted by its author (Eats worlds)."
    assert [(note["code"], note["blocks"], note["message"]) for note in plan["notes"]] == [("retracted", False, told)]
    other = Mods(mods.house)
    listed = mods.house.app.ask("POST", f"/servers/{other.id}/mods/lock-list/plan", json={"lock": lock}).json()
    assert sorted(note["message"] for note in listed["notes"]) == [
        "Pans 1.0.0, which comes with this, was taken down by a moderator of the mod database.",
        told,
    ]
    mods.house.does(other.id, "mods/lock-list", {"lock": lock, "digest": listed["digest"]})
    assert other.files() == ["pans_1.0.0.zip", "pots_1.0.0.zip"]
    mods.house.does(mods.id, f"mod-generations/{before}/restore", {"digest": plan["digest"]})
    assert mods.mod("pots")["version"] == "1.0.0"


def test_which_mods_are_ready_for_another_version(mods: Mods, database: ModDatabase) -> None:
    database.add("pots", "1.0.0")
    mods.change({"action": "install", "mod": "pots"})
    report = mods.house.app.get(f"/servers/{mods.id}/mods/ready-for/1.23.0")
    assert (report["game_version"], report["ready"], len(report["items"])) == ("1.23.0", 0, 1)
    assert mods.house.app.ask("GET", f"/servers/{mods.id}/mods/ready-for/soon").status_code == 422
    assert report["problem"] is None


def test_what_is_known_of_readiness_is_told_while_the_mod_database_is_away(mods: Mods, database: ModDatabase) -> None:
    for modid in ("pots", "pans"):
        database.add(modid, "1.0.0")
        mods.change({"action": "install", "mod": modid})
    database.is_away_for = {"pans"}
    report = mods.house.app.get(f"/servers/{mods.id}/mods/ready-for/1.22.7")
    assert [item["modid"] for item in report["items"]] == ["pans", "pots"]
    assert report["problem"].startswith("Only what their own files say is known of pans. What there is of pans")
