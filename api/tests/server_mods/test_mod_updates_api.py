"""Updates for the mods of servers, from the stand-in of the mod database to the answers of the API."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.server_mods.mods_of_servers import SANDBOX_GAME, Mods, house_on_sandbox
from tests.server_mods.zips import put_mod
from tests.servers.games import LONG, House
from vintagestory_api.events import Event, ModUpdateFound
from vintagestory_sandbox.handmade import MODIDS
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream


@pytest.fixture(scope="module")
def upstream() -> Iterator[SandboxUpstream]:
    with start_upstream(mods=50) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, upstream: SandboxUpstream) -> Iterator[House]:
    with house_on_sandbox(tmp_path_factory, upstream.url) as house:
        app = house.app
        # A first start fills the catalogue by itself.
        app.until(lambda: app.get("/jobs/mod_cache_refresh")["recent_runs"], lambda runs: runs and runs[-1]["ended_at"], LONG)
        yield house


@pytest.fixture
def mods(house: House, upstream: SandboxUpstream) -> Iterator[Mods]:
    upstream.reset()
    yield Mods(house, version=SANDBOX_GAME)
    upstream.reset()


def check(mods: Mods) -> dict[str, Any]:
    report: dict[str, Any] = mods.house.does(mods.id, "mods/updates/check")["report"]
    return report


def updates(mods: Mods) -> dict[str, int]:
    (found,) = [one for one in mods.house.app.get("/mod-updates")["items"] if one["server_id"] == mods.id]
    return {name: count for name, count in found.items() if name != "server_id"}


def test_a_check_tells_what_is_new_until_it_is_installed(mods: Mods, upstream: SandboxUpstream) -> None:
    put_mod(mods.folder, "alpha", "1.0.0")
    put_mod(mods.folder, "betalib", "1.0.0")
    found: list[Event] = []
    stop = mods.house.app.manager.bus.subscribe(found.append)
    report = check(mods)
    stop()
    assert report["problem"] is None
    assert [path for path in upstream.stats()["paths"] if path == "/api/mods"] == [], "the catalogue is not fetched for it"
    assert {(event.modid, event.version) for event in found if isinstance(event, ModUpdateFound)} == {
        ("alpha", "1.10.0"),
        ("betalib", "1.2.0"),
    }
    alpha = mods.mod("alpha")
    assert alpha["update"] == {
        "version": "1.10.0",
        "fit": "verified",
        "game_versions": ["1.21.0", "1.21.1", "1.21.5", "1.21.6"],
        "is_prerelease": False,
        "release_id": alpha["update"]["release_id"],
    }
    assert (alpha["fit"], alpha["catalog_id"]) == ("not", MODIDS["alpha"])
    assert mods.listed()["updates_checked_at"] is not None
    assert updates(mods) == {"updates": 2, "updates_for_other_versions": 0, "retracted": 0, "gone": 0}
    mods.change({"action": "update", "mod": "alpha"})
    assert mods.mod("alpha")["update"] is None
    assert mods.mod("alpha")["fit"] == "verified"
    assert updates(mods)["updates"] == 1


def test_the_refresh_of_the_catalogue_checks_too(mods: Mods) -> None:
    put_mod(mods.folder, "alpha", "1.10.1")
    run = mods.house.app.ended(mods.house.app.run("mod_cache_refresh")["id"], LONG)
    assert run["state"] == "succeeded"
    assert run["report"]["updates_retracted"] >= 1
    assert run["report"]["mods"] > 0
    assert [trouble["code"] for trouble in mods.mod("alpha")["troubles"]] == ["retracted"]
    assert "Eats saved worlds" in mods.mod("alpha")["troubles"][0]["message"]


def test_a_check_that_fails_does_not_fail_the_refresh(mods: Mods, upstream: SandboxUpstream) -> None:
    put_mod(mods.folder, "alpha", "1.0.0")
    upstream.fault("status", "/api/updates", status=400, style="json")
    run = mods.house.app.ended(mods.house.app.run("mod_cache_refresh")["id"], LONG)
    assert run["state"] == "succeeded"
    assert "refused the request" in run["report"]["updates_problem"]
    failed = mods.house.does(mods.id, "mods/updates/check", state="failed")
    assert "refused the request" in failed["error"]["message"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"https://mods.vintagestory.at/show/mod/{MODIDS['alpha'] + 1_000_000}", ("alpha", None)),
        ("https://mods.vintagestory.at/AlphaTest", ("alpha", None)),
        ("vintagestorymodinstall://camelcase@1.5.0", ("CamelCase", "1.5.0")),
        ("ALPHA@1.9.9", ("alpha", "1.9.9")),
        ("777", ("777", None)),
    ],
)
def test_a_pasted_link_or_id_finds_its_mod(house: House, text: str, found: tuple[str, str | None]) -> None:
    pointed = house.app.get("/catalog/pointer", text=text)
    assert (pointed["modid"], pointed["version"]) == found
    assert pointed["catalog_id"] == MODIDS[found[0]]
    assert pointed["name"]


def test_an_id_that_the_catalogue_does_not_know_is_given_back(house: House) -> None:
    assert house.app.get("/catalog/pointer", text="vintagestorymodinstall://brandnew@1.0.0") == {
        "catalog_id": None,
        "modid": "brandnew",
        "version": "1.0.0",
        "name": None,
    }


def test_what_points_at_no_mod_is_refused_in_words(house: House) -> None:
    house.app.refused("GET", "/catalog/pointer", 422, "invalid_mod_pointer", params={"text": "copper ore"})
    house.app.refused("GET", "/catalog/pointer", 404, "mod_not_found", params={"text": "https://mods.vintagestory.at/nosuchmod"})


def test_mods_tell_whether_they_fit_a_version_of_the_game(house: House) -> None:
    items = house.app.get("/catalog/mods", fit_for="1.21.6", q="alpha")["items"]
    assert [item["fit"] for item in items if item["id"] == MODIDS["alpha"]] == ["likely"]
