"""Users: made, changed and removed by admins, of whom one always stays."""

import asyncio
from typing import Any

import httpx2
import pytest

from tests.access.sites import Site, code_of, password_of, sign_in, signed_in
from vintagestory_api.access.access import Access
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.access.users import LastAdmin


async def admin_of(site: Site, browser: httpx2.AsyncClient) -> str:
    """Signs an admin in; their id."""
    user = await site.user("boss", Role.ADMIN)
    await signed_in(browser, "boss")
    return user.id


async def test_a_user_made_here_can_sign_in_with_the_role(site: Site) -> None:
    async with site.browser() as boss, site.browser() as browser:
        await admin_of(site, boss)
        made = await boss.post("/users", json={"name": " Anna ", "role": "operator", "password": password_of("Anna")})
        assert made.status_code == 201
        user = made.json()
        assert user | {"id": "", "created_at": ""} == {
            "id": "",
            "name": "Anna",
            "role": "operator",
            "server_roles": [],
            "is_disabled": False,
            "has_second_factor": False,
            "created_at": "",
            "last_signed_in_at": None,
        }
        assert (await signed_in(browser, "Anna"))["role"] == "operator"
        listed = (await boss.get("/users")).json()
        assert [found["name"] for found in listed["items"]] == ["boss", "Anna"]
        assert listed["items"][1]["last_signed_in_at"].endswith("Z")
        assert "argon2" not in str(listed)
    entry = next(entry for entry in await site.trail() if entry.action == "create_user")
    assert entry.target == {"user_id": user["id"]}
    assert entry.details == {"name": " Anna ", "role": "operator"}


async def test_the_list_of_users_is_paged(site: Site) -> None:
    async with site.browser() as boss:
        await admin_of(site, boss)
        for number in range(4):
            await site.user(f"user {number}")
        seen: list[str] = []
        cursor: str | None = None
        for _ in range(3):
            page = (await boss.get("/users", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
            seen += [user["name"] for user in page["items"]]
            cursor = page["next_cursor"]
    assert (seen, cursor) == (["boss", "user 0", "user 1", "user 2", "user 3"], None)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"name": "", "role": "viewer", "password": "a long password"}, "invalid_user_name", "name"),
        ({"name": "a" * 65, "role": "viewer", "password": "a long password"}, "invalid_user_name", "name"),
        ({"name": "a\nb", "role": "viewer", "password": "a long password"}, "invalid_user_name", "name"),
        ({"name": "right-to-left \u202e", "role": "viewer", "password": "a long password"}, "invalid_user_name", "name"),
        ({"name": "Anna", "role": "viewer", "password": "hunter2"}, "password_too_short", "password"),
        ({"name": "Anna", "role": "king", "password": "hunter2"}, "invalid_request", "role"),
        ({"name": "Anna", "role": "viewer", "password": {"hunter2": 1}}, "invalid_request", "password"),
        ({"name": "Anna", "role": "viewer", "password": "a long password", "is_god": True}, "invalid_request", "is_god"),
    ],
)
async def test_a_wrong_user_names_the_field_and_repeats_no_password(
    site: Site, body: dict[str, Any], code: str, field: str
) -> None:
    async with site.browser() as boss:
        await admin_of(site, boss)
        answer = await boss.post("/users", json=body)
        assert code_of(answer) == (422, code)
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert "hunter2" not in answer.text
        assert "hunter2" not in repr(await site.trail())
        assert len((await boss.get("/users")).json()["items"]) == 1


@pytest.mark.parametrize("name", ["anna müller", "ANNA MÜLLER", "Anna Mu\u0308ller", "Ａnna Müller", "  Anna Müller "])
async def test_names_that_look_alike_are_taken(site: Site, name: str) -> None:
    await site.user("Anna Müller")
    other = await site.user("Bob")
    async with site.browser() as boss:
        await admin_of(site, boss)
        made = await boss.post("/users", json={"name": name, "role": "viewer", "password": "a long password"})
        assert code_of(made) == (409, "user_name_taken")
        renamed = await boss.patch(f"/users/{other.id}", json={"name": name})
        assert code_of(renamed) == (409, "user_name_taken")
        assert [error["field"] for error in renamed.json()["errors"]] == ["name"]


async def test_a_user_can_be_given_another_way_to_write_their_name(site: Site) -> None:
    user = await site.user("anna")
    async with site.browser() as boss, site.browser() as browser:
        await admin_of(site, boss)
        await signed_in(browser, "anna")
        assert (await boss.patch(f"/users/{user.id}", json={"name": "Anna"})).json()["name"] == "Anna"
        assert (await browser.get("/me")).json()["name"] == "Anna"


async def test_another_role_holds_at_once(site: Site) -> None:
    user = await site.user("Anna", Role.ADMIN)
    async with site.browser() as boss, site.browser() as browser:
        await admin_of(site, boss)
        await signed_in(browser, "Anna")
        assert (await browser.get("/users")).status_code == 200
        changed = await boss.patch(f"/users/{user.id}", json={"role": "viewer", "is_disabled": None})
        assert (changed.json()["role"], changed.json()["is_disabled"]) == ("viewer", False)
        assert code_of(await browser.get("/users")) == (403, "role_too_low")
        assert (await browser.get("/me")).json()["role"] == "viewer"


