"""Routes that come once the manager listens: the same ones, and nobody who asks before them is sent away."""

import asyncio
from pathlib import Path

import httpx2
import pytest

from tests.managers import NOBODY_HOME
from vintagestory_api import server
from vintagestory_api.config import ProcessSettings
from vintagestory_api.main import create_app, lifespan
from vintagestory_api.routes import Routes


def settings(data_dir: Path) -> ProcessSettings:
    return ProcessSettings(data_dir=data_dir, mod_db_url=NOBODY_HOME, versions_url=NOBODY_HOME)


async def test_before_its_routes_are_there_an_application_tells_of_its_health_and_lets_others_wait(data_dir: Path) -> None:
    app = create_app(settings(data_dir), routes_later=True)
    async with (
        lifespan(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1") as client,
    ):
        assert (await client.get("/healthz")).json()["status"] in {"ok", "degraded"}
        waiting = asyncio.create_task(client.get("/api/v1/servers"))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not waiting.done()
        await app.state.routes.bring_by_and_by()
        assert (await waiting).json()["code"] == "unauthorized"


async def test_routes_that_come_later_are_those_of_every_application(data_dir: Path) -> None:
    at_once, later = create_app(settings(data_dir)), create_app(settings(data_dir), routes_later=True)
    await later.state.routes.bring_by_and_by()
    assert sorted(map(repr, later.router.routes)) == sorted(map(repr, at_once.router.routes))
    assert later.state.routes.larger_bodies == at_once.state.routes.larger_bodies


def test_a_program_without_one_of_its_modules_ends_and_says_so(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def incomplete(_routes: Routes) -> None:
        raise ModuleNotFoundError("No module named 'vintagestory_api.mods.router'")

    monkeypatch.setattr(Routes, "bring_by_and_by", incomplete)
    with pytest.raises(server.CannotServe, match=r"mods\.router.*Install it anew"):
        server.serve(ProcessSettings(data_dir=data_dir, port=0, mod_db_url=NOBODY_HOME, versions_url=NOBODY_HOME))
