"""Tokens, audit trail and `me` over HTTP."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI

from tests.access.conftest import MovedClock
from vintagestory_api.access.access import Access
from vintagestory_api.access.roles import Role
from vintagestory_api.access.router import router
from vintagestory_api.problems import install_problem_handlers


@pytest.fixture
async def admin(access: Access) -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(router)
    app.state.access = access
    _, secret = await access.tokens.create("boss", Role.ADMIN, created_by="test")
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://127.0.0.1/api/v1", headers={"X-API-Key": secret}
    ) as client:
        yield client


async def test_me_is_the_token_of_the_request(admin: httpx2.AsyncClient) -> None:
    answer = await admin.get("/me")
    assert answer.json().items() >= {"kind": "token", "name": "boss", "role": "admin"}.items()


async def test_a_token_made_here_works_and_its_secret_is_shown_once(admin: httpx2.AsyncClient) -> None:
    made = await admin.post("/tokens", json={"name": "bot", "role": "viewer"})
    assert made.status_code == 201
    secret = made.json()["token"]
    assert (await admin.get("/me", headers={"X-API-Key": secret})).json()["name"] == "bot"
    listed = await admin.get("/tokens")
    assert [token["name"] for token in listed.json()["items"]] == ["boss", "bot"]
    assert listed.json()["items"][1]["created_by"] == "token:boss"
    assert listed.json()["items"][1]["created_at"].endswith("Z")
    assert secret not in listed.text
    assert "secret" not in listed.text


async def test_a_revoked_token_is_refused_at_once_and_leaves_the_list(admin: httpx2.AsyncClient) -> None:
    made = (await admin.post("/tokens", json={"name": "bot", "role": "viewer"})).json()
    bot = {"X-API-Key": made["token"]}
    assert (await admin.get("/me", headers=bot)).status_code == 200
    for _ in range(2):
        assert (await admin.delete(f"/tokens/{made['id']}")).status_code == 204
    assert (await admin.get("/me", headers=bot)).status_code == 401
    assert [token["name"] for token in (await admin.get("/tokens")).json()["items"]] == ["boss"]
    everything = (await admin.get("/tokens", params={"include_revoked": True})).json()["items"]
    assert everything[1]["revoked_at"] is not None
    unknown = await admin.delete("/tokens/unknown")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "token_not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "bot"}, "role"),
        ({"name": "bot", "role": "king"}, "role"),
        ({"name": "", "role": "viewer"}, "name"),
        ({"name": "a\nb", "role": "viewer"}, "name"),
        ({"name": "a" * 65, "role": "viewer"}, "name"),
        ({"name": 5, "role": "viewer"}, "name"),
        ({"name": "bot", "role": "viewer", "secret": "mine"}, "secret"),
    ],
)
async def test_a_wrong_token_request_names_the_field(admin: httpx2.AsyncClient, body: dict[str, object], field: str) -> None:
    answer = await admin.post("/tokens", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert len((await admin.get("/tokens")).json()["items"]) == 1


async def test_a_taken_name_is_a_conflict(admin: httpx2.AsyncClient) -> None:
    answer = await admin.post("/tokens", json={"name": "boss", "role": "viewer"})
    assert (answer.status_code, answer.json()["code"]) == (409, "token_name_taken")


async def test_the_list_of_tokens_is_paged(admin: httpx2.AsyncClient) -> None:
    for number in range(4):
        await admin.post("/tokens", json={"name": f"bot {number}", "role": "viewer"})
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        page = (await admin.get("/tokens", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [token["name"] for token in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ["boss", "bot 0", "bot 1", "bot 2", "bot 3"]
    assert cursor is None


async def test_making_and_revoking_tokens_is_in_the_trail_without_the_secret(admin: httpx2.AsyncClient) -> None:
    made = (await admin.post("/tokens", json={"name": "bot", "role": "viewer"})).json()
    await admin.delete(f"/tokens/{made['id']}")
    answer = await admin.get("/audit")
    revoked, created = answer.json()["items"]
    assert (revoked["action"], revoked["target"], revoked["status"]) == ("revoke_token", {"token_id": made["id"]}, 204)
    assert (created["action"], created["target"]) == ("create_token", {"token_id": made["id"]})
    assert created["details"] == {"name": "bot", "role": "viewer"}
    assert created["who"] == {**created["who"], "kind": "token", "name": "boss", "role": "admin"}
    assert made["token"] not in answer.text


async def test_the_trail_is_filtered_and_paged(admin: httpx2.AsyncClient, clock: MovedClock) -> None:
    for number in range(3):
        await admin.post("/tokens", json={"name": f"bot {number}", "role": "viewer"})
    clock.moved_seconds += 3600
    await admin.post("/tokens", json={"name": "bot 0", "role": "viewer"})

    async def results(**query: str | int) -> list[str]:
        answer = await admin.get("/audit", params=query)
        assert answer.status_code == 200, answer.text
        return [entry["result"] for entry in answer.json()["items"]]

    assert await results() == ["token_name_taken", "ok", "ok", "ok"]
    assert await results(result="ok") == ["ok"] * 3
    assert await results(action="revoke_token") == []
    assert len(await results(who="boss", action="create_token")) == 4
    assert await results(who="nobody") == []
    last = (await admin.get("/audit", params={"limit": 1})).json()
    assert await results(since=last["items"][0]["time"]) == ["token_name_taken"]
    assert await results(cursor=last["next_cursor"], limit=200) == ["ok"] * 3


@pytest.mark.parametrize("query", ["since=yesterday", "limit=0", "limit=201", "limit=x", "unknown=1"])
async def test_a_wrong_filter_of_the_trail_is_refused(admin: httpx2.AsyncClient, query: str) -> None:
    answer = await admin.get(f"/audit?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


async def test_old_lines_of_the_trail_can_be_pruned(admin: httpx2.AsyncClient, access: Access, clock: MovedClock) -> None:
    await admin.post("/tokens", json={"name": "old", "role": "viewer"})
    clock.moved_seconds += 3600
    await admin.post("/tokens", json={"name": "new", "role": "viewer"})
    assert await access.audit.prune(clock.now_ms() - 60_000) == 1
    assert [entry["details"]["name"] for entry in (await admin.get("/audit")).json()["items"]] == ["new"]
