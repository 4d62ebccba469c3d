"""Requests from the server side: addresses that people write for messages and the watchdog lead to the internet, and inside only
where the address itself says so. (Mods and game versions: tests/kit/test_public_fetch.py and test_guarded_connections.py.)
"""

import ipaddress
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clocks import FixedClock
from tests.notifications.receivers import Receiver, receiver
from vintagestory_api.kit.addresses import is_of_our_network, is_public, names_our_network
from vintagestory_api.notifications.failures import LEADS_INSIDE
from vintagestory_api.notifications.ping import Ping
from vintagestory_api.notifications.sending import Message, Sender

HELLO = Message("Our world crashed", "It ended by itself.", "critical")
NEVER = [
    "169.254.169.254", "169.254.170.2", "100.100.100.200", "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254", "0.0.0.0", "::",
    "224.0.0.1", "255.255.255.255", "ff02::1", "192.0.0.192", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
]  # fmt: skip
INSIDE = ["127.0.0.1", "10.0.0.8", "172.20.1.1", "192.168.1.5", "100.64.3.4", "::1", "fd12::3", "::ffff:192.168.1.5"]


@pytest.fixture
def service() -> Iterator[Receiver]:
    with receiver() as service:
        yield service


async def pinged(url: str, **options: Any) -> str | None:
    """What is wrong with a watchdog at this address."""
    ping = Ping(
        FixedClock(),
        url=lambda: url,
        every_minutes=lambda: 5,
        is_well=lambda: True,
        user_agent=lambda: "test",
        changed=lambda: None,
        **options,
    )
    try:
        await ping.ask()
    finally:
        await ping.close()
    return ping.last_problem


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_neither_of_the_internet_nor_of_our_network(address: str) -> None:
    found = ipaddress.ip_address(address)
    assert not is_public(found)
    assert not is_of_our_network(found)
    assert not names_our_network(address)


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_of_our_network_is_allowed_by_writing_it(address: str) -> None:
    assert is_of_our_network(ipaddress.ip_address(address))
    assert names_our_network(f"[{address}]" if ":" in address else address)


@pytest.mark.parametrize(
    ("host", "local"),
    [("nas", True), ("ntfy.lan", True), ("NTFY.local.", True), ("ntfy.example.org", False), ("lan.example.org", False)],
)
def test_a_name_is_allowed_when_only_a_local_network_gives_it(host: str, local: bool) -> None:
    assert names_our_network(host) is local


@pytest.mark.parametrize("host", ["169.254.169.254", "100.100.100.200", "0.0.0.0", "[fd00:ec2::254]"])
async def test_no_message_goes_where_clouds_keep_their_secrets(host: str) -> None:
    assert await Sender().send(f"json://{host}:9/hook", HELLO) == LEADS_INSIDE


async def test_a_service_inside_gets_its_message_when_its_address_names_it(service: Receiver) -> None:
    for host in ("127.0.0.1", "localhost"):
        assert await Sender().send(f"json://{host}:{service.port}/hook", HELLO) is None
        assert await pinged(f"http://{host}:{service.port}/ping") is None
    assert len(service.messages) == 2


#: Runs the child that sends with a name service of its own: what "hook.example" means at its first question, at its second, ….
CHILD = """
import socket, sys
from vintagestory_api.notifications import sender
meanings, real = {meanings!r}, socket.getaddrinfo
def answer(host, port, *rest, **more):
    if host != "hook.example":
        return real(host, port, *rest, **more)
    number = meanings.pop(0) if len(meanings) > 1 else meanings[0]
    return real(number, port, *rest, **more)
socket.getaddrinfo = answer
sender.main()
"""


def sent_by_name(port: int, *meanings: str, allowed: tuple[str, ...] = ()) -> dict[str, Any]:
    address = f"json://hook.example:{port}/hook"
    task = {"do": "send", "address": address, "title": "x", "text": "y", "severity": "info", "allowed": list(allowed)}
    ended = subprocess.run(
        [sys.executable, "-c", CHILD.format(meanings=list(meanings))],
        input=json.dumps(task).encode(),
        capture_output=True,
        timeout=100,
        check=True,
    )
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def test_a_public_name_that_means_something_inside_is_not_asked(service: Receiver) -> None:
    told = sent_by_name(service.port, "127.0.0.1")
    assert (told["ok"], told["leads_inside"], service.paths) == (False, True, [])


def test_a_public_name_that_means_something_inside_is_asked_when_the_machine_s_admin_allowed_it(service: Receiver) -> None:
    assert sent_by_name(service.port, "127.0.0.1", allowed=("hook.example",))["ok"]
    assert len(service.messages) == 1


def test_an_allowed_name_that_means_another_place_a_moment_later_is_not_asked(service: Receiver) -> None:
    told = sent_by_name(service.port, "127.0.0.2", "127.0.0.1", allowed=("hook.example",))
    assert (told["ok"], told["leads_inside"], service.paths) == (False, True, [])


async def test_a_service_that_sends_a_message_on_to_somewhere_inside_is_not_followed(service: Receiver) -> None:
    service.status = 302
    for there in ("169.254.169.254:80", "127.0.0.2:9", "[::1]:9"):
        service.location = f"http://{there}/latest/meta-data"
        assert await Sender().send(f"json://127.0.0.1:{service.port}/hook", HELLO) == LEADS_INSIDE, there
        assert await pinged(f"http://127.0.0.1:{service.port}/ping") == LEADS_INSIDE, there


async def test_a_watchdog_with_a_public_name_is_not_asked_inside(service: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def answer(host: Any, *rest: Any, **more: Any) -> Any:
        return real("127.0.0.1" if host in {"hook.example", b"hook.example"} else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    url = f"http://hook.example:{service.port}/ping"
    assert await pinged(url) == LEADS_INSIDE
    assert service.paths == []
    assert await pinged(url, inside_hosts=["Hook.Example"]) is None
    assert service.paths == ["/ping"]
