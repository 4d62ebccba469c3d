"""An admin looks at the manager as somebody else, and changes nothing meanwhile."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.access.sites import Site, code_of, signed_in
from vintagestory_api.access.roles import Role
from vintagestory_api.access.tokens import hash_secret


async def admin(site: Site, browser: httpx2.AsyncClient) -> None:
    await site.user("boss", Role.ADMIN)
    await signed_in(browser, "boss")


async def me_of(browser: httpx2.AsyncClient) -> dict[str, Any]:
    me: dict[str, Any] = (await browser.get("/me")).json()
    return me


async def actions(site: Site) -> list[str]:
    """What the trail tells of views, oldest first."""
    return [f"{entry.action}: {entry.result}" for entry in reversed(await site.trail()) if "view" in entry.action]


async def test_a_view_as_a_role_answers_as_for_it_and_is_left(site: Site) -> None:
    async with site.browser() as browser:
        await admin(site, browser)
        assert (await browser.get("/users")).status_code == 200
        seen = (await browser.put("/session/view-as", json={"role": "operator"})).json()
        assert (seen["name"], seen["role"], seen["viewing_as"]) == (
            "boss",
            "operator",
            {"kind": "role", "name": "operator", "role": "operator", "server_roles": []},
        )
        assert await me_of(browser) == seen
        assert code_of(await browser.get("/users")) == (403, "role_too_low")
        left = await browser.delete("/session/view-as")
        assert (left.json()["role"], left.json()["viewing_as"]) == ("admin", None)
        assert (await browser.get("/users")).status_code == 200
        assert (await browser.delete("/session/view-as")).status_code == 200, "leaving twice is no mistake"
    assert await actions(site) == ["view_as: ok", "leave_view: ok", "leave_view: ok"]
    begun = next(entry for entry in await site.trail() if entry.action == "view_as")
    assert (begun.who_name, begun.role, begun.details["role"]) == ("boss", "admin", "operator")


async def test_nothing_is_changed_meanwhile(site: Site) -> None:
    async with site.browser() as browser:
        await admin(site, browser)
        await browser.put("/session/view-as", json={"role": "admin"})
        for method, path, body in (
            ("POST", "/tokens", {"name": "bot", "role": "admin"}),
            ("DELETE", "/sessions", None),
            ("PUT", "/session/view-as", {"role": "viewer"}),
        ):
            assert code_of(await browser.request(method, path, json=body)) == (403, "viewing_as"), path
        assert (await browser.get("/tokens")).json()["items"] == []
        assert (await browser.delete("/session")).status_code == 204, "signing out ends it with the session"
        await signed_in(browser, "boss")
        assert (await me_of(browser))["viewing_as"] is None
    refused = next(entry for entry in await site.trail() if entry.action == "create_token")
    assert (refused.who_name, refused.role, refused.result) == ("boss", "admin", "viewing_as")


async def test_a_view_as_a_user_follows_what_becomes_of_that_user(site: Site) -> None:
    anna = await site.user("Anna", Role.OPERATOR)
    async with site.browser() as browser, site.browser() as other:
        await admin(site, browser)
        await signed_in(other, "boss")
        seen = (await browser.put("/session/view-as", json={"user_id": anna.id})).json()["viewing_as"]
        assert (seen["kind"], seen["name"], seen["role"]) == ("user", "Anna", "operator")
        await other.patch(f"/users/{anna.id}", json={"role": "viewer"})
        assert (await me_of(browser))["role"] == "viewer"
        await other.patch(f"/users/{anna.id}", json={"is_disabled": True})
        me = await me_of(browser)
        assert (me["role"], me["viewing_as"]) == ("admin", None)
        await other.patch(f"/users/{anna.id}", json={"is_disabled": False})
        assert (await me_of(browser))["viewing_as"] is None, "an ended view does not come back"
        await browser.put("/session/view-as", json={"user_id": anna.id})
        await other.delete(f"/users/{anna.id}")
        assert (await me_of(browser))["viewing_as"] is None
        assert code_of(await browser.put("/session/view-as", json={"user_id": anna.id})) == (404, "user_not_found")
    assert (await actions(site))[:4] == ["view_as: ok", "leave_view: ok", "view_as: ok", "leave_view: ok"]


async def test_who_is_no_admin_any_more_sees_as_nobody_else(site: Site) -> None:
    boss = await site.user("boss", Role.ADMIN)
    await site.user("chief", Role.ADMIN)
    async with site.browser() as browser, site.browser() as chief:
        await signed_in(browser, "boss")
        await signed_in(chief, "chief")
        await browser.put("/session/view-as", json={"role": "admin"})
        await chief.patch(f"/users/{boss.id}", json={"role": "viewer"})
        me = await me_of(browser)
        assert (me["role"], me["viewing_as"]) == ("viewer", None)


async def test_only_an_admin_in_a_browser_sees_as_somebody_else(site: Site) -> None:
    await site.user("Anna", Role.OPERATOR)
    _, secret = await site.access.tokens.create("bot", Role.ADMIN, created_by="test")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        assert code_of(await browser.put("/session/view-as", json={"role": "viewer"})) == (403, "role_too_low")
    async with site.browser() as program:
        headers = {"X-API-Key": secret}
        answer = await program.put("/session/view-as", json={"role": "viewer"}, headers=headers)
        assert code_of(answer) == (403, "no_browser_session")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"role": "king"}, "invalid_request"),
        ({"role": "viewer", "user_id": "x"}, "invalid_request"),
        ({"user_id": "x", "server_roles": [{"server_id": "home", "role": "viewer"}]}, "invalid_request"),
        ({"role": "none", "server_roles": [{"server_id": "nowhere", "role": "viewer"}]}, "unknown_server"),
    ],
)
async def test_a_view_that_can_not_be_is_refused(site: Site, body: dict[str, Any], code: str) -> None:
    async with site.browser() as browser:
        await admin(site, browser)
        assert code_of(await browser.put("/session/view-as", json=body)) == (422, code)
        assert (await me_of(browser))["viewing_as"] is None


@pytest.mark.parametrize("written", ["", "{", "[]", '"x"', '{"role": "king", "on": {}}', '{"role": "viewer"}', "null"])
async def test_a_view_that_can_not_be_read_is_none(site: Site, database_path: Path, written: str) -> None:
    async with site.browser() as browser:
        await admin(site, browser)
        (secret,) = browser.cookies.values()
        with closing(sqlite3.connect(database_path)) as db, db:
            changed = db.execute("UPDATE sessions SET view_as = ? WHERE secret_hash = ?", (written, hash_secret(secret)))
            assert changed.rowcount == 1
        site.access.sessions.look_again_at((await site.access.users.page(limit=1))[0].id)
        assert (await me_of(browser))["viewing_as"] is None


async def test_listeners_are_told_when_a_view_begins_and_ends(site: Site) -> None:
    told: list[str] = []
    site.access.on_revoked(lambda kind, _id: told.append(kind))
    async with site.browser() as browser:
        await admin(site, browser)
        told.clear()
        await browser.put("/session/view-as", json={"role": "viewer"})
        await browser.delete("/session/view-as")
    assert told == ["session", "session"]
