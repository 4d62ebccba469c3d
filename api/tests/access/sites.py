"""The routes of access behind the real guard, in this process, and browsers that visit them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from fastapi import FastAPI

from vintagestory_api.access import router, second_factor_router, session_router, users_router, view_as_router
from vintagestory_api.access.access import Access
from vintagestory_api.access.audit import AuditEntry, AuditFilter
from vintagestory_api.access.roles import Role
from vintagestory_api.access.users import StoredUser
from vintagestory_api.http_guard import HttpGuard
from vintagestory_api.problems import install_problem_handlers

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def password_of(name: str) -> str:
    return f"the long password of {name}"


class Site:
    """Each browser has its own cookies and, unless it is told otherwise, its own address."""

    def __init__(self, access: Access) -> None:
        self.access = access
        app = FastAPI()
        install_problem_handlers(app)
        for part in (router, session_router, second_factor_router, users_router, view_as_router):
            app.include_router(part.router)
        app.state.access = access
        self.app = app

    @asynccontextmanager
    async def browser(
        self, address: str = "192.0.2.1", *, scheme: str = "http", proxies: tuple[str, ...] = (), **headers: str
    ) -> AsyncIterator[httpx2.AsyncClient]:
        """A browser on a page of ours; more `headers` come with every request (`_` for `-`)."""
        guarded = HttpGuard(self.app, trusted_proxies=proxies)
        transport = httpx2.ASGITransport(guarded, raise_app_exceptions=False, client=(address, 4711))
        said = {"User-Agent": FIREFOX, "Origin": f"{scheme}://127.0.0.1"}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx2.AsyncClient(transport=transport, base_url=f"{scheme}://127.0.0.1/api/v1", headers=said) as client:
            yield client

    async def user(self, name: str, role: Role = Role.VIEWER) -> StoredUser:
        return await self.access.users.create(name, role, password_of(name), created_by="test")

    async def trail(self) -> list[AuditEntry]:
        """Newest first."""
        return await self.access.audit.list(AuditFilter(), limit=200)


async def sign_in(browser: httpx2.AsyncClient, name: str, password: str | None = None) -> httpx2.Response:
    return await browser.post("/session", json={"name": name, "password": password or password_of(name)})


async def signed_in(browser: httpx2.AsyncClient, name: str) -> dict[str, Any]:
    """Sign in, which has to succeed; who that is."""
    answer = await sign_in(browser, name)
    assert answer.status_code == 200, answer.text
    me: dict[str, Any] = answer.json()["me"]
    return me


async def state_of(browser: httpx2.AsyncClient) -> str:
    answer = await browser.get("/session")
    assert answer.status_code == 200, answer.text
    state: str = answer.json()["state"]
    return state


def code_of(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
