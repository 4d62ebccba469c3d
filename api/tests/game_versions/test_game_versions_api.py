"""GET /game-versions."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from tests.upstreams import FakeClock, Request, send, upstream_for
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import SecuredRoute
from vintagestory_api.events import EventBus
from vintagestory_api.game_versions.catalog import GameVersionCatalog, use_game_version_catalog
from vintagestory_api.game_versions.client import VersionApi
from vintagestory_api.game_versions.router import router
from vintagestory_api.jobs.server_versions import check_server_versions
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.kit.upstream import UpstreamError
from vintagestory_api.problems import install_problem_handlers


class Tokens:
    async def authenticate(self, secret: Any) -> Any:
        return Principal("token", "1", "reader", Role.VIEWER)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Any]:
    lists = {
        "stable": {"1.21.6": {"linuxserver": {"filename": "a.tar.gz", "urls": {"cdn": None, "local": "https://l.example/a"}}}},
        "unstable": {"1.22.0-rc.1": {}, "1.22.0-pre.2": {}},
    }
    world = SimpleNamespace(lists=lists, status="200 OK", refreshed_ms=None)

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        await send(writer, json.dumps(lists[request.path.strip("/").removesuffix(".json")]).encode(), status=world.status)

    async with upstream_for(handler, attempts=1) as (upstream, _):
        world.catalog = GameVersionCatalog(tmp_path / "catalog.db", VersionApi(upstream), FakeClock(), EventBus())
        use_game_version_catalog(world.catalog)
        app = FastAPI()
        app.include_router(router)
        install_problem_handlers(app)
        app.state.access = SimpleNamespace(tokens=Tokens())
        app.state.freshness = lambda job_id: world.refreshed_ms if job_id == "server_versions_check" else None
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://t", headers={"X-API-Key": "x"}) as client:
            world.client = client
            yield world
        use_game_version_catalog(None)


async def test_before_the_first_check_the_list_is_empty_and_filling(world: SimpleNamespace) -> None:
    answer = await world.client.get("/api/v1/game-versions")
    assert answer.status_code == 200
    assert answer.json() == {"items": [], "next_cursor": None, "state": "filling", "data_age_seconds": None, "refreshed_at": None}


async def test_versions_come_newest_first_with_their_builds_and_the_age_of_the_data(world: SimpleNamespace) -> None:
    await world.catalog.check()
    world.refreshed_ms = SystemClock().now_ms() - 90_000
    body = (await world.client.get("/api/v1/game-versions")).json()
    assert body["state"] == "ready"
    assert 90 <= body["data_age_seconds"] < 120
    assert body["refreshed_at"].endswith("Z")
    assert [(item["version"], item["channel"], item["kind"], item["latest"]) for item in body["items"]] == [
        ("1.22.0-rc.1", "unstable", "rc", True),
        ("1.22.0-pre.2", "unstable", "pre", False),
        ("1.21.6", "stable", "stable", True),
    ]
    assert body["items"][2] == {
        "version": "1.21.6",
        "channel": "stable",
        "kind": "stable",
        "minor": "1.21",
        "latest": True,
        "first_seen": "2025-06-15T15:06:40.000Z",
        "builds": [
            {"platform": "linuxserver", "file_name": "a.tar.gz", "size_text": None, "md5": None, "url": "https://l.example/a"}
        ],
    }


async def test_one_channel_can_be_asked_for(world: SimpleNamespace) -> None:
    await world.catalog.check()
    body = (await world.client.get("/api/v1/game-versions?channel=stable")).json()
    assert [item["version"] for item in body["items"]] == ["1.21.6"]


async def test_an_unknown_channel_is_refused(world: SimpleNamespace) -> None:
    assert (await world.client.get("/api/v1/game-versions?channel=nightly")).status_code == 422


async def test_when_the_upstream_fails_before_the_first_list_the_state_is_unavailable(world: SimpleNamespace) -> None:
    world.status = "500 Broken"
    with pytest.raises(UpstreamError):
        await world.catalog.check()
    answer = await world.client.get("/api/v1/game-versions")
    assert (answer.status_code, answer.json()["state"]) == (200, "unavailable")


async def test_when_the_upstream_fails_later_the_old_list_and_its_age_stay(world: SimpleNamespace) -> None:
    await world.catalog.check()
    world.refreshed_ms = SystemClock().now_ms() - 86_400_000
    world.status = "500 Broken"
    with pytest.raises(UpstreamError):
        await world.catalog.check()
    body = (await world.client.get("/api/v1/game-versions")).json()
    assert (body["state"], len(body["items"])) == ("ready", 3)
    assert body["data_age_seconds"] >= 86_400


def test_the_list_needs_the_role_viewer() -> None:
    (route,) = router.routes
    assert isinstance(route, SecuredRoute)
    assert route.required_role is Role.VIEWER


async def test_the_job_checks_the_running_catalogue_and_returns_its_report(world: SimpleNamespace) -> None:
    report = await check_server_versions()
    assert report is not None
    assert report.versions == {"stable": 1, "unstable": 2}


async def test_a_failing_upstream_does_not_make_the_job_raise(world: SimpleNamespace) -> None:
    world.status = "500 Broken"
    assert await check_server_versions() is None
