"""Signing in with a second factor: set up, used, lost, and taken away."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.access.conftest import MovedClock
from tests.access.second_factors import Phone, StandingClock, begin, prove, set_up, sign_in_with
from tests.access.sites import Site, code_of, password_of, sign_in, signed_in, state_of
from vintagestory_api.access import sign_in_limits
from vintagestory_api.access.access import Access
from vintagestory_api.access.in_store import in_store
from vintagestory_api.access.recognized import TRUST_SECONDS
from vintagestory_api.access.roles import Role
from vintagestory_api.access.second_factor import (
    RECOVERY_CODES,
    SETUP_SECONDS,
    STEP_SECONDS,
    new_recovery_codes,
    recovery_code_hash,
    setup_uri,
)
from vintagestory_api.access.session_service import needs_second_factor
from vintagestory_api.access.users import StoredUser
from vintagestory_api.services.api_settings import SecondFactorRule
from vintagestory_api.storage.database import Database
from vintagestory_api.storage.secrets_file import SecretsFile


@pytest.fixture
def clock() -> MovedClock:
    return StandingClock()


@pytest.fixture
def secrets_path(database: Database) -> Path:
    return database.path.with_name("secrets.json")


def kept_secrets(path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(path.read_bytes()) if path.exists() else {}
    return found


async def with_phone(site: Site, clock: MovedClock, name: str = "Anna") -> Phone:
    """The phone of a user who has just set it up, and is nowhere signed in."""
    await site.user(name)
    async with site.browser("198.51.100.1") as browser:
        await signed_in(browser, name)
        phone = await set_up(browser, name, clock)
        await browser.delete("/session")
    return phone


async def test_from_setting_it_up_to_signing_in(site: Site, clock: MovedClock) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        assert (await browser.get("/me/second-factor")).json()["is_on"] is False
        begun = (await begin(browser, "Anna")).json()
        assert begun["uri"].startswith("otpauth://totp/")
        assert begun["secret"] in begun["uri"]
        assert begun["qr_svg"].startswith('<svg xmlns="http://www.w3.org/2000/svg"'), "a document that browsers show"
        assert (await browser.get("/me/second-factor")).json()["is_on"] is False, "it is not confirmed"
        phone = Phone(begun["secret"], clock)
        codes = (await browser.post("/me/second-factor/confirm", json={"code": phone.code()})).json()["recovery_codes"]
        assert len(set(codes)) == RECOVERY_CODES
        found = (await browser.get("/me/second-factor")).json()
        assert (found["is_on"], found["recovery_codes_left"], found["knows_secret"]) == (True, RECOVERY_CODES, True)
        await browser.delete("/session")

        asked = await sign_in(browser, "Anna")
        assert code_of(asked) == (401, "second_factor_needed")
        assert "set-cookie" not in asked.headers
        assert await state_of(browser) != "signed_in"
        entered = await sign_in_with(browser, "Anna", phone.next_code())
        assert entered.json()["me"]["name"] == "Anna"
        assert await state_of(browser) == "signed_in"


async def test_what_an_app_reads_names_the_manager_and_the_user() -> None:
    assert setup_uri("A" * 32, "Anna Müller") == (
        "otpauth://totp/Vintage%20Story%20Server%20Manager:Anna%20M%C3%BCller"
        f"?secret={'A' * 32}&issuer=Vintage%20Story%20Server%20Manager"
    )


async def test_only_who_knows_the_password_learns_that_there_is_a_second_factor(site: Site, clock: MovedClock) -> None:
    phone = await with_phone(site, clock)
    await site.user("Bob")
    async with site.browser() as browser:
        told = [
            await sign_in(browser, "Anna", "not the password"),
            await sign_in_with(browser, "Anna", phone.next_code(), "not the password"),
            await sign_in_with(browser, "Anna", phone.recovery_codes[0], "not the password"),
            await sign_in(browser, "Bob", "not the password"),
            await sign_in_with(browser, "nobody", "123456", "not the password"),
        ]
        assert {code_of(answer) for answer in told} == {(401, "wrong_credentials")}
        assert len({answer.text for answer in told}) == 1
        assert (await sign_in_with(browser, "Anna", phone.code())).status_code == 200, "the code was not used up by that"
        assert (await sign_in_with(browser, "Bob", "123456")).status_code == 200, "who has none may send anything"


async def test_a_disabled_user_learns_nothing_with_the_right_password_and_code(site: Site, clock: MovedClock) -> None:
    phone = await with_phone(site, clock)
    (anna,) = await site.access.users.page(limit=1)
    await site.access.users.change(anna.id, is_disabled=True)
    async with site.browser() as browser:
        assert code_of(await sign_in(browser, "Anna")) == (401, "wrong_credentials")
        assert code_of(await sign_in_with(browser, "Anna", phone.next_code())) == (401, "wrong_credentials")


async def test_a_code_is_good_once(site: Site, clock: MovedClock) -> None:
    phone = await with_phone(site, clock)
    async with site.browser() as browser, site.browser("192.0.2.2") as thief:
        code = phone.next_code()
        assert (await sign_in_with(browser, "Anna", f" {code[:3]} {code[3:]} ")).status_code == 200
        assert code_of(await sign_in_with(thief, "Anna", code)) == (401, "wrong_code")
        assert code_of(await sign_in_with(thief, "Anna", phone.code(steps=-1))) == (401, "wrong_code"), "nor an older one"
        assert (await sign_in_with(thief, "Anna", phone.code(steps=1))).status_code == 200


async def test_the_code_that_confirmed_a_set_up_does_not_let_anybody_in(site: Site, clock: MovedClock) -> None:
    phone = await with_phone(site, clock)
    async with site.browser() as browser:
        assert code_of(await sign_in_with(browser, "Anna", phone.code())) == (401, "wrong_code")


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
async def test_a_clock_may_be_wrong_by_one_step(site: Site, clock: MovedClock, steps: int, status: int) -> None:
    phone = await with_phone(site, clock)
    clock.moved_seconds += 10 * STEP_SECONDS
    async with site.browser() as browser:
        assert (await sign_in_with(browser, "Anna", phone.code(steps=steps))).status_code == status


async def test_of_twenty_who_send_the_same_code_at_once_one_gets_in(
    site: Site, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_limits, "PER_NAME_AND_ADDRESS", 100)
    phone = await with_phone(site, clock)
    code = phone.next_code()
    async with site.browser() as browser:
        answers = await asyncio.gather(*(sign_in_with(browser, "Anna", code) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19
    (anna,) = await site.access.users.page(limit=1)
    assert len(await site.access.sessions.list(anna.id)) == 1


async def test_of_twenty_who_send_the_same_recovery_code_at_once_one_gets_in(
    site: Site, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_limits, "PER_NAME_AND_ADDRESS", 100)
    phone = await with_phone(site, clock)
    async with site.browser() as browser:
        answers = await asyncio.gather(*(sign_in_with(browser, "Anna", phone.recovery_codes[4]) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19


@pytest.mark.parametrize(
    "typed", [str, str.upper, lambda code: code.replace("-", ""), lambda code: f" {code.replace('-', ' ')}\n"]
)
async def test_a_recovery_code_is_good_once_however_it_is_typed(
    site: Site, clock: MovedClock, typed: Callable[[str], str]
) -> None:
    phone = await with_phone(site, clock)
    code = typed(phone.recovery_codes[0])
    async with site.browser() as browser:
        assert (await sign_in_with(browser, "Anna", code)).status_code == 200
        assert (await browser.get("/me/second-factor")).json()["recovery_codes_left"] == RECOVERY_CODES - 1
        assert code_of(await sign_in_with(browser, "Anna", code)) == (401, "wrong_code")
        assert (await sign_in_with(browser, "Anna", phone.recovery_codes[1])).status_code == 200


def test_recovery_codes_can_not_be_guessed_and_are_not_mistaken() -> None:
    codes = [code for _ in range(20) for code in new_recovery_codes()]
    assert len(set(codes)) == len(codes)
    assert {len(code.replace("-", "")) for code in codes} == {16}, "80 bits"
    assert not set("".join(codes)) & set("oil1OIL")
    code = "a0jb-cdef-ghjk-mnpq"
    assert recovery_code_hash("u", "AoLb cdef ghik mnpq") == recovery_code_hash("u", code)
    assert recovery_code_hash("another", code) != recovery_code_hash("u", code)


async def test_a_recovery_code_of_somebody_else_is_worth_nothing(site: Site, clock: MovedClock) -> None:
    phone = await with_phone(site, clock)
    await with_phone(site, clock, "Bob")
    async with site.browser() as browser:
        assert code_of(await sign_in_with(browser, "Bob", phone.recovery_codes[0])) == (401, "wrong_code")
        assert (await sign_in_with(browser, "Anna", phone.recovery_codes[0])).status_code == 200


async def test_wrong_codes_count_as_wrong_passwords_do(site: Site, clock: MovedClock) -> None:
    phone = await with_phone(site, clock)
    clock.moved_seconds += 60
    async with site.browser() as browser:
        for number in range(sign_in_limits.PER_NAME_AND_ADDRESS):
            assert code_of(await sign_in_with(browser, "Anna", phone.wrong_code())) == (401, "wrong_code")
            if number % 3 == 0:
                # Who knows the password can't begin to count anew with it.
                asked = await sign_in(browser, "Anna")
                assert asked.json()["code"] in {"second_factor_needed", "too_many_attempts"}
        refused = await sign_in_with(browser, "Anna", phone.code())
        assert code_of(refused) == (429, "too_many_attempts"), "not even the right one"
    async with site.browser("192.0.2.2") as elsewhere:
        assert (await sign_in_with(elsewhere, "Anna", phone.code())).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/me/second-factor", {"password": password_of("Anna")}),
        ("POST", "/me/password", {"current_password": password_of("Anna"), "new_password": "another good password 77"}),
    ],
)
async def test_who_is_signed_in_and_knows_the_password_can_not_begin_to_count_codes_anew(
    site: Site, clock: MovedClock, method: str, path: str, body: dict[str, str]
) -> None:
    phone = await with_phone(site, clock)
    async with site.browser() as browser:
        assert (await sign_in_with(browser, "Anna", phone.next_code())).status_code == 200
        for _ in range(sign_in_limits.PER_NAME_AND_ADDRESS - 1):
            refused = await prove(browser, "DELETE", "/me/second-factor", "Anna", phone.wrong_code())
            assert code_of(refused) == (403, "wrong_code")
        assert (await browser.request(method, path, json=body)).status_code in {204, 409}
        for _ in range(2):
            last = await browser.request("DELETE", "/me/second-factor", json={"password": "wrong", "code": "000000"})
        assert code_of(last) == (429, "too_many_attempts")


async def test_being_asked_for_a_code_counts_against_nobody(site: Site, clock: MovedClock) -> None:
    phone = await with_phone(site, clock)
    async with site.browser() as browser:
        for _ in range(sign_in_limits.PER_ADDRESS + 1):
            assert code_of(await sign_in(browser, "Anna")) == (401, "second_factor_needed")
        assert (await sign_in_with(browser, "Anna", phone.next_code())).status_code == 200


async def test_parallel_guesses_do_not_pass_the_limit(site: Site, clock: MovedClock) -> None:
    phone = await with_phone(site, clock)
    clock.moved_seconds += 60
    async with site.browser() as browser:
        wrong = phone.wrong_code()
        answers = await asyncio.gather(*(sign_in_with(browser, "Anna", wrong) for _ in range(40)))
    tried = [answer for answer in answers if answer.status_code == 401]
    assert 0 < len(tried) <= sign_in_limits.PER_NAME_AND_ADDRESS
    assert {answer.status_code for answer in answers} == {401, 429}


async def test_setting_up_needs_the_password_again(site: Site, secrets_path: Path) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        refused = await browser.post("/me/second-factor", json={"password": "not the password"})
        assert code_of(refused) == (403, "wrong_password")
        assert [error["field"] for error in refused.json()["errors"]] == ["password"]
    assert kept_secrets(secrets_path) == {}


async def test_an_unconfirmed_set_up_changes_nothing_and_expires(site: Site, clock: MovedClock) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        phone = Phone((await begin(browser, "Anna")).json()["secret"], clock)
        wrong = await browser.post("/me/second-factor/confirm", json={"code": phone.wrong_code()})
        assert code_of(wrong) == (403, "wrong_code")
        async with site.browser("192.0.2.2") as other:
            await signed_in(other, "Anna")
        clock.moved_seconds += SETUP_SECONDS
        late = await browser.post("/me/second-factor/confirm", json={"code": phone.code()})
        assert code_of(late) == (409, "no_second_factor_setup")
        assert (await browser.get("/me/second-factor")).json()["is_on"] is False
        await set_up(browser, "Anna", clock)


async def test_beginning_anew_makes_the_former_secret_worthless(site: Site, clock: MovedClock, secrets_path: Path) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        former = Phone((await begin(browser, "Anna")).json()["secret"], clock)
        phone = Phone((await begin(browser, "Anna")).json()["secret"], clock)
        assert list(kept_secrets(secrets_path).values()) == [phone.secret]
        assert code_of(await browser.post("/me/second-factor/confirm", json={"code": former.code()})) == (403, "wrong_code")
        assert (await browser.post("/me/second-factor/confirm", json={"code": phone.code()})).status_code == 200
        assert code_of(await begin(browser, "Anna")) == (409, "second_factor_on")
        assert list(kept_secrets(secrets_path).values()) == [phone.secret]


async def test_set_ups_begun_at_once_leave_one_that_works(site: Site, clock: MovedClock, secrets_path: Path) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        begun = await asyncio.gather(*(begin(browser, "Anna") for _ in range(5)))
        phones = [Phone(answer.json()["secret"], clock) for answer in begun]
        (kept,) = kept_secrets(secrets_path).values()
        (phone,) = [phone for phone in phones if phone.secret == kept]
        code = phone.code()
        confirmed = await asyncio.gather(*(browser.post("/me/second-factor/confirm", json={"code": code}) for _ in range(5)))
        assert sorted(answer.status_code for answer in confirmed) == [200, 409, 409, 409, 409]
        assert (await sign_in_with(browser, "Anna", phone.next_code())).status_code == 200


async def test_a_set_up_begun_while_another_is_confirmed_never_locks_out(site: Site, clock: MovedClock) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        phone = Phone((await begin(browser, "Anna")).json()["secret"], clock)
        confirm = browser.post("/me/second-factor/confirm", json={"code": phone.code()})
        begun, confirmed = await asyncio.gather(begin(browser, "Anna"), confirm)
        if confirmed.status_code == 200:
            assert (await sign_in_with(browser, "Anna", phone.next_code())).status_code == 200
        else:
            assert begun.status_code == 200
            await signed_in(browser, "Anna")


async def test_turning_it_on_and_off_ends_the_other_sessions(site: Site, clock: MovedClock, secrets_path: Path) -> None:
    await site.user("Anna")
    async with site.browser() as here, site.browser("192.0.2.2") as there:
        await signed_in(here, "Anna")
        await signed_in(there, "Anna")
        phone = await set_up(here, "Anna", clock)
        assert ((await here.get("/me")).status_code, (await there.get("/me")).status_code) == (200, 401)
        assert (await sign_in_with(there, "Anna", phone.next_code())).status_code == 200

        off = "/me/second-factor"
        assert code_of(await prove(here, "DELETE", off, "Bob", phone.next_code())) == (403, "wrong_password")
        wrong = await prove(here, "DELETE", off, "Anna", phone.wrong_code())
        assert code_of(wrong) == (403, "wrong_code")
        assert [error["field"] for error in wrong.json()["errors"]] == ["code"]
        assert (await there.get("/me")).status_code == 200
        assert (await prove(here, "DELETE", off, "Anna", phone.code())).status_code == 204
        assert ((await here.get("/me")).status_code, (await there.get("/me")).status_code) == (200, 401)
        assert code_of(await prove(here, "DELETE", off, "Anna", phone.next_code())) == (409, "second_factor_off")
        await signed_in(there, "Anna")
    assert kept_secrets(secrets_path) == {}


async def test_new_recovery_codes_replace_the_former_ones(site: Site, clock: MovedClock) -> None:
    phone = await with_phone(site, clock)
    path = "/me/second-factor/recovery-codes"
    async with site.browser() as browser:
        await sign_in_with(browser, "Anna", phone.next_code())
        assert code_of(await prove(browser, "POST", path, "Anna", phone.code())) == (403, "wrong_code"), "it was used"
        renewed = (await prove(browser, "POST", path, "Anna", phone.next_code())).json()["recovery_codes"]
        assert len(set(renewed)) == RECOVERY_CODES
        assert code_of(await sign_in_with(browser, "Anna", phone.recovery_codes[0])) == (401, "wrong_code")
        assert (await sign_in_with(browser, "Anna", renewed[0])).status_code == 200


async def test_a_token_has_no_second_factor_and_is_not_affected(site: Site, clock: MovedClock) -> None:
    phone = await with_phone(site, clock)
    _, token = await site.access.tokens.create("bot", Role.ADMIN, created_by="user:Anna")
    async with site.browser(X_API_Key=token) as bot:
        assert (await bot.get("/users")).json()["items"][0]["has_second_factor"] is True
        assert (await bot.get("/me/second-factor")).json()["is_on"] is False
        for method, path, body in [
            ("POST", "/me/second-factor", {"password": "x"}),
            ("POST", "/me/second-factor/confirm", {"code": "123456"}),
            ("DELETE", "/me/second-factor", {"password": "x", "code": phone.code()}),
            ("POST", "/me/second-factor/recovery-codes", {"password": "x", "code": phone.code()}),
        ]:
            assert code_of(await bot.request(method, path, json=body)) == (403, "not_a_user")


async def test_an_admin_takes_it_away_from_others_and_not_from_themselves(
    site: Site, clock: MovedClock, secrets_path: Path
) -> None:
    phone = await with_phone(site, clock)
    (anna,) = await site.access.users.page(limit=1)
    boss = await site.user("boss", Role.ADMIN)
    async with site.browser("192.0.2.9") as browser, site.browser() as annas:
        await signed_in(browser, "boss")
        await set_up(browser, "boss", clock)
        await sign_in_with(annas, "Anna", phone.next_code())
        assert code_of(await browser.delete(f"/users/{boss.id}/second-factor")) == (409, "own_second_factor")
        assert code_of(await browser.delete("/users/nobody/second-factor")) == (404, "user_not_found")
        assert code_of(await annas.delete(f"/users/{boss.id}/second-factor")) == (403, "role_too_low")
        assert (await browser.delete(f"/users/{anna.id}/second-factor")).status_code == 204
        listed = {user["name"]: user["has_second_factor"] for user in (await browser.get("/users")).json()["items"]}
        assert listed == {"Anna": False, "boss": True}
        assert (await annas.get("/me")).status_code == 401
        await signed_in(annas, "Anna")
        assert code_of(await sign_in(browser, "boss")) == (401, "second_factor_needed")
    assert len(kept_secrets(secrets_path)) == 1
    assert [entry.target for entry in await site.trail() if (entry.action, entry.result) == ("reset_second_factor", "ok")] == [
        {"user_id": anna.id}
    ]


@pytest.mark.parametrize(
    ("rule", "role", "on", "is_held_up"),
    [
        ("off", Role.ADMIN, {}, False),
        ("admins", Role.ADMIN, {}, True),
        ("admins", Role.OPERATOR, {}, False),
        ("admins", Role.NONE, {"meadow": Role.ADMIN}, True),
        ("admins", Role.VIEWER, {"meadow": Role.OPERATOR}, False),
        ("everybody", Role.VIEWER, {}, True),
    ],
)
def test_who_needs_a_second_factor(rule: SecondFactorRule, role: Role, on: dict[str, Role], is_held_up: bool) -> None:
    user = StoredUser("user-1", "Anna", role, False, 0, "test", on=on)
    assert needs_second_factor(rule, user) == is_held_up


async def test_who_needs_one_and_has_none_can_only_set_one_up(site: Site, clock: MovedClock) -> None:
    rule: list[SecondFactorRule] = ["off"]
    site.access.sessions.second_factor_rule = lambda: rule[0]
    await site.user("boss", Role.ADMIN)
    _, token = await site.access.tokens.create("bot", Role.ADMIN, created_by="user:boss")
    async with site.browser() as browser, site.browser(X_API_Key=token) as bot:
        await signed_in(browser, "boss")
        assert (await browser.get("/users")).status_code == 200
        rule[0] = "admins"
        clock.moved_seconds += TRUST_SECONDS
        assert code_of(await browser.get("/users")) == (403, "second_factor_required")
        assert code_of(await browser.post("/tokens", json={"name": "new", "role": "admin"})) == (403, "second_factor_required")
        me = (await browser.get("/me")).json()
        assert (me["role"], me["must_set_up_second_factor"]) == ("none", True)
        assert (await bot.get("/users")).status_code == 200, "a token is not affected"

        await browser.delete("/session")
        again = await signed_in(browser, "boss")
        assert (again["role"], again["must_set_up_second_factor"]) == ("none", True)
        phone = await set_up(browser, "boss", clock)
        assert (await browser.get("/users")).status_code == 200
        assert (await browser.get("/me")).json()["must_set_up_second_factor"] is False
        assert (await prove(browser, "DELETE", "/me/second-factor", "boss", phone.next_code())).status_code == 204
        assert code_of(await browser.get("/users")) == (403, "second_factor_required")


async def test_a_removed_user_leaves_no_secret(site: Site, clock: MovedClock, secrets_path: Path) -> None:
    await with_phone(site, clock)
    (anna,) = await site.access.users.page(limit=1)
    await site.user("boss", Role.ADMIN)
    async with site.browser() as browser:
        await signed_in(browser, "boss")
        assert (await browser.delete(f"/users/{anna.id}")).status_code == 204
    assert kept_secrets(secrets_path) == {}
    assert await in_store(site.access.sign_in._database, lambda store: store.second_factors.all()) == []


def lose(path: Path, what_is_left: bytes | None) -> None:
    path.unlink()
    if what_is_left is not None:
        path.write_bytes(what_is_left)


@pytest.mark.parametrize("what_is_left", [None, b"", b"{}", b"no JSON"])
async def test_without_the_file_of_secrets_a_recovery_code_still_helps(
    database: Database, clock: MovedClock, secrets_path: Path, what_is_left: bytes | None
) -> None:
    before = Access.on(database, clock, SecretsFile(secrets_path))
    phone = await with_phone(Site(before), clock)
    await before.aclose()
    lose(secrets_path, what_is_left)

    access = Access.on(database, clock, SecretsFile(secrets_path))
    async with Site(access).browser() as browser:
        lost = await sign_in_with(browser, "Anna", phone.next_code())
        assert code_of(lost) == (401, "second_factor_lost")
        assert "recovery code" in lost.json()["detail"]
        assert "reset-second-factor" in lost.json()["detail"]
        assert (await sign_in_with(browser, "Anna", phone.recovery_codes[0])).status_code == 200
        found = (await browser.get("/me/second-factor")).json()
        assert (found["is_on"], found["knows_secret"]) == (True, False)
        assert (await prove(browser, "DELETE", "/me/second-factor", "Anna", phone.recovery_codes[1])).status_code == 204
        await signed_in(browser, "Anna")
    await access.aclose()


async def test_a_secret_that_can_not_be_written_leaves_nothing_on(
    site: Site, clock: MovedClock, secrets_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.user("Anna")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        with monkeypatch.context() as full_disk:
            full_disk.setattr("vintagestory_api.storage.secrets_file.write_atomically", no_room)
            assert code_of(await begin(browser, "Anna")) == (503, "secrets_not_saved")
        assert code_of(await browser.post("/me/second-factor/confirm", json={"code": "123456"})) == (
            409,
            "no_second_factor_setup",
        )
        await set_up(browser, "Anna", clock)
    assert len(kept_secrets(secrets_path)) == 1
    assert mode_of(secrets_path) == 0o600


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def no_room(*_: object) -> None:
    raise OSError(28, "No space left on device")


async def test_an_end_between_file_and_database_locks_nobody_out_and_lets_nobody_in(
    database: Database, clock: MovedClock, secrets_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Access.on(database, clock, SecretsFile(secrets_path))
    site = Site(first)
    await site.user("Anna")
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        with monkeypatch.context() as killed:
            killed.setattr("vintagestory_api.access.second_factor_store.SecondFactorStore.begin", die)
            killed.setattr("vintagestory_api.storage.secrets_file.SecretsFile.remove_where", die)
            assert (await begin(browser, "Anna")).status_code == 500
        left = kept_secrets(secrets_path)
        assert len(left) == 1, "as a kill would leave it"
        await browser.delete("/session")
    await first.aclose()

    access = Access.on(database, clock, SecretsFile(secrets_path))
    site = Site(access)
    async with site.browser() as browser:
        await signed_in(browser, "Anna")
        phone = await set_up(browser, "Anna", clock)
        assert list(kept_secrets(secrets_path).values()) == [phone.secret], "what was left over is gone"
        with monkeypatch.context() as killed:
            killed.setattr("vintagestory_api.storage.secrets_file.SecretsFile.remove_where", die)
            assert (await prove(browser, "DELETE", "/me/second-factor", "Anna", phone.next_code())).status_code == 500
        assert list(kept_secrets(secrets_path).values()) == [phone.secret], "as a kill would leave it"
        await signed_in(browser, "Anna")
        assert (await browser.get("/me/second-factor")).json()["is_on"] is False
    await access.aclose()


def die(*_: object) -> None:
    raise RuntimeError("killed")


async def test_no_secret_and_no_code_is_in_the_trail_the_log_or_the_database(
    site: Site, clock: MovedClock, database_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    phone = await with_phone(site, clock)
    used = [phone.next_code(), phone.recovery_codes[0]]
    async with site.browser() as browser:
        for code in used:
            assert (await sign_in_with(browser, "Anna", code)).status_code == 200
        wrong = phone.wrong_code()
        await sign_in_with(browser, "Anna", wrong)
        await prove(browser, "DELETE", "/me/second-factor", "Anna", phone.recovery_codes[1])
    trail = repr(await site.trail())
    signed_in = [entry.details for entry in await site.trail() if (entry.action, entry.result) == ("sign_in", "ok")]
    assert signed_in == [{"code": "recovery"}, {"code": "app"}, {}], "newest first"
    assert {"sign_in", "begin_second_factor", "confirm_second_factor", "turn_second_factor_off"} <= {
        entry.action for entry in await site.trail()
    }
    printed = "".join(capsys.readouterr())
    stored = b"".join(file.read_bytes() for file in database_path.parent.glob("vsmanager.db*"))
    for secret in (phone.secret, *phone.recovery_codes, password_of("Anna")):
        assert secret not in trail + printed
        assert secret.encode() not in stored
    for code in (*used, wrong):
        assert f"'{code}'" not in trail


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "１２３４５６", "١٢٣٤٥٦", "-12345", "\ud83d", "x" * 900, "'; --"])
async def test_strange_codes_are_wrong_and_nothing_else(site: Site, clock: MovedClock, typed: str) -> None:
    phone = await with_phone(site, clock)
    async with site.browser() as browser:
        body = json.dumps({"name": "Anna", "password": password_of("Anna"), "code": typed})
        answer: httpx2.Response = await browser.post("/session", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in {401, 422}
        assert "set-cookie" not in answer.headers
        assert (await sign_in_with(browser, "Anna", phone.next_code())).status_code == 200
