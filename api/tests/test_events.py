"""Listeners hear what happened; one that fails hurts nobody else."""

from structlog.testing import capture_logs

from vintagestory_api.events import Event, EventBus, GameVersionFound

FOUND = GameVersionFound("1.21.0", "stable")


def test_every_listener_hears_every_event_until_it_leaves() -> None:
    bus = EventBus()
    first: list[Event] = []
    second: list[Event] = []
    leave = bus.subscribe(first.append)
    bus.subscribe(second.append)
    bus.publish(FOUND)
    leave()
    bus.publish(FOUND)
    assert (first, second) == ([FOUND], [FOUND, FOUND])


def test_a_listener_that_fails_is_logged_and_hurts_nobody() -> None:
    bus = EventBus()
    heard: list[Event] = []

    def fail(_event: Event) -> None:
        raise RuntimeError("deaf")

    bus.subscribe(fail)
    bus.subscribe(heard.append)
    with capture_logs() as logs:
        bus.publish(FOUND)
    assert heard == [FOUND]
    assert [(entry["event"], entry["event_kind"]) for entry in logs] == [("event_listener_failed", "GameVersionFound")]


def test_a_listener_may_leave_while_it_hears() -> None:
    bus = EventBus()
    heard: list[Event] = []

    def once(event: Event) -> None:
        heard.append(event)
        leave()

    leave = bus.subscribe(once)
    bus.publish(FOUND)
    bus.publish(FOUND)
    assert heard == [FOUND]
