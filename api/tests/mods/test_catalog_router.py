import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from tests.mods.catalogs import FakeModDatabase, details, row, rows
from tests.pictures import png
from tests.upstreams import FakeClock
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.errors import Unavailable
from vintagestory_api.mods.catalog import ModCatalog, use_mod_catalog
from vintagestory_api.mods.catalog_store import prepare_catalog
from vintagestory_api.mods.logos import ModLogos
from vintagestory_api.mods.router import router
from vintagestory_api.mods.schemas import CatalogList, CatalogMod, CatalogRelease, CatalogTags, ListedItem
from vintagestory_api.problems import install_problem_handlers


class World:
    """An application with nothing but the catalogue in it, asked by a viewer."""

    def __init__(self, catalog: ModCatalog, moddb: FakeModDatabase, clock: FakeClock, folder: Path) -> None:
        self.catalog, self.moddb, self.clock = catalog, moddb, clock
        self.refreshed_at: int | None = None
        self.cold_state = "filling"
        self.refreshes_asked = 0
        self.picture, self.fetched = png(), list[str]()
        self.logos = ModLogos(catalog, self, folder, clock)
        self.app = FastAPI()
        self.app.include_router(router)
        install_problem_handlers(self.app)
        self.app.state.access = SimpleNamespace(tokens=self)
        self.app.state.ensure_refresh = self.ensure_refresh
        self.app.state.freshness = self.freshness
        self.app.state.logos = self.logos
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.app), base_url="http://manager/api/v1", headers={"X-API-Key": "vsm_x"}
        )

    async def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        return self.picture

    async def aclose(self) -> None:
        """Nothing to close."""

    async def authenticate(self, secret: str) -> Principal | None:
        return Principal("token", "1", "viewer", Role.VIEWER) if secret == "vsm_x" else None

    def ensure_refresh(self) -> str:
        self.refreshes_asked += 1
        return self.cold_state

    def freshness(self, job_id: str) -> int | None:
        assert job_id == "mod_cache_refresh"
        return self.refreshed_at

    async def fill(self, mods: list[dict[str, Any]]) -> None:
        self.moddb.answer = {"statuscode": "200", "mods": mods}
        await self.catalog.refresh()
        self.refreshed_at = self.clock.now_ms()

    async def get(self, path: str, status: int = 200, **params: Any) -> Any:
        response = await self.client.get(path, params=params)
        assert response.status_code == status, response.text
        kind = "application/json" if status == 200 else "application/problem+json"
        assert response.headers["content-type"] == kind
        return response.json()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    path = tmp_path / "catalog.db"
    prepare_catalog(path)
    moddb, clock = FakeModDatabase(), FakeClock(1_750_000_000_000)
    catalog = ModCatalog(path, moddb, clock)
    use_mod_catalog(catalog)
    world = World(catalog, moddb, clock, tmp_path / "logos")
    async with world.client:
        yield world
    use_mod_catalog(None)
    await world.logos.close()
    await catalog.close()


async def test_a_cold_catalogue_answers_that_it_is_filling(world: World) -> None:
    answer = await world.get("/catalog/mods", q="x", tag="QoL", game_version="1.21")
    assert answer == {
        "items": [],
        "next_cursor": None,
        "total": 0,
        "state": "filling",
        "data_age_seconds": None,
        "refreshed_at": None,
    }
    assert world.refreshes_asked == 1
    world.cold_state = "unavailable"
    assert (await world.get("/catalog/mods"))["state"] == "unavailable"


async def test_a_filled_catalogue_answers_with_its_age(world: World) -> None:
    await world.fill(rows(3))
    world.clock.advance(90.7)
    answer = await world.get("/catalog/mods", limit=2)
    CatalogList.model_validate(answer)
    assert [item["id"] for item in answer["items"]] == [3, 2]
    assert (answer["total"], answer["state"], answer["data_age_seconds"]) == (3, "ready", 90)
    assert answer["refreshed_at"] == "2025-06-15T15:06:40.000Z"
    rest = await world.get("/catalog/mods", limit=2, cursor=answer["next_cursor"])
    assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == ([1], None)
    assert world.refreshes_asked == 0


