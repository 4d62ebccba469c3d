"""Who must not get in, and who must not stay: usual passwords, ended sessions, what is sent twice, and many at once."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pyotp import TOTP
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.apps import data_dir_where_nothing_is_due
from tests.servers.consoles import SERVER, Heard, Served, numbered, served_app
from tests.streams import messages_in
from tests.waiting import until
from vintagestory_api.access import passwords
from vintagestory_api.access.roles import Role
from vintagestory_api.access.second_factor import STEP_SECONDS
from vintagestory_api.access.sign_in_limits import PER_ADDRESS, PER_NAME_AND_ADDRESS

PATIENCE_SECONDS = 60
NAME = "Anna"
PASSWORD = "a long password of Anna"
USUAL_PAIRS = [
    (name, password)
    for name in ("admin", "root", "vsmanager", "administrator", "user")
    for password in ("", "admin", "password", "vsmanager", "changeme")
]


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What makes guessing slow would make these tests slow, too."""
    monkeypatch.setattr(passwords, "TIME_COST", 1)
    monkeypatch.setattr(passwords, "MEMORY_KIB", 8)
    monkeypatch.setattr(passwords, "LANES", 1)
    passwords._hasher.cache_clear()
    yield
    passwords._hasher.cache_clear()


@pytest.fixture
def data_dir(tmp_path: Path, empty_database: Path) -> Path:
    return data_dir_where_nothing_is_due(tmp_path / "data", empty_database)


@pytest.fixture
async def served(data_dir: Path) -> AsyncIterator[Served]:
    async with served_app(data_dir) as served:
        yield served


