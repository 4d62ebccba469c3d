"""One stream to one client, without a network: what is written when, and how it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Message as AsgiMessage

from tests.streams import Message, messages_in
from tests.waiting import until
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.recognized import TRUST_SECONDS
from vintagestory_api.access.roles import Role
from vintagestory_api.live import stream as stream_module
from vintagestory_api.live.hub import BEHIND_EVENTS, LiveHub, Subscription
from vintagestory_api.live.stream import ABORT_EXTENSION, RECHECK_SECONDS, EventStream

VIEWER = Principal("token", "1", "viewer", Role.VIEWER)


class Client:
    """The other end: takes what is written, unless it hangs, and can leave."""

    def __init__(self, hub: LiveHub, who: Principal = VIEWER) -> None:
        self.subscription: Subscription = hub.subscribe(who)
        self.headers: dict[str, str] = {}
        self.received = b""
        self.is_complete = False
        self.was_cut = False
        self.may_stay: bool | Exception = True
        self.looks = 0
        self.takes = asyncio.Event()
        self.takes.set()
        self._left = asyncio.Event()

    @property
    def messages(self) -> list[Message]:
        return messages_in(self.received)

    @property
    def names(self) -> list[str]:
        return [message.event for message in self.messages]

    def leave(self) -> None:
        self._left.set()

    async def serve(self) -> None:
        def abort() -> None:
            self.was_cut = True
            self._left.set()

        scope = {"type": "http", "extensions": {ABORT_EXTENSION: abort}}
        await EventStream(self.subscription, {"boot": "b"}, self._look)(scope, self._receive, self._send)

    async def _look(self) -> bool:
        self.looks += 1
        if isinstance(self.may_stay, Exception):
            raise self.may_stay
        return self.may_stay

    async def _receive(self) -> AsgiMessage:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: AsgiMessage) -> None:
        await self.takes.wait()
        if message["type"] == "http.response.start":
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.received += message["body"]
            self.is_complete = not message["more_body"]


@pytest.fixture
def hub() -> LiveHub:
    return LiveHub()


@asynccontextmanager
async def connected(hub: LiveHub) -> AsyncIterator[tuple[Client, "asyncio.Task[None]"]]:
    client = Client(hub)
    task = asyncio.create_task(client.serve())
    try:
        await until(lambda: client.names == ["hello"])
        yield client, task
    finally:
        client.leave()
        await asyncio.wait_for(task, 30)
        assert hub.stream_count == 0


async def test_it_begins_with_hello_and_goes_on_with_what_happens(hub: LiveHub) -> None:
    async with connected(hub) as (client, _):
        assert client.headers["content-type"].startswith("text/event-stream")
        assert client.headers["cache-control"] == "no-store"
        assert client.headers["x-accel-buffering"] == "no"
        assert client.headers["connection"] == "close"
        assert "content-length" not in client.headers
        assert client.messages == [Message("hello", f"{hub.boot}-0", {"boot": "b"})]
        hub.publish("settings", {})
        await until(lambda: client.names == ["hello", "settings"])


async def test_silence_is_filled_with_comments(hub: LiveHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "PING_SECONDS", 0.01)
    async with connected(hub) as (client, _):
        await until(lambda: client.received.count(b": ping\n\n") > 2)
        assert client.names == ["hello"]


async def test_a_closed_hub_says_goodbye(hub: LiveHub) -> None:
    async with connected(hub) as (client, task):
        hub.close()
        await until(task.done)
        assert client.messages[-1] == Message("bye", None, {"reason": "shutdown"})
        assert client.is_complete
        assert not client.was_cut


def test_rights_are_looked_at_often_enough_for_the_promise_of_five_seconds() -> None:
    assert RECHECK_SECONDS + TRUST_SECONDS + stream_module.GOODBYE_SECONDS <= 5


async def test_who_may_not_stay_is_told_and_gets_no_more_events(hub: LiveHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "RECHECK_SECONDS", 0.01)
    async with connected(hub) as (client, task):
        await until(lambda: client.looks > 2)
        client.may_stay = False
        await until(task.done)
        hub.publish("settings", {})
        assert client.messages[1:] == [Message("bye", None, {"reason": "revoked"})]
        assert client.is_complete


async def test_a_change_of_rights_is_looked_at_at_once(hub: LiveHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "RECHECK_SECONDS", 3_600)
    async with connected(hub) as (client, task), connected(hub) as (other, other_task):
        client.may_stay = False
        hub.recheck()
        await until(task.done)
        await until(lambda: other.looks == 1)
        assert client.names[-1] == "bye"
        assert not other_task.done()


async def test_who_cannot_be_checked_has_to_come_back(hub: LiveHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "RECHECK_SECONDS", 0.01)
    async with connected(hub) as (client, task):
        client.may_stay = RuntimeError("the database is away")
        await until(task.done)
        assert client.names == ["hello"]
        assert client.is_complete


async def test_a_client_that_takes_nothing_is_cut_without_hurting_others(hub: LiveHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "SLOW_SECONDS", 0.05)
    async with connected(hub) as (hanging, task), connected(hub) as (other, other_task):
        hanging.takes.clear()
        hub.publish("settings", {})
        await until(task.done)
        hub.publish("overview", {})
        await until(lambda: other.names == ["hello", "settings", "overview"])
        assert hanging.was_cut
        assert not hanging.is_complete
        assert not other_task.done()


async def test_a_client_that_hangs_is_cut_as_soon_as_it_is_far_behind(hub: LiveHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "SLOW_SECONDS", 3_600)
    async with connected(hub) as (hanging, task):
        hanging.takes.clear()
        hub.publish("settings", {})
        await until(lambda: hanging.subscription.is_writing)
        for _ in range(BEHIND_EVENTS + 1):
            hub.publish("overview", {})
        await until(task.done)
        assert hanging.was_cut


async def test_a_client_that_hangs_does_not_delay_the_end(hub: LiveHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "SLOW_SECONDS", 3_600)
    async with connected(hub) as (hanging, task):
        hanging.takes.clear()
        hub.publish("settings", {})
        await until(lambda: hanging.subscription.is_writing)
        hub.close()
        await until(task.done)
        assert hanging.was_cut


async def test_a_client_that_leaves_gives_its_place_back(hub: LiveHub) -> None:
    async with connected(hub) as (client, task):
        client.leave()
        await until(task.done)
        assert hub.stream_count == 0
        assert not client.was_cut


async def test_a_write_that_fails_ends_the_stream_and_is_not_hidden(hub: LiveHub) -> None:
    client = Client(hub)

    async def refuse(_message: AsgiMessage) -> None:
        raise RuntimeError("no room")

    client._send = refuse  # type: ignore[method-assign,assignment] # a server that fails
    with pytest.raises(RuntimeError, match="no room"):
        await client.serve()
    assert hub.stream_count == 0


async def test_fifty_clients_all_hear_everything_in_order(hub: LiveHub) -> None:
    clients = [Client(hub, Principal("token", str(number), "viewer", Role.VIEWER)) for number in range(50)]
    tasks = [asyncio.create_task(client.serve()) for client in clients]
    for number in range(300):
        hub.publish("job", {"job_id": str(number)})
        if number % 40 == 0:
            await asyncio.sleep(0)
    await until(lambda: all(client.received.count(b"event: job\n") == 300 for client in clients))
    hub.close()
    await asyncio.wait_for(asyncio.gather(*tasks), 30)
    for client in clients:
        assert client.is_complete
        hello, *heard, bye = client.messages
        assert (hello.event, bye.event) == ("hello", "bye")
        assert [message.data["job_id"] for message in heard] == [str(number) for number in range(300)]
