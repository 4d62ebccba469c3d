"""What is kept, who is told, and where a stream goes on."""

import pytest

from tests.streams import Message, messages_in
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.events import AccessChanged, EventBus, JobChanged, OverviewChanged, RunChanged, ServerChanged
from vintagestory_api.live.feed import feed
from vintagestory_api.live.hub import (
    BEHIND_EVENTS,
    KEPT_EVENTS,
    STREAMS_PER_PRINCIPAL,
    LiveClosed,
    LiveHub,
    Subscription,
    TooManyStreams,
)

VIEWER = Principal("token", "1", "viewer", Role.VIEWER)
ADMIN = Principal("token", "2", "admin", Role.ADMIN)


def taken(subscription: Subscription) -> list[Message]:
    """Everything there is to take."""
    found: list[Message] = []
    while part := subscription.take():
        found += messages_in(part)
    return found


def names(messages: list[Message]) -> list[str]:
    return [message.data.get("job_id", message.event) for message in messages]


def publish(hub: LiveHub, *job_ids: object) -> None:
    for job_id in job_ids:
        hub.publish("job", {"job_id": str(job_id)})


def test_who_listens_is_told_in_order_from_then_on() -> None:
    hub = LiveHub()
    publish(hub, "before")
    subscription = hub.subscribe(VIEWER)
    publish(hub, "a", "b")
    assert [(message.event, message.id, message.data) for message in taken(subscription)] == [
        ("job", f"{hub.boot}-2", {"job_id": "a"}),
        ("job", f"{hub.boot}-3", {"job_id": "b"}),
    ]
    assert taken(subscription) == []