@contextlib.asynccontextmanager
async def browser_on(served: Served, cookies: httpx2.Cookies | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser on a page of the manager, with the cookies of another one where they are given."""
    origin = f"http://127.0.0.1:{served.port}"
    async with httpx2.AsyncClient(
        base_url=f"{origin}/api/v1", headers={"Origin": origin}, cookies=cookies, timeout=PATIENCE_SECONDS
    ) as client:
        yield client


async def sign_in(browser: httpx2.AsyncClient, name: str = NAME, password: str = PASSWORD, **more: str) -> httpx2.Response:
    return await browser.post("/session", json={"name": name, "password": password, **more})


def codes_of(answers: list[httpx2.Response]) -> list[str]:
    return sorted(answer.json().get("code", "ok") if answer.content else "ok" for answer in answers)


# Usual passwords


async def test_a_fresh_manager_lets_nobody_in_with_what_people_usually_try(served: Served) -> None:
    async with browser_on(served) as browser:
        tried = [(await sign_in(browser, name, password)) for name, password in USUAL_PAIRS]
        assert {answer.status_code for answer in tried} == {401}
        assert not any("set-cookie" in answer.headers for answer in tried)
        assert (await browser.get("/session")).json()["state"] == "setup_needed"
        for header in ({"X-API-Key": "admin"}, {"Authorization": "Bearer admin"}, {"Authorization": "Basic YWRtaW46YWRtaW4="}):
            assert (await browser.get("/me", headers=header)).status_code == 401
        assert (await browser.get("/me", headers={"Cookie": "vsm_session=admin"})).status_code == 401
        for token in ("", "setup", "admin"):
            guess = {"token": token, "name": "admin", "password": "a long enough password"}
            assert (await browser.post("/setup", json=guess)).status_code == 403


async def test_nobody_can_choose_what_people_usually_try(served: Served) -> None:
    link = served.manager.access.setup_link.renew()
    async with browser_on(served) as browser:
        for password in ("admin", "password1234", "administrator", "changemeplease", "vsmanager123"):
            answer = await browser.post("/setup", json={"token": link, "name": "admin", "password": password})
            assert answer.status_code == 422, password


# Sessions after they have ended


class Elsewhere:
    """Another browser of the same user, and an admin."""

    def __init__(self, browser: httpx2.AsyncClient, admin: httpx2.AsyncClient, user_id: str) -> None:
        self.browser = browser
        self.admin = admin
        self.user_id = user_id

    async def change_password(self) -> httpx2.Response:
        change = {"current_password": PASSWORD, "new_password": f"another {PASSWORD}"}
        return await self.browser.post("/me/password", json=change)

    async def end_the_other_session(self) -> httpx2.Response:
        listed = (await self.browser.get("/sessions")).json()["items"]
        (other,) = [session["id"] for session in listed if not session["is_current"]]
        return await self.browser.delete(f"/sessions/{other}")

    async def sign_out_everywhere(self) -> httpx2.Response:
        return await self.browser.delete("/sessions")

    async def turn_second_factor_on(self) -> httpx2.Response:
        begun = await self.browser.post("/me/second-factor", json={"password": PASSWORD})
        code = TOTP(begun.json()["secret"]).now()
        return await self.browser.post("/me/second-factor/confirm", json={"code": code})

    async def be_given_a_password(self) -> httpx2.Response:
        return await self.admin.post(f"/users/{self.user_id}/password", json={"password": "what the admin has chosen"})

    async def be_disabled(self) -> httpx2.Response:
        return await self.admin.patch(f"/users/{self.user_id}", json={"is_disabled": True})

    async def be_deleted(self) -> httpx2.Response:
        return await self.admin.delete(f"/users/{self.user_id}")

    async def be_signed_out(self) -> httpx2.Response:
        return await self.admin.delete(f"/users/{self.user_id}/sessions")

    async def lose_the_second_factor(self) -> httpx2.Response:
        return await self.admin.delete(f"/users/{self.user_id}/second-factor")


WAYS: list[Callable[[Elsewhere], Awaitable[httpx2.Response]]] = [
    Elsewhere.change_password,
    Elsewhere.end_the_other_session,
    Elsewhere.sign_out_everywhere,
    Elsewhere.turn_second_factor_on,
    Elsewhere.be_given_a_password,
    Elsewhere.be_disabled,
    Elsewhere.be_deleted,
    Elsewhere.be_signed_out,
    Elsewhere.lose_the_second_factor,
]


@pytest.mark.parametrize("end", WAYS, ids=lambda way: way.__name__)
async def test_a_session_that_has_ended_is_worth_nothing_anywhere(
    served: Served, end: Callable[[Elsewhere], Awaitable[httpx2.Response]]
) -> None:
    user = await served.manager.access.users.create(NAME, Role.OPERATOR, PASSWORD, created_by="test")
    admin_token = served.new_token("boss", Role.ADMIN)
    async with browser_on(served) as here, browser_on(served) as there, browser_on(served) as admin:
        admin.headers["X-API-Key"] = admin_token
        for browser in (here, there):
            assert (await sign_in(browser)).status_code == 200
        listens = asyncio.Event()
        stream = asyncio.create_task(all_of_stream(here, listens))
        tickets = [await ticket_of(here) for _ in range(2)]
        async with connect(served.address(tickets[0]), proxy=None, open_timeout=PATIENCE_SECONDS) as console:
            served.console.feed(numbered(1, 1))
            await Heard().listen(console, 1)
            await listens.wait()
            stolen = httpx2.Cookies(here.cookies)

            assert (await end(Elsewhere(there, admin, user.id))).is_success

            async with browser_on(served, stolen) as thief:
                assert (await thief.get("/me")).status_code == 401
                assert (await thief.get("/servers")).status_code == 401
                assert (await thief.post(f"/servers/{SERVER}/console/ticket")).status_code == 401
            assert await close_code(console) == 4401
        assert messages_in(await stream)[-1].data == {"reason": "revoked"}
        assert await code_with_ticket(served, tickets[1]) == 4401, "nor what was given out before"


async def test_a_cookie_that_was_copied_ends_with_signing_out(served: Served) -> None:
    await served.manager.access.users.create(NAME, Role.OPERATOR, PASSWORD, created_by="test")
    async with browser_on(served) as browser:
        await sign_in(browser)
        stolen = httpx2.Cookies(browser.cookies)
        ticket = await ticket_of(browser)
        assert (await browser.delete("/session")).status_code == 204
        async with browser_on(served, stolen) as thief:
            assert (await thief.get("/me")).status_code == 401
        assert await code_with_ticket(served, ticket) == 4401


async def all_of_stream(browser: httpx2.AsyncClient, listens: asyncio.Event) -> bytes:
    """What comes over the live stream until the manager closes it; sets `listens` as soon as something has come."""
    received = b""
    async with asyncio.timeout(PATIENCE_SECONDS), browser.stream("GET", "/events") as answer:
        async for part in answer.aiter_bytes():
            received += part
            listens.set()
    return received


async def ticket_of(browser: httpx2.AsyncClient) -> str:
    answer = await browser.post(f"/servers/{SERVER}/console/ticket")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["ticket"])


async def close_code(connection: Any) -> int | None:
    """How the manager closes it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await connection.recv()
    code: int | None = connection.close_code
    return code


async def code_with_ticket(served: Served, ticket: str) -> int | None:
    async with connect(served.address(ticket), proxy=None, open_timeout=PATIENCE_SECONDS) as connection:
        return await close_code(connection)


# What is sent twice


async def test_a_code_is_good_once_whatever_it_was_used_for(served: Served) -> None:
    await served.manager.access.users.create(NAME, Role.VIEWER, PASSWORD, created_by="test")
    async with browser_on(served) as browser, browser_on(served) as thief:
        await sign_in(browser)
        app = TOTP((await browser.post("/me/second-factor", json={"password": PASSWORD})).json()["secret"])
        first = app.now()
        confirmed = await browser.post("/me/second-factor/confirm", json={"code": first})
        assert (await sign_in(thief, code=first)).json()["code"] == "wrong_code"
        code = app.at(int(time.time()) + STEP_SECONDS)
        proof = {"password": PASSWORD, "code": code}
        renewed = await browser.post("/me/second-factor/recovery-codes", json=proof)
        assert renewed.status_code == 200, renewed.text
        assert (await sign_in(thief, code=code)).json()["code"] == "wrong_code"
        assert (await browser.request("DELETE", "/me/second-factor", json=proof)).json()["code"] == "wrong_code"
        former, recovery = confirmed.json()["recovery_codes"][0], renewed.json()["recovery_codes"][0]
        assert (await sign_in(thief, code=former)).json()["code"] == "wrong_code"
        assert (await sign_in(browser, code=recovery)).status_code == 200
        assert (await sign_in(thief, code=recovery)).json()["code"] == "wrong_code"


async def test_of_many_who_come_with_the_same_ticket_one_follows_the_console(served: Served) -> None:
    ticket = await served.ticket()
    async with contextlib.AsyncExitStack() as stack:
        openings = [connect(served.address(ticket), proxy=None, open_timeout=PATIENCE_SECONDS) for _ in range(10)]
        connections = await asyncio.gather(*(stack.enter_async_context(opening) for opening in openings))
        closing = [asyncio.create_task(close_code(connection)) for connection in connections]
        await until(lambda: sum(task.done() for task in closing) >= 9, PATIENCE_SECONDS)
        assert served.sockets.count == 1
        assert [task.result() for task in closing if task.done()] == [4401] * 9


async def test_of_many_who_come_with_the_same_set_up_link_one_becomes_the_admin(served: Served) -> None:
    link = served.manager.access.setup_link.renew()

    def body(number: int) -> dict[str, str]:
        return {"token": link, "name": f"admin {number}", "password": PASSWORD}

    async with browser_on(served) as browser:
        answers = await asyncio.gather(*(browser.post("/setup", json=body(number)) for number in range(10)))
        assert [answer.status_code for answer in answers].count(200) == 1
        assert {answer.status_code for answer in answers} <= {200, 403, 409, 429}
        assert len(await served.manager.access.users.page(limit=10)) == 1
        assert (await browser.post("/setup", json=body(11))).json()["code"] == "setup_done"


# Many at once


async def test_many_guesses_at_once_are_no_more_than_one_after_the_other(served: Served) -> None:
    await served.manager.access.users.create(NAME, Role.ADMIN, PASSWORD, created_by="test")
    async with browser_on(served) as browser:
        answers = await asyncio.gather(*(sign_in(browser, password=f"a guess {number}") for number in range(60)))
        told = codes_of(answers)
        assert set(told) == {"wrong_credentials", "too_many_attempts"}
        assert told.count("wrong_credentials") <= PER_NAME_AND_ADDRESS
        left = PER_NAME_AND_ADDRESS - told.count("wrong_credentials")
        more = await asyncio.gather(*(sign_in(browser, password=f"a guess {number}") for number in range(left + 10)))
        assert codes_of(more).count("wrong_credentials") <= left
        assert (await sign_in(browser)).json()["code"] == "too_many_attempts", "not even the right one"


async def test_many_names_at_once_are_no_more_than_an_address_may_try(served: Served) -> None:
    async with browser_on(served) as browser:
        tried = 0
        for _ in range(3):
            answers = await asyncio.gather(*(sign_in(browser, f"name {number}") for number in range(40)))
            tried += codes_of(answers).count("wrong_credentials")
        assert 0 < tried <= PER_ADDRESS


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/me/password", {"current_password": "a guess", "new_password": "what a thief has chosen"}),
        ("POST", "/me/second-factor", {"password": "a guess"}),
        ("DELETE", "/me/second-factor", {"password": "a guess", "code": "123456"}),
        ("POST", "/me/second-factor/recovery-codes", {"password": "a guess", "code": "123456"}),
    ],
)
async def test_who_has_a_session_can_not_guess_the_password_with_it(
    served: Served, method: str, path: str, body: dict[str, str]
) -> None:
    await served.manager.access.users.create(NAME, Role.VIEWER, PASSWORD, created_by="test")
    async with browser_on(served) as browser:
        await sign_in(browser)
        answers = await asyncio.gather(*(browser.request(method, path, json=body) for _ in range(40)))
        told = codes_of(answers)
        assert set(told) == {"wrong_password", "too_many_attempts"}
        assert told.count("wrong_password") <= PER_NAME_AND_ADDRESS


async def test_who_knows_the_password_can_not_guess_codes_with_many_requests_at_once(served: Served) -> None:
    await served.manager.access.users.create(NAME, Role.VIEWER, PASSWORD, created_by="test")
    async with browser_on(served) as browser, browser_on(served) as thief:
        await sign_in(browser)
        app = TOTP((await browser.post("/me/second-factor", json={"password": PASSWORD})).json()["secret"])
        await browser.post("/me/second-factor/confirm", json={"code": app.now()})
        present = int(time.time()) // STEP_SECONDS
        right = {app.generate_otp(step) for step in range(present - 2, present + 20)}
        guesses = [code for code in (f"{number:06}" for number in range(100)) if code not in right][:40]
        told: list[str] = []
        for _ in range(2):
            # Between the guesses the password alone, which must not begin the count anew.
            asked = [sign_in(thief, **({"code": guess} if number % 2 else {})) for number, guess in enumerate(guesses)]
            told += codes_of(await asyncio.gather(*asked))
        assert set(told) <= {"wrong_code", "second_factor_needed", "too_many_attempts"}
        assert 0 < told.count("wrong_code") <= PER_NAME_AND_ADDRESS
        assert (await browser.get("/me")).status_code == 200
