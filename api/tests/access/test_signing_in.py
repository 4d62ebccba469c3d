"""Signing in and out with a name and a password, and what the cookie of a session is good for."""

from http.cookies import SimpleCookie
from typing import Any

import httpx2
import pytest

from tests.access.conftest import MovedClock
from tests.access.sites import Site, code_of, password_of, sign_in, signed_in, state_of
from vintagestory_api.access import password_work, passwords, sign_in_limits
from vintagestory_api.access.recognized import TRUST_SECONDS
from vintagestory_api.access.roles import Role
from vintagestory_api.access.sessions import LONGEST_MS, SESSIONS_PER_USER, UNUSED_MS

DAY_SECONDS = 86_400


def cookie_of(answer: httpx2.Response) -> tuple[str, dict[str, Any]]:
    """The name of the one cookie that the answer sets, and its parts that say something."""
    (header,) = answer.headers.get_list("set-cookie")
    ((name, morsel),) = SimpleCookie(header).items()
    return name, {"value": morsel.value} | {part: value for part, value in morsel.items() if value}


async def test_from_signing_in_to_signing_out(site: Site) -> None:
    user = await site.user("Anna", Role.OPERATOR)
    await site.user("boss", Role.ADMIN)
    async with site.browser() as browser:
        assert await state_of(browser) == "signed_out"
        assert code_of(await browser.get("/me")) == (401, "unauthorized")
        answer = await sign_in(browser, " anNA ", password_of("Anna"))
        me: dict[str, Any] = {"kind": "user", "id": user.id, "name": "Anna", "role": "operator", "server_roles": []}
        me |= {"viewing_as": None, "must_set_up_second_factor": False}
        assert answer.json()["me"] == me
        assert (await browser.get("/session")).json() | {"version": ""} == {"state": "signed_in", "me": me, "version": ""}
        assert (await browser.get("/me")).json() == me
        assert code_of(await browser.get("/users")) == (403, "role_too_low")
        assert (await browser.delete("/session")).status_code == 204
        assert dict(browser.cookies) == {}
        assert await state_of(browser) == "signed_out"
        assert (await browser.delete("/session")).status_code == 204, "signing out twice is no mistake"


async def test_what_is_wrong_with_a_password_can_be_read(site: Site) -> None:
    async with site.browser() as browser:
        answer = await browser.post("/session", json={"name": "Anna", "password": 7})
    assert code_of(answer) == (422, "invalid_request")
    assert answer.json()["detail"].endswith("password has to be a valid string")


