"""Users who sign in with a second factor, and the app on their phone."""

from dataclasses import dataclass, field

import httpx2
from pyotp import TOTP

from tests.access.conftest import MovedClock
from tests.access.sites import password_of
from vintagestory_api.access.second_factor import STEP_SECONDS, step_at


class StandingClock(MovedClock):
    """In the middle of a time step, until it is moved."""

    def now_ms(self) -> int:
        return 1_795_000_005_000 + round(self.moved_seconds * 1000)

    def monotonic(self) -> float:
        return 5_000 + self.moved_seconds


@dataclass
class Phone:
    """An authenticator app."""

    secret: str
    clock: MovedClock
    recovery_codes: list[str] = field(default_factory=list)

    def code(self, *, steps: int = 0) -> str:
        """Of now, or of so many steps later."""
        return TOTP(self.secret).generate_otp(step_at(self.clock.now_ms()) + steps)

    def next_code(self) -> str:
        """One that was not used yet."""
        self.clock.moved_seconds += STEP_SECONDS * 2
        return self.code()

    def wrong_code(self) -> str:
        right = {self.code(steps=steps) for steps in (-1, 0, 1)}
        return next(code for code in ("000000", "111111", "222222", "333333") if code not in right)


async def begin(browser: httpx2.AsyncClient, name: str) -> httpx2.Response:
    return await browser.post("/me/second-factor", json={"password": password_of(name)})


async def set_up(browser: httpx2.AsyncClient, name: str, clock: MovedClock) -> Phone:
    """Of the user who is signed in there."""
    begun = await begin(browser, name)
    assert begun.status_code == 200, begun.text
    phone = Phone(begun.json()["secret"], clock)
    confirmed = await browser.post("/me/second-factor/confirm", json={"code": phone.code()})
    assert confirmed.status_code == 200, confirmed.text
    phone.recovery_codes = confirmed.json()["recovery_codes"]
    return phone


async def sign_in_with(browser: httpx2.AsyncClient, name: str, code: str, password: str | None = None) -> httpx2.Response:
    body = {"name": name, "password": password_of(name) if password is None else password, "code": code}
    return await browser.post("/session", json=body)


async def prove(browser: httpx2.AsyncClient, method: str, path: str, name: str, code: str) -> httpx2.Response:
    """A change of the second factor that asks for password and code."""
    return await browser.request(method, path, json={"password": password_of(name), "code": code})