def test_resuming_misses_nothing_and_repeats_nothing() -> None:
    hub = LiveHub()
    seen: list[str] = []
    last_id = ""
    for round_ in range(20):
        subscription = hub.subscribe(VIEWER, last_id)
        publish(hub, f"{round_}-open")
        # Cut off in the middle: the client got only the first half of what was sent.
        received = taken(subscription)
        kept = received[: max(1, len(received) // 2)]
        seen += names(kept)
        last_id = kept[-1].id or ""
        subscription.close()
        publish(hub, f"{round_}-away")
    seen += names(taken(hub.subscribe(VIEWER, last_id)))
    assert seen == [f"{round_}-{when}" for round_ in range(20) for when in ("open", "away")]


def test_a_stream_that_heard_nothing_yet_can_be_resumed_too() -> None:
    hub = LiveHub()
    publish(hub, "before")
    hello_id = hub.subscribe(VIEWER).event_id
    publish(hub, "missed")
    assert hello_id is not None
    assert names(taken(hub.subscribe(VIEWER, hello_id))) == ["missed"]


def test_too_long_a_gap_gives_a_reset_and_goes_on_from_there() -> None:
    hub = LiveHub()
    first_id = hub.subscribe(VIEWER).event_id or ""
    publish(hub, *range(KEPT_EVENTS))
    assert names(taken(hub.subscribe(VIEWER, first_id))) == [str(number) for number in range(KEPT_EVENTS)]
    publish(hub, "one too many")
    late = hub.subscribe(VIEWER, first_id)
    assert late.event_id is None, "whoever is cut off before the reset must not resume after it"
    publish(hub, "next")
    assert [(message.event, message.id) for message in taken(late)] == [("reset", f"{hub.boot}-{KEPT_EVENTS + 2}")]
    publish(hub, "later")
    assert names(taken(late)) == ["later"]


@pytest.mark.parametrize(
    "event_id", ["otherboot-1", "1", "-", "{boot}-99", "{boot}-", "{boot}--1", "{boot}-1²", "{boot}-" + "9" * 80]
)
def test_an_id_that_says_nothing_gives_a_reset(event_id: str) -> None:
    hub = LiveHub()
    publish(hub, "a", "b")
    subscription = hub.subscribe(VIEWER, event_id.format(boot=hub.boot))
    assert names(taken(subscription)) == ["reset"]


def test_two_starts_never_have_the_same_ids() -> None:
    assert LiveHub().boot != LiveHub().boot


def test_what_is_kept_is_bounded_in_bytes() -> None:
    hub = LiveHub(kept_bytes=10_000)
    first_id = hub.subscribe(VIEWER).event_id or ""
    hub.publish("run", {"message": "x" * 9_000})
    assert len(taken(hub.subscribe(VIEWER, first_id))[0].data["message"]) == 9_000
    hub.publish("run", {"message": "y" * 9_000})
    assert names(taken(hub.subscribe(VIEWER, first_id))) == ["reset"]


def test_a_stream_that_falls_out_of_what_is_kept_is_reset() -> None:
    hub = LiveHub()
    subscription = hub.subscribe(VIEWER)
    publish(hub, *range(KEPT_EVENTS + 1))
    assert names(taken(subscription)) == ["reset"]
    assert subscription.end_reason is None, "it did nothing wrong: all came in one moment"


def test_a_role_sees_what_it_may_see_also_when_it_resumes() -> None:
    hub = LiveHub()
    viewer, admin = hub.subscribe(VIEWER), hub.subscribe(ADMIN)
    start = viewer.event_id or ""
    publish(hub, "a")
    hub.publish("access", {}, Role.ADMIN)
    publish(hub, "b")
    assert names(taken(viewer)) == ["a", "b"]
    assert names(taken(admin)) == ["a", "access", "b"]
    assert names(taken(hub.subscribe(VIEWER, start))) == ["a", "b"]


def test_portions_are_small_however_much_there_is() -> None:
    hub = LiveHub()
    subscription = hub.subscribe(VIEWER)
    for _ in range(10):
        hub.publish("run", {"message": "x" * 30_000})
    sizes = []
    while part := subscription.take():
        sizes.append(len(part))
    assert len(sizes) >= 3
    assert max(sizes) < 130_000


def test_one_caller_has_a_limited_number_of_streams() -> None:
    hub = LiveHub()
    streams = [hub.subscribe(VIEWER) for _ in range(STREAMS_PER_PRINCIPAL)]
    with pytest.raises(TooManyStreams):
        hub.subscribe(VIEWER)
    hub.subscribe(ADMIN)
    streams[0].close()
    streams[0].close()
    hub.subscribe(VIEWER)
    with pytest.raises(TooManyStreams):
        hub.subscribe(VIEWER)


def test_who_hangs_and_falls_behind_is_cut_alone() -> None:
    hub = LiveHub()
    hanging, waiting = hub.subscribe(VIEWER), hub.subscribe(VIEWER)
    hanging.is_writing = True
    reasons = []
    for count in (BEHIND_EVENTS, 1):
        publish(hub, *range(count))
        reasons.append((hanging.end_reason, waiting.end_reason))
    assert reasons == [(None, None), ("slow", None)]
    assert len(taken(waiting)) == BEHIND_EVENTS + 1


def test_a_closed_hub_ends_every_stream_and_lets_nobody_in() -> None:
    hub = LiveHub()
    streams = [hub.subscribe(VIEWER), hub.subscribe(ADMIN)]
    hub.close()
    assert [stream.end_reason for stream in streams] == ["shutdown", "shutdown"]
    with pytest.raises(LiveClosed):
        hub.subscribe(VIEWER)


def test_the_first_reason_to_end_counts() -> None:
    hub = LiveHub()
    stream = hub.subscribe(VIEWER)
    stream.end("revoked")
    hub.close()
    assert stream.end_reason == "revoked"


def test_events_reach_who_may_see_the_server_that_they_are_about() -> None:
    hub, bus = LiveHub(), EventBus()
    feed(hub, bus)
    of_home = Principal("token", "3", "one", Role.NONE, on={"home": Role.VIEWER})
    of_all, of_one = hub.subscribe(VIEWER), hub.subscribe(of_home)
    of_none = hub.subscribe(Principal("token", "4", "nobody", Role.NONE))
    for server_id in ("home", "away", None):
        bus.publish(RunChanged("job", "running", None, {"job_id": "job", "server_id": server_id}))
    for server_id in ("home", "away"):
        bus.publish(ServerChanged(server_id))
    bus.publish(JobChanged("job"))
    bus.publish(OverviewChanged())
    bus.publish(AccessChanged())
    told = [(message.event, message.data.get("server_id")) for message in taken(of_one)]
    assert told == [("run", "home"), ("server", "home"), ("overview", None)]
    assert len(taken(of_all)) == 7
    assert taken(of_none) == []