async def test_a_cookie_is_worth_nothing_after_signing_out(site: Site) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        answer = await sign_in(browser, "Anna")
        _, cookie = cookie_of(answer)
        await browser.delete("/session")
        assert code_of(await browser.get("/me", headers={"Cookie": f"vsm_session={cookie['value']}"})) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("options", "name", "is_secure"),
    [
        ({}, "vsm_session", False),
        ({"scheme": "https"}, "__Host-vsm_session", True),
        ({"proxies": ("192.0.2.1",), "X_Forwarded_Proto": "https", "Origin": "https://127.0.0.1"}, "__Host-vsm_session", True),
        ({"proxies": ("192.0.2.9",), "X_Forwarded_Proto": "https"}, "vsm_session", False),
    ],
)
async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(
    site: Site, options: dict[str, Any], name: str, is_secure: bool
) -> None:
    await site.user("Anna")
    async with site.browser(**options) as browser:
        found, cookie = cookie_of(await sign_in(browser, "Anna"))
        assert found == name
        assert len(cookie["value"]) >= 43, "256 bits"
        kept = {"httponly": True, "samesite": "strict", "path": "/", "max-age": str(LONGEST_MS // 1000)}
        assert cookie | {"value": ""} == {"value": "", **kept, **({"secure": True} if is_secure else {})}
        cookies = {"Cookie": f"{name}={cookie['value']}"}
        assert (await browser.get("/me", headers=cookies)).status_code == 200
        cleared_name, cleared = cookie_of(await browser.delete("/session", headers=cookies))
        assert cleared_name == name
        assert (cleared["value"], cleared["max-age"]) == ("", "0")
        assert cleared.get("secure", False) == is_secure, "else browsers would keep it"


async def test_over_https_only_the_cookie_counts_that_nobody_else_can_set(site: Site) -> None:
    await site.user("Anna")
    async with site.browser(scheme="https") as browser:
        _, cookie = cookie_of(await sign_in(browser, "Anna"))
        browser.cookies.clear()
        assert (await browser.get("/me", headers={"Cookie": f"vsm_session={cookie['value']}"})).status_code == 401


async def test_two_different_sessions_at_once_are_refused(site: Site) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        _, cookie = cookie_of(await sign_in(browser, "Anna"))
        browser.cookies.clear()
        mine = f"vsm_session={cookie['value']}"
        assert (await browser.get("/me", headers={"Cookie": f"other=1; {mine}; {mine}"})).status_code == 200
        assert (await browser.get("/me", headers={"Cookie": f"vsm_session=planted; {mine}"})).status_code == 401


async def test_the_secret_of_a_session_is_nowhere_in_the_database(site: Site, database_path: Any) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        _, cookie = cookie_of(await sign_in(browser, "Anna"))
    stored = b"".join(file.read_bytes() for file in database_path.parent.iterdir())
    assert cookie["value"].encode() not in stored
    assert password_of("Anna").encode() not in stored
    assert b"$argon2id$" in stored


async def test_whatever_is_wrong_the_answer_is_the_same(site: Site) -> None:
    await site.user("Anna")
    disabled = await site.user("gone")
    await site.access.users.change(disabled.id, is_disabled=True)
    async with site.browser() as browser:
        told = [
            await sign_in(browser, "Anna", "not the password"),
            await sign_in(browser, "nobody", "not the password"),
            await sign_in(browser, "gone"),
            await sign_in(browser, "gone", "not the password"),
            await sign_in(browser, "", ""),
        ]
        assert {code_of(answer) for answer in told} == {(401, "wrong_credentials")}
        assert len({answer.text for answer in told}) == 1
        assert not any("set-cookie" in answer.headers for answer in told)


async def test_every_attempt_costs_one_verification(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = await site.user("Anna")
    disabled = await site.user("gone")
    await site.access.users.change(disabled.id, is_disabled=True)
    verified: list[str] = []

    def noted(stored: str, password: str) -> bool:
        verified.append(stored)
        return passwords.verify_password(stored, password)

    monkeypatch.setattr(password_work, "verify_password", noted)
    async with site.browser() as browser:
        for name in ("Anna", "nobody", "gone"):
            await sign_in(browser, name, "not the password")
    assert verified == [anna.password_hash, passwords.NOBODYS_HASH, disabled.password_hash]


@pytest.mark.parametrize(
    "body", [{}, {"name": "Anna"}, {"name": "Anna", "password": 5}, {"name": "Anna", "password": ["hunter2"]}]
)
async def test_what_can_not_be_read_is_not_repeated(site: Site, body: dict[str, Any]) -> None:
    async with site.browser() as browser:
        answer = await browser.post("/session", json=body)
        assert code_of(answer) == (422, "invalid_request")
        assert "hunter2" not in answer.text
        long = await browser.post("/session", json={"name": "Anna", "password": "hunter2" * 1_000})
        assert long.status_code == 422
        half_a_character = rb'{"name": "half \ud83d", "password": "hunter2 \ud83d"}'
        half = await browser.post("/session", content=half_a_character, headers={"Content-Type": "application/json"})
        assert half.status_code == 422
        assert "hunter2" not in long.text


async def test_a_token_wins_over_the_cookie_and_the_two_never_mix(site: Site) -> None:
    await site.user("Anna", Role.ADMIN)
    _, token = await site.access.tokens.create("bot", Role.VIEWER, created_by="test")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        as_token = {"X-API-Key": token}
        assert (await browser.get("/me", headers=as_token)).json()["name"] == "bot"
        assert (await browser.get("/session", headers=as_token)).json()["me"]["kind"] == "token"
        assert (await browser.get("/users", headers=as_token)).status_code == 403
        wrong = {"X-API-Key": "vsm_" + "a" * 43}
        assert (await browser.get("/me", headers=wrong)).status_code == 401
        assert (await browser.get("/session", headers=wrong)).json()["state"] == "signed_out"
        _, cookie = cookie_of(await sign_in(browser, "Anna"))
        assert (await browser.get("/me", headers={"X-API-Key": cookie["value"]})).status_code == 401
        browser.cookies.clear()
        assert (await browser.get("/me", headers={"Cookie": f"vsm_session={token}"})).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "http://127.0.0.1"}, 204),
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/sessions", "/session"])
async def test_a_change_with_the_cookie_comes_from_a_page_of_ours(
    site: Site, headers: dict[str, str], status: int, path: str
) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        del browser.headers["Origin"]
        answer = await browser.delete(path, headers=headers)
        assert answer.status_code == status
        if status == 403:
            assert answer.json()["code"] == "cross_site_request"
            assert await state_of(browser) == "signed_in"


async def test_over_https_a_page_that_came_over_http_changes_nothing(site: Site) -> None:
    await site.user("Anna")
    async with site.browser(scheme="https") as browser:
        await signed_in(browser, "Anna")
        answer = await browser.delete("/sessions", headers={"Origin": "http://127.0.0.1"})
        assert code_of(answer) == (403, "cross_site_request")


async def test_signing_in_again_ends_the_former_session_of_the_browser(site: Site) -> None:
    anna, _ = await site.user("Anna"), await site.user("Bob")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        assert (await signed_in(browser, "Bob"))["name"] == "Bob"
        assert await site.access.sessions.list(anna.id) == []


async def test_a_session_unused_for_two_weeks_has_ended(site: Site, clock: MovedClock) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        for _ in range(3):
            clock.moved_seconds += UNUSED_MS / 1000 - DAY_SECONDS
            assert await state_of(browser) == "signed_in", "each use begins the two weeks anew"
            await site.access.sessions.aclose()
        clock.moved_seconds += UNUSED_MS / 1000
        assert (await browser.get("/me")).status_code == 401


async def test_no_session_lasts_longer_than_ninety_days(site: Site, clock: MovedClock) -> None:
    user = await site.user("Anna")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        for _ in range(8):
            clock.moved_seconds += LONGEST_MS / 8_000
            await browser.get("/me")
            await site.access.sessions.aclose()
        assert (await browser.get("/me")).status_code == 401
        assert await site.access.sessions.list(user.id) == []


async def test_who_has_too_many_sessions_loses_the_least_used_one(site: Site, clock: MovedClock) -> None:
    user = await site.user("Anna")
    async with site.browser() as first, site.browser() as other:
        await signed_in(first, "Anna")
        for _ in range(SESSIONS_PER_USER):
            other.cookies.clear()
            clock.moved_seconds += 1
            await signed_in(other, "Anna")
        clock.moved_seconds += TRUST_SECONDS
        assert (await first.get("/me")).status_code == 401
        assert (await other.get("/me")).status_code == 200
    assert len(await site.access.sessions.list(user.id)) == SESSIONS_PER_USER


async def test_own_sessions_are_listed_and_ended(site: Site) -> None:
    await site.user("Anna")
    await site.user("Bob")
    async with site.browser() as here, site.browser("192.0.2.2", User_Agent="unheard of") as there, site.browser() as bobs:
        await signed_in(here, "Anna")
        await signed_in(there, "Anna")
        await signed_in(bobs, "Bob")
        listed = (await here.get("/sessions")).json()["items"]
        assert [(found["from_address"], found["browser"], found["is_current"]) for found in listed] == [
            ("192.0.2.2", None, False),
            ("192.0.2.1", "Firefox on Linux", True),
        ]
        other = f"/sessions/{listed[0]['id']}"
        assert code_of(await bobs.delete(other)) == (404, "session_not_found")
        assert await state_of(there) == "signed_in"
        assert (await here.delete(other)).status_code == 204
        assert code_of(await here.delete(other)) == (404, "session_not_found")
        assert (await there.get("/me")).status_code == 401
        assert (await here.get("/me")).status_code == 200


async def test_signing_out_everywhere_leaves_no_session(site: Site) -> None:
    await site.user("Anna")
    await site.user("Bob")
    async with site.browser() as here, site.browser("192.0.2.2") as there, site.browser() as bobs:
        for browser, name in ((here, "Anna"), (there, "Anna"), (bobs, "Bob")):
            await signed_in(browser, name)
        assert (await here.delete("/sessions")).status_code == 204
        assert dict(here.cookies) == {}
        assert (await there.get("/me")).status_code == 401
        assert (await bobs.get("/me")).status_code == 200


async def test_a_new_password_ends_the_other_sessions_and_is_the_only_one(site: Site) -> None:
    await site.user("Anna")
    async with site.browser() as here, site.browser("192.0.2.2") as there:
        await signed_in(here, "Anna")
        await signed_in(there, "Anna")
        change = {"current_password": password_of("Anna"), "new_password": "an even longer password"}
        assert (await here.post("/me/password", json=change)).status_code == 204
        assert (await here.get("/me")).status_code == 200
        assert (await there.get("/me")).status_code == 401
        assert (await sign_in(there, "Anna")).status_code == 401
        assert (await sign_in(there, "Anna", "an even longer password")).status_code == 200


async def test_a_password_is_only_changed_by_who_knows_it(site: Site) -> None:
    await site.user("Anna")
    _, token = await site.access.tokens.create("bot", Role.ADMIN, created_by="test")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        wrong = {"current_password": "not the password", "new_password": "an even longer password"}
        answer = await browser.post("/me/password", json=wrong)
        assert code_of(answer) == (403, "wrong_password")
        assert [error["field"] for error in answer.json()["errors"]] == ["current_password"]
        easy = {"current_password": password_of("Anna"), "new_password": "short"}
        answer = await browser.post("/me/password", json=easy)
        assert code_of(answer) == (422, "password_too_short")
        assert [error["field"] for error in answer.json()["errors"]] == ["new_password"]
        for _ in range(sign_in_limits.PER_NAME_AND_ADDRESS + 1):
            answer = await browser.post("/me/password", json=wrong)
        assert code_of(answer) == (429, "too_many_attempts")
        assert code_of(await browser.post("/me/password", json=wrong, headers={"X-API-Key": token})) == (403, "not_a_user")
        assert (await browser.get("/me")).status_code == 200


async def test_a_password_that_an_admin_sets_meanwhile_is_the_one_that_stays(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = await site.user("Anna")
    hash_new = site.access.passwords.hash

    async def hash_after_the_admin(password: str) -> str:
        monkeypatch.undo()
        await site.access.users.set_password(anna.id, "what the admin has chosen")
        return await hash_new(password)

    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        monkeypatch.setattr(site.access.passwords, "hash", hash_after_the_admin)
        change = {"current_password": password_of("Anna"), "new_password": "what a thief has chosen"}
        assert code_of(await browser.post("/me/password", json=change)) == (403, "wrong_password")
        assert (await sign_in(browser, "Anna", "what a thief has chosen")).status_code == 401
        assert (await sign_in(browser, "Anna", "what the admin has chosen")).status_code == 200


async def test_what_happens_is_in_the_trail_without_any_secret(site: Site) -> None:
    user = await site.user("Anna")
    async with site.browser() as browser:
        await sign_in(browser, "Anna", "not the password")
        await sign_in(browser, "typed my password here", "Anna")
        await signed_in(browser, "Anna")
        change = {"current_password": password_of("Anna"), "new_password": "an even longer password"}
        await browser.post("/me/password", json=change)
        await browser.delete("/session")
    found = [(entry.action, entry.result, entry.who_kind, entry.who_id, entry.who_name) for entry in await site.trail()]
    anna = ("user", user.id, "Anna")
    assert found == [
        ("sign_out", "ok", *anna),
        ("change_own_password", "ok", *anna),
        ("sign_in", "ok", *anna),
        ("sign_in", "wrong_credentials", "user", None, "(unknown)"),
        ("sign_in", "wrong_credentials", *anna),
    ]
    assert all(entry.from_address == "192.0.2.1" for entry in await site.trail())
    text = repr(await site.trail())
    assert "password " not in text
    assert "my password" not in text


async def test_a_change_by_a_user_names_the_user(site: Site) -> None:
    boss = await site.user("boss", Role.ADMIN)
    async with site.browser() as browser:
        await signed_in(browser, "boss")
        made = (await browser.post("/tokens", json={"name": "bot", "role": "viewer"})).json()
        assert made["created_by"] == "user:boss"
    entry = (await site.trail())[0]
    assert (entry.action, entry.who_kind, entry.who_id, entry.who_name, entry.role) == (
        "create_token",
        "user",
        boss.id,
        "boss",
        "admin",
    )
