"""The catalogue on the mod database's recorded answers, over HTTP: 4,875 mods, 23 of them made to be odd."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.facts import facts_path
from tests.mods.catalogs import check_whole, ids
from tests.upstreams import RawServer, Request, client_for, raw_server, replay
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.mods.catalog import ModCatalog, ModPage
from vintagestory_api.mods.catalog_search import read_query
from vintagestory_api.mods.catalog_store import prepare_catalog
from vintagestory_api.mods.moddb import ModDatabase, ModNotFound

pytestmark = pytest.mark.real_data

ANSWERS = {
    "/api/mods": "mods.http.gz",
    "/api/tags": "tags.http",
    "/api/gameversions": "gameversions.http",
    "/api/mod/9001": "mod_9001.http",
    "/api/mod/9007": "mod_9007.http",
    "/api/mod/777": "mod_777.http",
}


@pytest.fixture
def recorded() -> Path:
    return facts_path("moddb-recorded")


@pytest.fixture
async def server(recorded: Path) -> AsyncIterator[RawServer]:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        name = ANSWERS.get(request.path, "mod_nope.http")
        if request.path == "/api/mods" and "gameversion" in request.query:
            name = "mods_gameversion_primary.http"
        await replay(recorded / name)(request, writer)

    async with raw_server(answer) as running:
        yield running


@pytest.fixture
async def catalog(server: RawServer, tmp_path: Path) -> AsyncIterator[ModCatalog]:
    path = tmp_path / "catalog.db"
    prepare_catalog(path)
    upstream = client_for(server.url)
    catalog = ModCatalog(path, ModDatabase(upstream, work_dir=tmp_path), SystemClock())
    yield catalog
    await catalog.close()
    await upstream.aclose()
    check_whole(path)


def document(page: ModPage) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(page.document + b"}")
    return parsed


async def test_the_recorded_list_fills_the_catalogue_and_again_it_changes_nothing(catalog: ModCatalog, server: RawServer) -> None:
    first = await catalog.refresh()
    assert (first.mods, first.new, first.invalid, first.tags) == (4_875, 4_875, 0, 20)
    assert first.game_versions > 100
    server.requests.clear()
    again = await catalog.refresh()
    assert (again.unchanged, again.new, again.changed, again.vanished) == (4_875, 0, 0, 0)
    assert [request.path for request in server.requests] == ["/api/mods", "/api/tags", "/api/gameversions"]


async def test_odd_recorded_mods_are_found_and_shown(catalog: ModCatalog) -> None:
    await catalog.refresh()
    assert ids(await catalog.search(read_query({"q": ['unicode 颤 "quotes"']}))) == [9001]
    alpha = document(await catalog.details("ALPHA"))
    assert (alpha["id"], alpha["modids"], alpha["tags"]) == (9001, ["alpha"], ["QoL", "Tweak"])
    assert alpha["description_html"].startswith("<p>Hello")
    assert [release["version"] for release in alpha["releases"]][:2] == ["2.0.0-rc.1", "1.10.0"], "by version, not by date"
    assert document(await catalog.details("777"))["id"] == 777, "a number before an id, as the mod database has it"
    assert document(await catalog.details("9007"))["type"] == "externaltool"
    with pytest.raises(ModNotFound):
        await catalog.details("nope")


async def test_one_filtered_list_tells_which_mods_fit(catalog: ModCatalog, server: RawServer) -> None:
    await catalog.refresh()
    server.requests.clear()
    found = await catalog.search(read_query({"game_version": ["1.14.5"], "limit": ["100"]}))
    assert found.total == 68
    assert {224, 212, 209} <= set(ids(found))
    await catalog.search(read_query({"game_version": ["1.14"], "q": ["coins"]}))
    assert [request.query for request in server.requests] == [{"gameversion": "1.14"}]