async def test_a_clock_that_went_back_gives_no_negative_age(world: World) -> None:
    await world.fill(rows(1))
    world.clock.advance(-500)
    assert (await world.get("/catalog/mods"))["data_age_seconds"] == 0


async def test_repeated_and_unknown_parameters(world: World) -> None:
    await world.fill([row(1, tags=["QoL"]), row(2, tags=["QoL", "Food"]), row(3, "C++ mod", tags=["Food"])])
    both = await world.get("/catalog/mods", tag=["QoL", "Food"], utm_source="x")
    assert [item["id"] for item in both["items"]] == [2]
    assert [item["id"] for item in (await world.get("/catalog/mods", q="c++"))["items"]] == [3]


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%ff%fe", "q=%ED%A0%80", "q=better%22", "q=AND", "q=" + "x" * 10_000, "q", "=", "q=%F0%9F%8C%BF", "&&&"]
)
async def test_no_query_fails(world: World, query: str) -> None:
    await world.fill(rows(3))
    assert (await world.get(f"/catalog/mods?{query}"))["state"] == "ready"


async def test_wrong_filters_are_named_field_by_field(world: World) -> None:
    await world.fill(rows(1))
    problem = await world.get("/catalog/mods", 422, side="left", limit="many")
    assert problem["code"] == "invalid_query"
    assert {error["field"] for error in problem["errors"]} == {"side", "limit"}
    assert [error["field"] for error in (await world.get("/catalog/mods", 422, tag="None such"))["errors"]] == ["tag"]


