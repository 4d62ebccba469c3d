"""Tickets for consoles: good once, for one server, for a moment."""

import pytest

from tests.clocks import FixedClock
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.servers import tickets as tickets_module
from vintagestory_api.servers.tickets import MAX_TICKETS_PER_PRINCIPAL, VALID_SECONDS, Tickets, TooManyTickets

ALICE = Principal("user", "1", "Alice", Role.OPERATOR)
BOB = Principal("token", "1", "Bob's script", Role.OPERATOR)


async def _may_stay() -> bool:
    return True


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def tickets(clock: FixedClock) -> Tickets:
    return Tickets(clock)


def test_a_ticket_is_good_once_for_its_holder_and_server(tickets: Tickets) -> None:
    ticket = tickets.issue(ALICE, "home", _may_stay)
    holder = tickets.redeem(ticket, "home")
    assert holder is not None
    assert (holder.principal, holder.server_id) == (ALICE, "home")
    assert tickets.redeem(ticket, "home") is None


def test_a_ticket_for_another_server_is_refused_and_used_up(tickets: Tickets) -> None:
    ticket = tickets.issue(ALICE, "home", _may_stay)
    assert tickets.redeem(ticket, "other") is None
    assert tickets.redeem(ticket, "home") is None


@pytest.mark.parametrize(("after_ms", "is_good"), [(VALID_SECONDS * 1000 - 1, True), (VALID_SECONDS * 1000, False)])
def test_a_ticket_is_good_for_thirty_seconds(tickets: Tickets, clock: FixedClock, after_ms: int, is_good: bool) -> None:
    ticket = tickets.issue(ALICE, "home", _may_stay)
    clock.now += after_ms
    assert (tickets.redeem(ticket, "home") is not None) is is_good


@pytest.mark.parametrize("ticket", ["", "x", "\ud800", "ö" * 100_000])
def test_what_is_no_ticket_is_refused(tickets: Tickets, ticket: str) -> None:
    tickets.issue(ALICE, "home", _may_stay)
    assert tickets.redeem(ticket, "home") is None


def test_tickets_cannot_be_guessed(tickets: Tickets) -> None:
    issued = {tickets.issue(ALICE, "home", _may_stay) for _ in range(MAX_TICKETS_PER_PRINCIPAL)}
    assert len(issued) == MAX_TICKETS_PER_PRINCIPAL
    assert all(len(ticket) >= 43 for ticket in issued)


def test_nobody_holds_more_than_a_few_and_old_ones_do_not_count(tickets: Tickets, clock: FixedClock) -> None:
    for _ in range(MAX_TICKETS_PER_PRINCIPAL):
        tickets.issue(ALICE, "home", _may_stay)
    with pytest.raises(TooManyTickets):
        tickets.issue(ALICE, "home", _may_stay)
    tickets.issue(BOB, "home", _may_stay)
    clock.now += VALID_SECONDS * 1000
    tickets.issue(ALICE, "home", _may_stay)


def test_all_together_hold_no_more_than_so_many(tickets: Tickets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets_module, "MAX_TICKETS", 3)
    for number in range(3):
        tickets.issue(Principal("user", str(number), "somebody", Role.ADMIN), "home", _may_stay)
    with pytest.raises(TooManyTickets):
        tickets.issue(ALICE, "home", _may_stay)
