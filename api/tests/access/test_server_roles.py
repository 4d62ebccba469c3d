"""Roles on single servers: given, shown, changed, refused and taken away."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.access.sites import Site, code_of, password_of, signed_in
from vintagestory_api.access.grants import InvalidGrant, UnknownServers, read_grants
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role

ON_HOME: list[dict[str, Any]] = [{"server_id": "home", "role": "operator"}]


@pytest.fixture(autouse=True)
def _servers(database_path: Path) -> None:
    with closing(sqlite3.connect(database_path)) as db, db:
        db.executemany(
            "INSERT INTO servers (id, name, port, data_path, wanted, settings, last_seq, created_at, created_by)"
            " VALUES (?, ?, 42420, 'x', 'stopped', '{}', 0, 0, 'test')",
            [("home", "Home"), ("away", "Away"), ("away-2", "AWAY")],
        )


async def test_a_user_gets_roles_on_servers_and_another_one_holds_at_once(site: Site) -> None:
    await site.user("boss", Role.ADMIN)
    async with site.browser() as boss, site.browser() as browser:
        await signed_in(boss, "boss")
        new = {"name": "Anna", "role": "none", "server_roles": ON_HOME, "password": password_of("Anna")}
        user = (await boss.post("/users", json=new)).json()
        assert (user["role"], user["server_roles"]) == ("none", ON_HOME)
        me = await signed_in(browser, "Anna")
        assert (me["role"], me["server_roles"]) == ("none", ON_HOME)
        assert code_of(await browser.get("/users")) == (403, "role_too_low")
        assert (await browser.get("/sessions")).status_code == 200, "what is one's own needs no role"
        changed = [{"server_id": "away", "role": "viewer"}, {"server_id": "home", "role": "admin"}]
        answer = await boss.patch(f"/users/{user['id']}", json={"server_roles": changed})
        assert answer.json()["server_roles"] == changed
        assert (await browser.get("/me")).json()["server_roles"] == changed
        assert (await boss.patch(f"/users/{user['id']}", json={"name": "Anne"})).json()["server_roles"] == changed
        assert (await boss.patch(f"/users/{user['id']}", json={"server_roles": []})).json()["server_roles"] == []
        assert (await browser.get("/me")).json()["server_roles"] == []
    entry = next(entry for entry in await site.trail() if entry.action == "create_user")
    assert entry.details["server_roles"] == ON_HOME


async def test_an_admin_of_a_single_server_is_no_admin(site: Site) -> None:
    boss = await site.user("boss", Role.ADMIN)
    async with site.browser() as browser:
        await signed_in(browser, "boss")
        wanted = {"role": "none", "server_roles": [{"server_id": "home", "role": "admin"}]}
        assert code_of(await browser.patch(f"/users/{boss.id}", json=wanted)) == (409, "last_admin")
        assert (await browser.get("/me")).json()["server_roles"] == [], "nothing of a refused change is kept"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([{"server_id": "nowhere", "role": "viewer"}], "unknown_server"),
        ([{"server_id": "home", "role": "viewer"}, {"server_id": "home", "role": "admin"}], "invalid_server_role"),
        ([{"server_id": "home", "role": "none"}], "invalid_request"),
        ([{"server_id": "home"}], "invalid_request"),
        ([{"server_id": f"server {number}", "role": "viewer"} for number in range(501)], "invalid_request"),
    ],
)
async def test_roles_that_can_not_be_are_refused_and_nothing_is_made(site: Site, given: list[dict[str, str]], code: str) -> None:
    await site.user("boss", Role.ADMIN)
    async with site.browser() as boss:
        await signed_in(boss, "boss")
        new = {"name": "Anna", "role": "viewer", "server_roles": given}
        assert code_of(await boss.post("/users", json={**new, "password": password_of("Anna")})) == (422, code)
        assert code_of(await boss.post("/tokens", json=new)) == (422, code)
        assert [user["name"] for user in (await boss.get("/users")).json()["items"]] == ["boss"]
        assert (await boss.get("/tokens")).json()["items"] == []


async def test_a_token_has_roles_on_servers_until_they_are_gone(site: Site, database_path: Path) -> None:
    on = {"home": Role.OPERATOR, "away": Role.VIEWER}
    token, secret = await site.access.tokens.create("bot", Role.NONE, created_by="test", on=on)
    principal = await site.access.tokens.authenticate(secret)
    assert principal is not None
    assert principal.on == on
    with closing(sqlite3.connect(database_path)) as db, db:
        db.execute("DELETE FROM servers WHERE id = 'home'")
    (listed,) = await site.access.tokens.list(limit=10)
    assert (listed.id, listed.on) == (token.id, {"away": Role.VIEWER})


def test_the_higher_of_both_roles_counts() -> None:
    mixed = Principal("user", "1", "Anna", Role.OPERATOR, on={"home": Role.VIEWER, "away": Role.ADMIN})
    assert (mixed.role_on("home"), mixed.role_on("away"), mixed.role_on("other")) == (Role.OPERATOR, Role.ADMIN, Role.OPERATOR)
    assert (mixed.role_on(None), mixed.highest, mixed.only_servers) == (Role.OPERATOR, Role.ADMIN, None)
    of_one = Principal("user", "1", "Anna", Role.NONE, on={"home": Role.VIEWER})
    assert (of_one.sees("home"), of_one.sees("away"), of_one.sees(None)) == (True, False, False)
    assert of_one.only_servers == frozenset({"home"})


def test_roles_are_written_with_the_id_or_the_name_of_a_server() -> None:
    servers = {"home": "Home", "away": "Away", "away-2": "AWAY", "odd": "a=b"}
    assert read_grants(["home=viewer", "a=b=admin"], servers) == {"home": Role.VIEWER, "odd": Role.ADMIN}
    assert read_grants(["HOME=operator", "away=viewer"], servers) == {"home": Role.OPERATOR, "away": Role.VIEWER}
    for wrong in (["home"], ["home=none"], ["=viewer"], ["home=viewer", "Home=admin"]):
        with pytest.raises(InvalidGrant):
            read_grants(wrong, servers)
    for unknown in ("nowhere=viewer", "AWay=viewer"):
        with pytest.raises(UnknownServers):
            read_grants([unknown], servers)
