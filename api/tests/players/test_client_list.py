"""The answer to `/list clients` in its forms, among other lines."""

import pytest

from tests.facts import facts_path
from vintagestory_api.players.client_list import ClientList, read_client_list
from vintagestory_api.servers.console_lines import read_lines

HEAD = "29.4.2026 23:39:39 [Server Notification] "


def listed(*lines: str) -> ClientList | None:
    return read_client_list(read_lines("".join(f"{line}\n" for line in lines).encode(), 100))


def names(found: ClientList | None) -> list[tuple[str, bool | None]]:
    assert found is not None
    return [(client.name, client.is_playing) for client in found.clients]


def test_the_form_before_1_22() -> None:
    found = listed(f"{HEAD}List of online Players", "[1] MKRhere [::1]:41206", "[3] Anna 203.0.113.9:5", "")
    assert names(found) == [("MKRhere", None), ("Anna", None)]


def test_the_form_of_1_22() -> None:
    found = listed(
        f"{HEAD}List of online Players",
        "Playing [2] Bob [::ffff:203.0.113.1]:45893 (50ms) (200s inactive)",
        "Connecting [3] Cleo [::ffff:203.0.113.1]:45894 (50ms) (0s inactive)",
        "Queued [4] Dora [::ffff:203.0.113.3]:62341 | Queue position: (1)",
    )
    assert names(found) == [("Bob", True), ("Cleo", False), ("Dora", False)]


def test_nobody_is_a_head_with_an_empty_line() -> None:
    assert names(listed(f"{HEAD}Handling Console Command /list clients", f"{HEAD}Liste der Spieler", "")) == []


def test_each_client_has_the_number_of_its_line() -> None:
    found = listed(
        f"{HEAD}Handling Console Command /list clients", f"{HEAD}List of online Players", "[1] Anna [::1]:1", "[2] Bob [::1]:2"
    )
    assert found is not None
    assert (found.seq, [client.seq for client in found.clients]) == (101, [102, 103])


def test_lines_between_are_passed_over() -> None:
    found = listed(
        f"{HEAD}A Client attempts connecting", f"{HEAD}List of online Players", "[1] Anna [::1]:1", f"{HEAD}All clients"
    )
    assert names(found) == [("Anna", None)]


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [f"{HEAD}List of online Players"],
        [f"{HEAD}No such command exists: list"],
        ["29.4.2026 23:39:39 [Server Chat] 0 | Eve: List of online Players", "[1] Anna [::1]:1"],
        [f"{HEAD}List of online Players", "[1] Anna [::1]:1", "and something else"],
        [f"{HEAD}List of online Players", "[1] <b>Anna</b> [::1]:1"],
    ],
)
def test_what_may_be_something_else_is_no_list(lines: list[str]) -> None:
    assert listed(*lines) is None


@pytest.mark.real_data
def test_the_recorded_list_is_understood() -> None:
    log = facts_path("logs/21-1.22.0-console-list-clients-chat.log").read_bytes()
    assert [client.name for client in (read_client_list(read_lines(log)) or ClientList(0, ())).clients] == [
        "Fighter199",
        "Vlast_",
        "DerelictDawn",
    ]
