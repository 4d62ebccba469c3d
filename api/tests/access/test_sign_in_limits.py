"""How often a password may be tried, by whom, and that nobody can keep somebody else out."""

import httpx2
import pytest

from tests.access.sites import Site, code_of, sign_in, signed_in
from vintagestory_api.access import password_work, sign_in_limits
from vintagestory_api.access.password_work import TooManyAttempts
from vintagestory_api.access.sign_in_limits import PER_ADDRESS, PER_NAME, PER_NAME_AND_ADDRESS, SignInLimits


async def fail(browser: httpx2.AsyncClient, name: str, times: int) -> list[int]:
    return [(await sign_in(browser, name, "not the password")).status_code for _ in range(times)]


async def test_after_some_wrong_passwords_no_more_are_tried_for_a_while(site: Site) -> None:
    await site.user("Anna")
    await site.user("Bob")
    async with site.browser() as browser:
        assert set(await fail(browser, "Anna", PER_NAME_AND_ADDRESS)) == {401}
        answer = await sign_in(browser, "ANNA")
        assert code_of(answer) == (429, "too_many_attempts"), "not even the right one"
        assert 0 < int(answer.headers["retry-after"]) <= sign_in_limits.WINDOW_MINUTES * 60
        await signed_in(browser, "Bob")
    assert len([entry for entry in await site.trail() if entry.result == "wrong_credentials"]) == PER_NAME_AND_ADDRESS


async def test_a_name_that_nobody_has_is_limited_the_same_way(site: Site) -> None:
    async with site.browser() as browser:
        assert await fail(browser, "nobody", PER_NAME_AND_ADDRESS + 1) == [401] * PER_NAME_AND_ADDRESS + [429]


async def test_signing_in_again_and_again_is_never_too_much(site: Site) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        for _ in range(PER_ADDRESS + 1):
            await signed_in(browser, "Anna")


async def test_a_right_password_forgives_the_wrong_ones_for_that_name(site: Site) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        for _ in range(2):
            await fail(browser, "Anna", PER_NAME_AND_ADDRESS - 1)
            await signed_in(browser, "Anna")


async def test_an_address_can_not_try_one_name_after_the_other(site: Site) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        tried = [(await sign_in(browser, f"name {number}", "x")).status_code for number in range(PER_ADDRESS + 1)]
        assert tried == [401] * PER_ADDRESS + [429]
        assert (await sign_in(browser, "Anna")).status_code == 429
    async with site.browser("192.0.2.2") as other:
        await signed_in(other, "Anna")


async def test_a_claimed_address_changes_nothing(site: Site) -> None:
    async with site.browser() as browser:
        seen = []
        for number in range(PER_NAME_AND_ADDRESS + 1):
            browser.headers["X-Forwarded-For"] = f"198.51.100.{number}"
            seen += await fail(browser, "Anna", 1)
        assert seen[-1] == 429


async def test_behind_a_trusted_proxy_each_client_counts_for_itself(site: Site) -> None:
    await site.user("Anna")
    async with site.browser("10.0.0.1", proxies=("10.0.0.1",), X_Forwarded_For="198.51.100.1") as attacker:
        assert 429 in await fail(attacker, "Anna", PER_NAME_AND_ADDRESS + 1)
        attacker.headers["X-Forwarded-For"] = "203.0.113.9, 198.51.100.1"
        assert await fail(attacker, "Anna", 1) == [429], "what it put before the proxy's own part is not believed"
    async with site.browser("10.0.0.1", proxies=("10.0.0.1",), X_Forwarded_For="198.51.100.2") as other:
        await signed_in(other, "Anna")


async def test_an_ipv6_network_counts_as_one_address() -> None:
    limits = SignInLimits()
    for number in range(PER_NAME_AND_ADDRESS):
        await limits.take("Anna", f"2001:db8:1:2::{number:x}")
    with pytest.raises(TooManyAttempts):
        await limits.take("Anna", "2001:db8:1:2:ffff::1")
    await limits.take("Anna", "2001:db8:1:3::1")


async def test_many_addresses_together_can_not_guess_on_but_keep_nobody_out_where_they_were_before() -> None:
    limits = SignInLimits()
    limits.succeeded(await limits.take("Anna", "192.0.2.7"))
    for number in range(PER_NAME):
        await limits.take("Anna", f"198.51.{number}.1")
    with pytest.raises(TooManyAttempts):
        await limits.take("Anna", "198.51.200.1")
    limits.succeeded(await limits.take("Anna", "192.0.2.7"))
    await limits.take("Bob", "198.51.200.1")


async def test_who_could_not_be_served_at_once_has_not_tried(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        with monkeypatch.context() as busy:
            busy.setattr(password_work, "WAITING", -password_work.AT_ONCE)
            for _ in range(PER_NAME_AND_ADDRESS + 1):
                answer = await sign_in(browser, "Anna")
                assert code_of(answer) == (429, "too_many_attempts")
                assert int(answer.headers["retry-after"]) < 10
        await signed_in(browser, "Anna")


async def test_attempts_that_are_refused_leave_nothing_in_memory() -> None:
    limits = SignInLimits()
    for number in range(PER_ADDRESS):
        await limits.take(f"name {number}", "192.0.2.7")
    assert limits._storage is not None
    before = len(limits._storage.storage)
    for number in range(50):
        with pytest.raises(TooManyAttempts):
            await limits.take(f"other name {number}", "192.0.2.7")
    assert len(limits._storage.storage) == before