async def test_who_is_disabled_is_out_until_enabled_and_signed_in_again(site: Site) -> None:
    user = await site.user("Anna")
    async with site.browser() as boss, site.browser() as browser:
        await admin_of(site, boss)
        await signed_in(browser, "Anna")
        await boss.patch(f"/users/{user.id}", json={"is_disabled": True})
        assert (await browser.get("/me")).status_code == 401
        assert (await sign_in(browser, "Anna")).status_code == 401
        await boss.patch(f"/users/{user.id}", json={"is_disabled": False})
        assert (await browser.get("/me")).status_code == 401, "the old session stays ended"
        await signed_in(browser, "Anna")


async def test_who_is_removed_is_out_and_the_name_is_free(site: Site) -> None:
    user = await site.user("Anna")
    async with site.browser() as boss, site.browser() as browser:
        await admin_of(site, boss)
        await signed_in(browser, "Anna")
        assert (await boss.delete(f"/users/{user.id}")).status_code == 204
        assert (await browser.get("/me")).status_code == 401
        assert (await sign_in(browser, "Anna")).status_code == 401
        assert code_of(await boss.delete(f"/users/{user.id}")) == (404, "user_not_found")
        await site.user("Anna")


async def test_a_password_given_by_an_admin_signs_the_user_out(site: Site) -> None:
    user = await site.user("Anna")
    async with site.browser() as boss, site.browser() as browser:
        await admin_of(site, boss)
        await signed_in(browser, "Anna")
        path = f"/users/{user.id}/password"
        assert code_of(await boss.post(path, json={"password": "Anna"})) == (422, "password_too_short")
        assert (await browser.get("/me")).status_code == 200
        assert (await boss.post(path, json={"password": "another password"})).status_code == 204
        assert (await browser.get("/me")).status_code == 401
        assert (await sign_in(browser, "Anna")).status_code == 401
        assert (await sign_in(browser, "Anna", "another password")).status_code == 200
    assert "another password" not in repr(await site.trail())


async def test_an_admin_signs_a_user_out_everywhere(site: Site) -> None:
    user = await site.user("Anna")
    async with site.browser() as boss, site.browser() as browser:
        await admin_of(site, boss)
        await signed_in(browser, "Anna")
        assert (await boss.delete(f"/users/{user.id}/sessions")).status_code == 204
        assert (await browser.get("/me")).status_code == 401
        await signed_in(browser, "Anna")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"role": "viewer"}),
        ("DELETE", "", None),
        ("POST", "/password", {"password": "a long password"}),
        ("DELETE", "/sessions", None),
    ],
)
async def test_what_is_not_there_says_so(site: Site, method: str, path: str, body: dict[str, str] | None) -> None:
    async with site.browser() as boss:
        await admin_of(site, boss)
        assert code_of(await boss.request(method, f"/users/nobody{path}", json=body)) == (404, "user_not_found")


async def test_the_last_admin_stays(site: Site) -> None:
    async with site.browser() as boss:
        own = f"/users/{await admin_of(site, boss)}"
        await site.access.users.change((await site.user("disabled", Role.ADMIN)).id, is_disabled=True)
        assert code_of(await boss.patch(own, json={"role": "operator"})) == (409, "last_admin")
        assert code_of(await boss.patch(own, json={"is_disabled": True})) == (409, "last_admin")
        assert code_of(await boss.delete(own)) == (409, "last_admin")
        assert (await boss.patch(own, json={"name": "Boss"})).status_code == 200
        await site.user("other", Role.ADMIN)
        assert (await boss.delete(own)).status_code == 204


@pytest.mark.parametrize("way", ["remove", "disable", "demote"])
async def test_of_two_admins_who_go_at_the_same_moment_one_stays(access: Access, way: str) -> None:
    both = [await access.users.create(name, Role.ADMIN, password_of(name), created_by="test") for name in ("Anna", "Ida")]

    async def go(user_id: str) -> None:
        if way == "remove":
            await access.users.remove(user_id)
        elif way == "disable":
            await access.users.change(user_id, is_disabled=True)
        else:
            await access.users.change(user_id, role=Role.VIEWER)

    done = await asyncio.gather(*(go(user.id) for user in both), return_exceptions=True)
    assert [type(result) for result in done if result is not None] == [LastAdmin]
    assert await access.users.has_admin()


async def test_whoever_listens_hears_of_everything_that_is_taken_away(access: Access) -> None:
    heard: list[tuple[str, str]] = []
    access.on_revoked(lambda _kind, _id: 1 / 0)  # type: ignore[arg-type] # one that fails hurts no other
    access.on_revoked(lambda kind, revoked_id: heard.append((kind, revoked_id)))
    await access.users.create("boss", Role.ADMIN, password_of("boss"), created_by="test")
    user = await access.users.create("Anna", Role.VIEWER, password_of("Anna"), created_by="test")
    token, _ = await access.tokens.create("bot", Role.VIEWER, created_by="test")
    for change in (
        access.tokens.revoke(token.id),
        access.users.change(user.id, role=Role.OPERATOR),
        access.users.set_password(user.id, "another password"),
        access.sessions.end_all(user.id),
        access.users.remove(user.id),
    ):
        await change
    assert heard == [("token", token.id)] + [("user", user.id)] * 4


def test_a_principal_is_called_by_its_kind_and_name() -> None:
    assert str(Principal("user", "1", "Anna", Role.VIEWER, "2")) == "user:Anna"
