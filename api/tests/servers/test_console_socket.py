"""Following a console over a WebSocket: who gets in, what comes, and how it ends."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.apps import data_dir_where_nothing_is_due
from tests.servers.consoles import HEAD, Heard, Served, numbered, served_app
from tests.waiting import until
from vintagestory_api.access.roles import Role
from vintagestory_api.servers import socket as console_socket
from vintagestory_api.servers import tickets as tickets_module
from vintagestory_api.servers.host import Output


@pytest.fixture
def data_dir(tmp_path: Path, empty_database: Path) -> Path:
    return data_dir_where_nothing_is_due(tmp_path / "data", empty_database)


@pytest.fixture
async def served(data_dir: Path) -> AsyncIterator[Served]:
    async with served_app(data_dir) as served:
        yield served


async def close_code(connection: ClientConnection) -> tuple[int, str]:
    """How the other side closes, whatever it sends before that."""
    async with asyncio.timeout(60):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await connection.recv()
    assert connection.close_code is not None
    return connection.close_code, connection.close_reason or ""


async def test_history_comes_first_and_then_each_line_as_it_comes(served: Served) -> None:
    served.console.feed(numbered(1, 1_000))
    async with served.following() as connection:
        heard = await Heard().listen(connection, 1_000)
        served.console.feed(Output(1_001, f"{HEAD}schön\n   more\n".encode()))
        await heard.listen(connection, 1_002)
    assert heard.seqs == list(range(1, 1_003))
    assert heard.dropped == 0
    assert heard.lines[0] == {"seq": 1, "time": "2026-08-04T13:47:25", "type": "Notification", "text": "line 1"}
    assert heard.lines[-2]["text"] == "schön"
    assert heard.lines[-1] == {"seq": 1_002, "time": None, "type": "Notification", "text": "   more", "is_continuation": True}


async def test_whoever_comes_back_misses_nothing_that_is_kept(served: Served) -> None:
    heard = Heard()
    seq = 1
    for _ in range(5):
        async with served.following(after=heard.lines[-1]["seq"] if heard.lines else 0) as connection:
            served.console.feed(numbered(seq, 50))
            await heard.listen(connection, seq + 49)
        served.console.feed(numbered(seq + 50, 50))
        seq += 100
    async with served.following(after=heard.lines[-1]["seq"]) as connection:
        await heard.listen(connection, seq - 1)
    assert heard.seqs == list(range(1, seq))
    assert heard.dropped == 0


async def test_what_is_no_longer_kept_is_counted(served: Served) -> None:
    served.console.feed(numbered(1, 10))
    for first in range(11, 60_011, 1_000):
        served.console.feed(numbered(first, 1_000, "x" * 60))
    async with served.following(after=5) as connection:
        heard = await Heard().listen(connection, 60_010)
    assert heard.dropped > 0
    assert heard.seqs == list(range(6 + heard.dropped, 60_011))


async def test_several_follow_the_same_console(served: Served) -> None:
    async with contextlib.AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(served.following()) for _ in range(5)]
        listening = [asyncio.create_task(Heard().listen(connection, 20_000)) for connection in connections]
        for first in range(1, 20_001, 500):
            served.console.feed(numbered(first, 500))
            await asyncio.sleep(0)
        for heard in await asyncio.gather(*listening):
            assert heard.seqs == list(range(1, 20_001))
        assert served.console.viewer_count == served.sockets.count == 5
    await until(lambda: not served.console.viewer_count)
    assert served.sockets.count == 0


@pytest.mark.parametrize("after", ["-5", "x", "9" * 40, "", "1.5"])
async def test_an_odd_place_to_begin_from_is_the_beginning(served: Served, after: str) -> None:
    served.console.feed(numbered(1, 3))
    address = served.address(await served.ticket()).replace("after=0", f"after={after}")
    async with connect(address, proxy=None, open_timeout=60) as connection:
        assert (await Heard().listen(connection, 3)).seqs == [1, 2, 3]


# Tickets


async def test_a_ticket_opens_one_connection(served: Served) -> None:
    address = served.address(await served.ticket())
    async with connect(address, proxy=None, open_timeout=60) as first:
        async with connect(address, proxy=None, open_timeout=60) as second:
            code, reason = await close_code(second)
            assert code == 4401
            assert "used up" in reason
        served.console.feed(numbered(1, 1))
        await Heard().listen(first, 1)


@pytest.mark.parametrize("ticket", ["", "wrong"])
async def test_without_a_ticket_nobody_gets_in(served: Served, ticket: str) -> None:
    async with connect(served.address(ticket), proxy=None, open_timeout=60) as connection:
        assert (await close_code(connection))[0] == 4401


async def test_a_ticket_is_for_one_server(served: Served) -> None:
    served.add_server("other")
    async with connect(served.address(await served.ticket("other")), proxy=None, open_timeout=60) as connection:
        assert (await close_code(connection))[0] == 4401


async def test_an_old_ticket_is_refused(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets_module, "VALID_SECONDS", 0)
    async with connect(served.address(await served.ticket()), proxy=None, open_timeout=60) as connection:
        assert (await close_code(connection))[0] == 4401


async def test_a_server_that_was_deleted_meanwhile_is_said(served: Served) -> None:
    served.add_server("other")
    ticket = await served.ticket("other")
    served.manager.servers.forget("other")
    async with connect(served.address(ticket, server_id="other"), proxy=None, open_timeout=60) as connection:
        assert (await close_code(connection))[0] == 4404


async def test_whoever_follows_a_server_that_is_deleted_hears_of_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_socket, "RECHECK_SECONDS", 0.05)
    async with served.following() as connection:
        await until(lambda: served.sockets.count == 1)
        served.manager.servers.forget("home")
        assert (await close_code(connection))[0] == 4404


async def test_a_viewer_gets_no_ticket(served: Served) -> None:
    viewer = served.new_token("viewer", Role.VIEWER)
    answer = await served.ask("POST", "/servers/home/console/ticket", token=viewer)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low")
    assert (await served.ask("GET", "/servers/home/console", token=viewer)).status_code == 403
    assert (await served.ask("POST", "/servers/home/commands", token=viewer, json={"command": "/time"})).status_code == 403


async def test_there_is_no_ticket_for_a_server_that_does_not_exist(served: Served) -> None:
    answer = await served.ask("POST", "/servers/nowhere/console/ticket")
    assert (answer.status_code, answer.json()["code"]) == (404, "server_not_found")


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_a_page_of_another_site_gets_no_connection(served: Served, headers: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with served.following(additional_headers=headers):
            pass
    assert refused.value.response.status_code == 403


async def test_a_page_of_ours_gets_a_connection(served: Served) -> None:
    async with served.following(origin=f"http://127.0.0.1:{served.port}") as connection:
        served.console.feed(numbered(1, 1))
        await Heard().listen(connection, 1)


async def test_nobody_opens_more_than_so_many(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_socket, "SOCKETS_PER_PRINCIPAL", 2)
    async with served.following(), served.following():
        await until(lambda: served.sockets.count == 2)
        async with served.following() as third:
            assert (await close_code(third))[0] == 1013
    await until(lambda: served.sockets.count == 0)
    async with served.following() as again:
        served.console.feed(numbered(1, 1))
        await Heard().listen(again, 1)


async def test_the_log_never_shows_a_ticket(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with served_app(data_dir, log_level="debug") as served:
        ticket = await served.ticket()
        async with connect(served.address(ticket), proxy=None, open_timeout=60) as connection:
            served.console.feed(numbered(1, 1))
            await Heard().listen(connection, 1)
    assert ticket not in "".join(capsys.readouterr())


# The end


async def test_whoever_is_revoked_is_sent_away(served: Served) -> None:
    token = served.new_token("soon gone", Role.OPERATOR)
    admin = served.new_token("admin", Role.ADMIN)
    async with served.following() as stays, served.following(token=token) as goes:
        await until(lambda: served.sockets.count == 2)
        tokens = (await served.ask("GET", "/tokens", token=admin)).json()["items"]
        token_id = next(one["id"] for one in tokens if one["name"] == "soon gone")
        assert (await served.ask("DELETE", f"/tokens/{token_id}", token=admin)).is_success
        code, reason = await close_code(goes)
        assert (code, reason) == (4401, "You may not follow this console any more.")
        served.console.feed(numbered(1, 1))
        await Heard().listen(stays, 1)


async def test_a_ticket_is_worth_nothing_when_its_holder_is_revoked_before_it_is_used(served: Served) -> None:
    """Not one line of what is kept: that would be sent before it is looked again at who follows."""
    token = served.new_token("soon gone", Role.OPERATOR)
    admin = served.new_token("admin", Role.ADMIN)
    served.console.feed(numbered(1, 10))
    ticket = await served.ticket(token=token)
    tokens = (await served.ask("GET", "/tokens", token=admin)).json()["items"]
    token_id = next(one["id"] for one in tokens if one["name"] == "soon gone")
    assert (await served.ask("DELETE", f"/tokens/{token_id}", token=admin)).is_success
    async with connect(served.address(ticket), proxy=None, open_timeout=60) as connection:
        with pytest.raises(ConnectionClosed):
            await connection.recv()
        assert (connection.close_code, connection.close_reason) == (4401, "You may not follow this console any more.")


async def test_everybody_hears_that_the_manager_stops(data_dir: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with served_app(data_dir) as served:
            connections = [await stack.enter_async_context(served.following()) for _ in range(3)]
            await until(lambda: served.sockets.count == 3)
            closing = [asyncio.create_task(close_code(connection)) for connection in connections]
        for code, reason in await asyncio.gather(*closing):
            assert (code, reason) == (1001, "The manager is stopping.")


async def test_what_a_client_sends_is_ignored(served: Served) -> None:
    async with served.following() as connection:
        await connection.send('{"command": "/stop"}')
        await connection.send(b"\x00\xff")
        served.console.feed(numbered(1, 1))
        await Heard().listen(connection, 1)
        await connection.ping()


async def test_thousands_of_messages_of_a_client_change_nothing_for_it_and_others(served: Served) -> None:
    async with served.following() as connection, served.following() as other:
        for number in range(3_000):
            await connection.send(b"x" * 1_000 if number % 2 else "y" * 1_000)
        served.console.feed(numbered(1, 1))
        await Heard().listen(other, 1)
        await Heard().listen(connection, 1)


async def test_a_large_message_of_a_client_ends_its_connection_only(served: Served) -> None:
    async with served.following() as well_behaved, served.following() as large:
        await large.send("x" * 1_000_000)
        assert (await close_code(large))[0] == 1009
        served.console.feed(numbered(1, 1))
        await Heard().listen(well_behaved, 1)


class Hanging:
    """A client that opens a console and then reads nothing."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self.client = socket.socket()
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.client.setblocking(False)

    async def __aenter__(self) -> "Hanging":
        address = self._served.address(await self._served.ticket())
        path = address.partition(f":{self._served.port}")[2]
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self.client, ("127.0.0.1", self._served.port))
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._served.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await loop.sock_sendall(self.client, request.encode())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.client.close()


async def test_a_client_that_never_reads_is_cut_and_others_lose_nothing(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_socket, "SLOW_SECONDS", 0.3)
    async with Hanging(served), served.following() as connection:
        await until(lambda: served.sockets.count == 2)
        listening = asyncio.create_task(Heard().listen(connection, 200_000))
        for first in range(1, 200_001, 200):
            served.console.feed(numbered(first, 200, "." * 60))
            await asyncio.sleep(0)
        heard = await listening
        assert (heard.seqs, heard.dropped) == (list(range(1, 200_001)), 0)
        await until(lambda: served.sockets.count == 1)
        served.console.feed(numbered(200_001, 1))
        await heard.listen(connection, 200_001)


async def test_a_client_that_never_reads_does_not_keep_the_manager_from_stopping(data_dir: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with asyncio.timeout(60), served_app(data_dir) as served:
            await stack.enter_async_context(Hanging(served))
            await until(lambda: served.sockets.count == 1)
            for first in range(1, 100_001, 500):
                served.console.feed(numbered(first, 500, "." * 60))
                await asyncio.sleep(0)
        assert served.sockets.count == 0
