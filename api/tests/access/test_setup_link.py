"""The link that makes the first admin: good once, for an hour."""

import asyncio

import pytest

from tests.access.conftest import MovedClock
from tests.access.sites import Site, code_of, password_of, state_of
from vintagestory_api.access.access import Access
from vintagestory_api.access.roles import Role
from vintagestory_api.access.setup_link import VALID_SECONDS, SetupDone
from vintagestory_api.access.sign_in import SignedIn
from vintagestory_api.access.sign_in_limits import Caller

ANNA = {"name": "Anna", "password": password_of("Anna")}


async def test_the_link_makes_the_first_admin_and_signs_them_in(site: Site) -> None:
    secret = site.access.setup_link.renew()
    async with site.browser() as browser:
        assert await state_of(browser) == "setup_needed"
        answer = await browser.post("/setup", json={"token": secret, **ANNA})
        assert answer.status_code == 200
        assert answer.json()["state"] == "signed_in"
        assert answer.json()["me"]["role"] == "admin"
        assert [user["name"] for user in (await browser.get("/users")).json()["items"]] == ["Anna"]
        again = await browser.post("/setup", json={"token": secret, "name": "Eve", "password": password_of("Eve")})
        assert code_of(again) == (409, "setup_done")
    async with site.browser() as other:
        assert await state_of(other) == "signed_out"
    first, second = reversed([(entry.action, entry.result, entry.who_name) for entry in await site.trail()])
    assert first == ("set_up", "ok", "Anna")
    assert second == ("set_up", "setup_done", "(unknown)")
    assert secret not in repr(await site.trail())


async def test_a_wrong_or_replaced_link_is_refused(site: Site) -> None:
    replaced = site.access.setup_link.renew()
    secret = site.access.setup_link.renew()
    async with site.browser() as browser:
        for wrong in ("", "nonsense", "é", "vsm_" + "a" * 43, replaced):
            answer = await browser.post("/setup", json={"token": wrong, **ANNA})
            assert code_of(answer) == (403, "setup_link_invalid")
            assert "set-cookie" not in answer.headers
            assert not wrong or wrong not in answer.text
        assert await state_of(browser) == "setup_needed"
        assert (await browser.post("/setup", json={"token": secret, **ANNA})).status_code == 200


async def test_without_a_link_nothing_is_set_up(site: Site) -> None:
    async with site.browser() as browser:
        assert code_of(await browser.post("/setup", json={"token": "", **ANNA})) == (403, "setup_link_invalid")


async def test_the_link_is_good_for_an_hour(site: Site, clock: MovedClock) -> None:
    secret = site.access.setup_link.renew()
    clock.moved_seconds += VALID_SECONDS
    async with site.browser() as browser:
        assert code_of(await browser.post("/setup", json={"token": secret, **ANNA})) == (403, "setup_link_invalid")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"password": "short"}, "password_too_short", "password"),
        ({"password": "Anna" * 100}, "password_too_long", "password"),
        ({"name": "Ann\u0000a"}, "invalid_user_name", "name"),
        ({"name": " "}, "invalid_user_name", "name"),
    ],
)
async def test_a_mistake_does_not_use_the_link_up(site: Site, change: dict[str, str], code: str, field: str) -> None:
    secret = site.access.setup_link.renew()
    async with site.browser() as browser:
        answer = await browser.post("/setup", json={"token": secret, **ANNA, **change})
        assert code_of(answer) == (422, code)
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert (await browser.post("/setup", json={"token": secret, **ANNA})).status_code == 200


async def test_guessing_links_is_limited(site: Site) -> None:
    site.access.setup_link.renew()
    async with site.browser() as browser:
        seen = [(await browser.post("/setup", json={"token": "guess", **ANNA})).status_code for _ in range(12)]
    assert seen[0] == 403
    assert seen[-1] == 429


async def test_who_tries_to_set_up_again_and_again_does_not_fill_the_trail(site: Site) -> None:
    await site.user("boss", Role.ADMIN)
    async with site.browser() as browser:
        seen = [(await browser.post("/setup", json={"token": "guess", **ANNA})).status_code for _ in range(30)]
    assert (seen[0], seen[-1]) == (409, 429)
    assert len(await site.trail()) == seen.count(409) < 30


async def test_two_at_the_same_moment_make_one_admin(access: Access) -> None:
    secret = access.setup_link.renew()
    done = await asyncio.gather(
        *(access.sign_in.set_up(secret, name, password_of(name), Caller(None, None)) for name in ("Anna", "Eve", "Ida")),
        return_exceptions=True,
    )
    assert len([result for result in done if isinstance(result, SignedIn)]) == 1
    assert len([result for result in done if isinstance(result, SetupDone)]) == 2
    assert [user.role for user in await access.users.page(limit=10)] == [Role.ADMIN]


async def test_an_admin_made_meanwhile_makes_the_link_worthless(site: Site) -> None:
    secret = site.access.setup_link.renew()
    await site.user("boss", Role.ADMIN)
    async with site.browser() as browser:
        assert code_of(await browser.post("/setup", json={"token": secret, **ANNA})) == (409, "setup_done")
        assert await state_of(browser) == "signed_out"


async def test_users_who_are_no_admins_do_not_make_it_done(site: Site) -> None:
    await site.user("Bob")
    secret = site.access.setup_link.renew()
    async with site.browser() as browser:
        taken = await browser.post("/setup", json={"token": secret, "name": "BOB", "password": password_of("x")})
        assert code_of(taken) == (409, "user_name_taken")
        assert await state_of(browser) == "setup_needed"
        assert (await browser.post("/setup", json={"token": secret, **ANNA})).status_code == 200
