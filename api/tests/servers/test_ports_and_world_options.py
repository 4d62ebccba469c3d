"""A port that a game could not take is noticed, and the choices for a new world are those of the game."""

import socket
from pathlib import Path

import pytest

from vintagestory_api.servers.ports import NoFreePort, may_be_lent_out, next_free_port, what_holds
from vintagestory_api.servers.schemas import WorldOptions
from vintagestory_api.servers.world_options import world_options


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_in_use_is_named_with_its_protocol(kind: socket.SocketKind, address: str) -> None:
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind((address, 0))
        if kind == socket.SOCK_STREAM:
            holder.listen()
        port = holder.getsockname()[1]
        said = what_holds(port)
        assert said is not None
        assert ("TCP" if kind == socket.SOCK_STREAM else "UDP") in said
        assert next_free_port(set(), port) > port


def test_ports_that_the_system_lends_out_are_known(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as connection:
        assert may_be_lent_out(connection.getsockname()[1])
    table = tmp_path / "range"
    table.write_text("32768\t60999\n")
    assert [may_be_lent_out(port, table) for port in (1024, 32_767, 32_768, 42_420, 60_999, 61_000)] == [
        False, False, True, True, True, False,
    ]  # fmt: skip
    for odd in ("", "32768", "a b", "1 2 3"):
        table.write_text(odd)
        assert not may_be_lent_out(42_420, table)
    assert not may_be_lent_out(42_420, tmp_path / "nothing")


def test_the_next_free_port_leaves_out_those_of_other_servers() -> None:
    first = next_free_port(set(), 45_000)
    second = next_free_port({first}, 45_000)
    assert second > first
    with pytest.raises(NoFreePort):
        next_free_port({65_534, 65_535}, 65_534)


def test_every_world_option_has_a_default_among_its_values_and_can_be_chosen() -> None:
    options = world_options()
    assert len(options.items) > 60
    assert len({option.name for option in options.items}) == len(options.items)
    for option in options.items:
        assert option.default in option.values, option.name
        assert option.title
        assert option.group
        for value in option.values:
            WorldOptions(attributes={option.name: value})
    for style in options.play_styles:
        for kind in options.world_types:
            WorldOptions(play_style=style, world_type=kind)
