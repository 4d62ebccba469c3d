"""A watchdog outside hears from us while all is well, and hears at once when it is not."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.clocks import FixedClock
from tests.notifications.receivers import SECRET_WORD, Receiver
from tests.waiting import until
from vintagestory_api.notifications.ping import Ping


class Watched:
    def __init__(self, url: str | None) -> None:
        self.url = url
        self.is_well = True
        self.changes = 0
        self.clock = FixedClock()
        self.ping = Ping(
            self.clock,
            url=lambda: self.url,
            every_minutes=lambda: 5,
            is_well=lambda: self.is_well,
            user_agent=lambda: "vsmanager/test",
            changed=self._changed,
        )

    def _changed(self) -> None:
        self.changes += 1


@pytest.fixture
async def watched(service: Receiver) -> AsyncIterator[Watched]:
    watched = Watched(service.ping_url)
    yield watched
    await watched.ping.close()


async def test_while_all_is_well_the_address_is_asked_as_it_is(watched: Watched, service: Receiver) -> None:
    assert await watched.ping.ask() == 300
    assert service.paths == [f"/{SECRET_WORD}"]
    assert service.agents == ["vsmanager/test"]
    assert (watched.ping.last_at, watched.ping.last_problem, watched.changes) == (watched.clock.now, None, 1)


async def test_while_something_critical_is_open_the_watchdog_is_told_so(watched: Watched, service: Receiver) -> None:
    watched.is_well = False
    await watched.ping.ask()
    watched.url = f"{service.ping_url}/?rid=7"
    await watched.ping.ask()
    assert service.paths == [f"/{SECRET_WORD}/fail", f"/{SECRET_WORD}/fail?rid=7"]


async def test_without_an_address_nobody_is_asked(service: Receiver) -> None:
    watched = Watched(None)
    assert await watched.ping.ask() is None
    assert service.paths == []


@pytest.mark.parametrize("status", [404, 500])
async def test_a_watchdog_that_does_not_want_us_is_told_in_words(watched: Watched, service: Receiver, status: int) -> None:
    service.status = status
    assert await watched.ping.ask() == 60
    assert watched.ping.last_problem == f"The watchdog answered with HTTP {status}. Check its address."
    assert watched.ping.last_at is None
    service.status = 200
    await watched.ping.ask()
    assert watched.ping.last_problem is None


async def test_redirects_are_followed_and_circles_are_told(watched: Watched, service: Receiver) -> None:
    service.status, service.location = 302, service.ping_url
    await watched.ping.ask()
    assert watched.ping.last_problem == "The watchdog sends us round in circles."


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"http://127.0.0.1:9/{SECRET_WORD}", "can't be reached"),
        (f"http://[::1/{SECRET_WORD}", "makes no sense"),
        (f"gopher://127.0.0.1/{SECRET_WORD}", "makes no sense"),
    ],
)
async def test_whatever_is_wrong_is_told_without_the_address(watched: Watched, url: str, words: str) -> None:
    watched.url = url
    await watched.ping.ask()
    assert watched.ping.last_problem is not None
    assert words in watched.ping.last_problem
    assert SECRET_WORD not in watched.ping.last_problem


async def test_a_watchdog_that_hangs_is_given_up(watched: Watched, service: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vintagestory_api.notifications.ping._TOTAL_SECONDS", 1.0)
    service.hangs = True
    await watched.ping.ask()
    assert watched.ping.last_problem == "The watchdog did not answer in time."


async def test_it_follows_what_happens(watched: Watched, service: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vintagestory_api.notifications.ping._FIRST_SECONDS", 0.0)
    watched.ping.start()
    await until(lambda: len(service.paths) == 1)
    await until(lambda: watched.ping.last_at is not None)
    watched.ping.note_alerts()
    watched.is_well = False
    watched.ping.note_alerts()
    await until(lambda: service.paths[1:] == [f"/{SECRET_WORD}/fail"])


async def test_another_address_forgets_what_was_known(watched: Watched) -> None:
    await watched.ping.ask()
    watched.ping.forget()
    known: tuple[Any, Any] = (watched.ping.last_at, watched.ping.last_problem)
    assert known == (None, None)
