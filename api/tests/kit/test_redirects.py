"""Redirects for files: the public web, and the host that was asked, but nothing else of our own network."""

import pytest

from vintagestory_api.kit.redirects import leads_inside


@pytest.mark.parametrize(
    ("host", "own_host", "inside"),
    [
        ("127.0.0.1", "127.0.0.1", False),
        ("Store.example.", "store.example", False),
        ("::1", "[::1]", False),
        ("127.0.0.1", "mods.example", True),
        ("127.0.0.2", "127.0.0.1", True),
        ("169.254.169.254", "mods.example", True),
        ("192.168.1.1", "mods.example", True),
        ("::ffff:127.0.0.1", "mods.example", True),
        ("fe80::1", "mods.example", True),
        ("2130706433", "mods.example", True),
        ("8.8.8.8", "mods.example", False),
        ("2606:4700:4700::1111", "mods.example", False),
        ("name-without-address.invalid", "mods.example", False),
    ],
)
async def test_only_the_inside_of_a_network_is_inside(host: str, own_host: str, inside: bool) -> None:
    assert await leads_inside(host, own_host) is inside