async def test_a_game_version_first_fills_then_filters(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vintagestory_api.mods.catalog.PATIENCE_SECONDS", 0.05)
    await world.fill(rows(3))
    world.moddb.fitting["1.21"] = [2]
    world.moddb.gate.clear()
    waiting = await world.get("/catalog/mods", game_version="1.21.1")
    assert (waiting["state"], waiting["items"]) == ("filling", [])
    world.moddb.gate.set()
    async with asyncio.timeout(5):  # the answer itself says when there is more
        while (found := await world.get("/catalog/mods", game_version="1.21.1"))["state"] == "filling":  # noqa: ASYNC110 - a client has nothing else to wait for
            await asyncio.sleep(0.01)
    assert [item["id"] for item in found["items"]] == [2]


async def test_a_game_version_that_can_not_be_fetched_is_a_problem(world: World) -> None:
    await world.fill(rows(3))
    world.moddb.errors["mod_ids_fitting"] = Unavailable("The mod database is down. Try again later.")
    problem = await world.get("/catalog/mods", 503, game_version="1.21")
    assert problem["detail"] == "The mod database is down. Try again later."


async def test_one_mod_has_its_details(world: World) -> None:
    await world.fill([row(1, modidstrs=["Twin"]), row(2, "Other twin", modidstrs=["twin"], downloads=1)])
    world.moddb.mods["1"] = details(1)
    mod = await world.get("/catalog/mods/TWIN")
    CatalogMod.model_validate(mod)
    assert (mod["id"], mod["listed"], mod["stale"]) == (1, True, False)
    assert mod["also"] == [{"id": 2, "name": "Other twin"}]
    assert mod["fetched_at"] == "2025-06-15T15:06:40.000Z"
    assert mod["description_html"] == "<p>Hello</p>"
    item = (await world.get("/catalog/mods"))["items"][0]
    del item["fit"]
    assert {**mod, **item, "modids": mod["modids"]} == mod, "its page shows what the list shows"


LOGO = "https://logos.example/a.png"


async def test_no_address_of_a_foreign_picture_leaves_the_manager_as_a_logo(world: World) -> None:
    await world.fill([row(1, logo=LOGO), row(2)])
    world.moddb.mods = {
        "1": details(1, logofilename=LOGO),
        "2": details(2, logofilename=LOGO),
        "9": details(9, logofilename=LOGO),
    }
    listed = {item["id"]: item["logo_url"] for item in (await world.get("/catalog/mods"))["items"]}
    assert listed == {1: "/api/v1/catalog/mods/1/logo", 2: None}
    for modid, logo_url in [*listed.items(), (9, None)]:
        mod = await world.get(f"/catalog/mods/{modid}")
        assert mod["logo_url"] == logo_url
        assert "logos.example" not in json.dumps(mod)


async def test_a_mod_that_left_the_list_keeps_its_logo(world: World) -> None:
    await world.fill([row(1, logo=LOGO), row(2)])
    world.moddb.mods["1"] = details(1)
    await world.fill([row(2)])
    mod = await world.get("/catalog/mods/1")
    assert (mod["listed"], mod["logo_url"]) == (False, "/api/v1/catalog/mods/1/logo")


async def test_a_new_address_of_a_logo_is_noticed(world: World) -> None:
    await world.fill([row(1, logo=LOGO)])
    await world.fill([row(1, logo=f"{LOGO}?new")])
    await world.client.get("/catalog/mods/1/logo")
    assert world.fetched == [f"{LOGO}?new"]


async def test_a_logo_comes_from_us_and_can_do_nothing_but_be_shown(world: World) -> None:
    await world.fill([row(1, logo=LOGO, modidstrs=["Alpha"])])
    address = (await world.get("/catalog/mods"))["items"][0]["logo_url"]
    response = await world.client.get(f"http://manager{address}")
    assert (response.status_code, response.content) == (200, png())
    assert dict(response.headers) == {
        "content-type": "image/png",
        "content-length": str(len(png())),
        "etag": response.headers["etag"],
        "cache-control": "private, max-age=86400",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }
    assert (await world.client.get("/catalog/mods/ALPHA/logo")).content == png()
    assert world.fetched == [LOGO]


@pytest.mark.parametrize(
    ("asked", "status"), [("{}", 304), ("W/{}", 304), ('"a", {}', 304), ("*", 304), ('"other"', 200), ("{}x", 200), ("", 200)]
)
async def test_a_logo_that_the_browser_has_is_not_sent_again(world: World, asked: str, status: int) -> None:
    await world.fill([row(1, logo=LOGO)])
    etag = (await world.client.get("/catalog/mods/1/logo")).headers["etag"]
    response = await world.client.get("/catalog/mods/1/logo", headers={"If-None-Match": asked.format(etag)})
    assert (response.status_code, response.headers["etag"]) == (status, etag)
    assert response.content == (b"" if status == 304 else png())
    assert response.headers["cache-control"] == "private, max-age=86400"


async def test_a_file_that_is_no_picture_is_left_out_without_an_error(world: World) -> None:
    world.picture = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    await world.fill([row(1, logo=LOGO)])
    response = await world.client.get("/catalog/mods/1/logo")
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("key", ["2", "nobody", "..%5c..%5cetc", "%00", "9" * 40])
async def test_no_logo_is_a_problem_document(world: World, key: str) -> None:
    await world.fill([row(1, logo=LOGO), row(2)])
    assert (await world.get(f"/catalog/mods/{key}/logo", 404))["code"] == "no_logo"


async def test_a_mod_nobody_knows_is_not_found(world: World) -> None:
    await world.fill(rows(1))
    problem = await world.get("/catalog/mods/nope", 404)
    assert problem["code"] == "mod_not_found"
    assert "nope" in problem["detail"]


async def test_tags_are_listed_with_their_mods(world: World) -> None:
    await world.fill(rows(2))
    tags = await world.get("/catalog/tags")
    CatalogTags.model_validate(tags)
    assert tags == {
        "items": [{"name": "Food", "color": "#92c96a", "mods": 0}, {"name": "QoL", "color": "#92c96a", "mods": 2}],
        "next_cursor": None,
    }


@pytest.mark.parametrize("path", ["/catalog/mods", "/catalog/mods/1", "/catalog/mods/1/logo", "/catalog/tags"])
async def test_nothing_is_told_without_a_token(world: World, path: str) -> None:
    world.client.headers["X-API-Key"] = "wrong"
    assert (await world.get(path, 401))["code"] == "unauthorized"


def test_the_openapi_document_names_every_parameter_and_field() -> None:
    app = FastAPI()
    app.include_router(router)
    document = app.openapi()
    search = document["paths"]["/api/v1/catalog/mods"]["get"]
    named = {parameter["name"] for parameter in search["parameters"]}
    assert named == {"q", "side", "type", "tag", "author", "game_version", "fit_for", "sort", "limit", "cursor"}
    assert search["x-required-role"] == "viewer"
    assert [parameter["name"] for parameter in document["paths"]["/api/v1/catalog/mods/{id}"]["get"]["parameters"]] == ["id"]
    assert json.dumps(document)


async def test_answers_have_exactly_the_documented_fields(world: World) -> None:
    await world.fill(rows(1))
    world.moddb.mods["1"] = details(1)
    found = await world.get("/catalog/mods")
    assert set(found) == set(CatalogList.model_fields)
    assert set(found["items"][0]) == set(ListedItem.model_fields)
    mod = await world.get("/catalog/mods/1")
    assert set(mod) == set(CatalogMod.model_fields)
    assert set(mod["releases"][0]) == set(CatalogRelease.model_fields)


async def test_each_mod_of_a_list_tells_whether_it_fits_a_version_of_the_game(world: World) -> None:
    await world.fill(rows(3))
    world.moddb.fitting["1.22"] = [2]
    found = await world.get("/catalog/mods", fit_for="1.22.7", sort="name")
    assert {item["id"]: item["fit"] for item in found["items"]} == {1: "not", 2: "likely", 3: "not"}
    await world.get("/catalog/mods", fit_for="1.22", limit="2")
    assert world.moddb.calls.count("mod_ids_fitting 1.22") == 1, "the list is kept"
    assert {item["fit"] for item in (await world.get("/catalog/mods"))["items"]} == {None}


async def test_without_its_list_nothing_is_said_about_a_version_of_the_game(world: World) -> None:
    await world.fill(rows(2))
    world.moddb.errors["mod_ids_fitting"] = Unavailable("It is away.")
    found = await world.get("/catalog/mods", fit_for="1.22.7")
    assert [item["fit"] for item in found["items"]] == ["unknown", "unknown"]


async def test_a_version_that_is_none_is_refused_where_fits_are_asked_for(world: World) -> None:
    await world.fill(rows(1))
    answer = await world.client.get("/catalog/mods", params={"fit_for": "latest"})
    assert answer.status_code == 422
    assert "fit_for" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("https://mods.vintagestory.at/show/mod/10002", [2]),
        ("https://mods.vintagestory.at/show/mod/10002#tab-files", [2]),
        ("mods.vintagestory.at/Second", [2]),
        ("vintagestorymodinstall://MOD3@1.0.0", [3]),
        ("https://mods.vintagestory.at/show/mod/77", []),
        ("https://elsewhere.example/show/mod/10002", []),
    ],
)
async def test_a_pasted_link_finds_its_mod_alone(world: World, link: str, found: list[int]) -> None:
    await world.fill([row(1, summary="Like mod 10002"), row(2, urlalias="second"), row(3)])
    answer = await world.get("/catalog/mods", q=link)
    assert [item["id"] for item in answer["items"]] == found
    assert answer["total"] == len(found)
    assert answer["next_cursor"] is None
