"""What is to be told is stored first, sent in order, tried again, gathered, and never forgotten."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.clocks import FixedClock
from tests.notifications.posts import MINUTE, Post, notices
from tests.waiting import until
from vintagestory_api.notifications.in_store import in_store
from vintagestory_api.notifications.records import NOTICES_KEPT, Delivery
from vintagestory_api.notifications.timing import PER_HOUR
from vintagestory_api.schedules.schemas import QuietHours
from vintagestory_api.storage.database import Database


@pytest.fixture
async def post(database: Database) -> AsyncIterator[Post]:
    post = Post(database)
    await post.outbox.start()
    yield post
    await post.outbox.close()


async def test_each_target_gets_what_it_wants_at_once(post: Post) -> None:
    await post.add("phone")
    await post.add("log", rules=[{"min_severity": "critical"}])
    await post.outbox.put(notices("a"))
    await post.until_sent("a")
    assert post.sender.sent[0][0] == "json://phone"
    (delivery,) = await post.until_states("sent")
    assert (delivery.target_name, delivery.title, delivery.text, delivery.attempts) == ("phone", "a", "About a.", 1)
    assert post.outbox.targets["phone"].last_sent_at == post.clock.now


async def test_with_no_target_nothing_is_stored(post: Post) -> None:
    await post.outbox.put(notices("a"))
    assert await post.states() == []


async def test_a_target_that_fails_is_tried_again_and_then_given_up(post: Post) -> None:
    gave_up: list[Any] = []
    post.outbox.gave_up = lambda target, problem: gave_up.append((target.id, problem))
    await post.add("phone")
    post.sender.problem = "HTTP 500"
    await post.outbox.put(notices("a"))
    for tries, pause in enumerate((1, 5, 15, 60), start=1):
        await until(lambda tries=tries: post.sender.tries == tries)  # type: ignore[misc]
        (delivery,) = await post.until_states("waiting")
        assert delivery.next_try_at == post.clock.now + pause * MINUTE
        assert delivery.error == "HTTP 500"
        await post.pass_time(pause - 0.01)
        assert post.sender.tries == tries
        await post.pass_time(0.01)
    (delivery,) = await post.until_states("failed")
    assert (delivery.attempts, delivery.error) == (5, "HTTP 500")
    assert post.outbox.targets["phone"].last_problem == "HTTP 500"
    await until(lambda: gave_up == [("phone", "HTTP 500")])


async def test_while_a_target_fails_the_rest_is_gathered_behind_it(post: Post) -> None:
    await post.add("phone")
    post.sender.problem = "HTTP 500"
    await post.outbox.put(notices("first"))
    await until(lambda: post.sender.tries == 1)
    await post.until_states("waiting")
    await post.outbox.put(notices("b"))
    await post.outbox.put(notices("c", "d", severity="critical"))
    assert post.sender.tries == 1, "nothing overtakes what is tried again"
    post.sender.problem = None
    await post.pass_time(1)
    await post.until_sent("first", "3 notices: 2 critical, 1 warning")
    assert post.outbox.targets["phone"].last_problem is None
    await post.until_states("sent", "sent")


async def test_what_is_urgent_does_not_wait_an_hour_for_a_target_that_works_again(post: Post) -> None:
    await post.add("phone")
    post.sender.problem = "HTTP 500"
    await post.outbox.put(notices("first"))

    async def until_tried(tries: int) -> None:
        await until(lambda: [(one.attempts, one.is_under_way) for one in post.outbox._waiting.values()] == [(tries, False)])

    for tries, pause in enumerate((1, 5, 15), start=1):
        await until_tried(tries)
        await post.pass_time(pause)
    await until_tried(4)
    post.sender.problem = None
    await post.pass_time(5)
    await post.outbox.put(notices("b"))
    assert post.sender.tries == 4, "what is not urgent waits for the next try"
    due = {post.outbox.due_at(delivery) for delivery in await post.deliveries()}
    assert due == {post.clock.now + 55 * MINUTE}, "and says so"
    await post.outbox.put(notices("c", severity="critical"))
    await post.until_sent("first", "2 notices: 1 critical, 1 warning")


async def test_a_target_without_an_address_is_given_up_at_once(post: Post) -> None:
    await post.add("phone")
    post.outbox._address_of = lambda _target_id: None
    await post.outbox.put(notices("a"))
    (delivery,) = await post.until_states("failed")
    assert delivery.error is not None
    assert "Enter it again" in delivery.error


async def test_another_address_is_tried_at_once(post: Post) -> None:
    await post.add("phone")
    post.sender.problem = "HTTP 401"
    await post.outbox.put(notices("a"))
    await until(lambda: post.sender.tries == 1)
    await post.until_states("waiting")
    post.sender.problem = None
    await post.outbox.try_now("phone")
    await post.until_sent("a")


async def test_nothing_is_lost_while_it_is_not_known_who_wants_what(database: Database) -> None:
    early, post = Post(database), Post(database)
    await early.add("phone")
    putting = asyncio.create_task(post.outbox.put(notices("a")))
    await asyncio.sleep(0)
    assert not putting.done()
    await post.outbox.start()
    await putting
    await post.until_sent("a")
    await post.outbox.close()


async def test_one_target_that_hangs_holds_up_no_other(post: Post) -> None:
    await post.add("phone")
    await post.add("log")
    free = asyncio.Event()
    send = post.sender.send

    async def hang_on_the_phone(address: str, message: Any) -> str | None:
        if address == "json://phone":
            await free.wait()
        return await send(address, message)

    post.sender.send = hang_on_the_phone  # type: ignore[method-assign]
    await post.outbox.put(notices("a"))
    await until(lambda: [address for address, _ in post.sender.sent] == ["json://log"])
    free.set()
    await post.until_states("sent", "sent")


async def test_a_digest_is_one_message(post: Post) -> None:
    await post.add("phone", digest_minutes=30)
    await post.outbox.put(notices("a"))
    await post.pass_time(10)
    await post.outbox.put(notices("b"))
    await post.outbox.put(notices("c", severity="critical"))
    await post.until_sent("c")
    await post.pass_time(19.9)
    assert post.sender.tries == 1
    await post.pass_time(0.2)
    await post.until_sent("c", "2 notices: 2 warning")


async def test_what_is_over_before_it_was_told_is_told_once(post: Post) -> None:
    await post.add("phone", digest_minutes=30)
    await post.outbox.put(notices("a", key="server_hung:a", phase="new"))
    await post.outbox.put(notices("a", key="server_hung:a", phase="over"))
    await post.pass_time(30)
    await post.until_sent("Over: a")


async def test_quiet_hours_hold_messages_up(database: Database) -> None:
    night = FixedClock(1_780_012_800_000)  # 2026-05-29 00:00 UTC
    post = Post(database, night)
    await post.outbox.start()
    try:
        await post.add("phone", quiet_hours=QuietHours(begin="22:00", end="07:00"))
        await post.outbox.put(notices("a"))
        await post.outbox.put(notices("b", severity="critical"))
        await post.until_sent("b")
        await post.pass_time(7 * 60 - 1)
        assert post.sender.tries == 1
        await post.pass_time(1)
        await post.until_sent("b", "a")
    finally:
        await post.outbox.close()


async def test_another_try_waits_for_the_end_of_quiet_hours_too(database: Database) -> None:
    evening = FixedClock(1_780_005_480_000)  # 2026-05-28 21:58 UTC
    post = Post(database, evening)
    await post.outbox.start()
    try:
        await post.add("phone", quiet_hours=QuietHours(begin="22:00", end="07:00"))
        post.sender.problem = "HTTP 500"
        await post.outbox.put(notices("a"))
        await until(lambda: post.outbox.targets["phone"].last_problem is not None)
        await post.pass_time(1)
        await until(lambda: post.sender.tries == 2)
        # 07:00, and not 22:04.
        await until(lambda: [one.next_try_at for one in post.outbox._waiting.values()] == [1_780_038_000_000])
    finally:
        await post.outbox.close()


async def test_a_sender_that_breaks_down_is_a_failure_like_others(post: Post) -> None:
    await post.add("phone")
    post.sender.breaks_with = ZeroDivisionError("oh")
    await post.outbox.put(notices("a"))
    await until(lambda: post.outbox.targets["phone"].last_problem is not None)
    assert "ZeroDivisionError" in (post.outbox.targets["phone"].last_problem or "")
    assert post.sender.tries == 1, "not again and again"
    post.sender.breaks_with = None
    await post.pass_time(1)
    await post.until_sent("a")


async def test_the_same_kind_again_comes_as_one_summary(post: Post) -> None:
    await post.add("phone", rules=[{"kinds": ["player_joined"]}])
    await post.outbox.put(notices("Anna joined", kind="player_joined", severity="info", server_id="town"))
    await post.until_states("sent")
    for number in range(40):
        await post.outbox.put(notices(f"Guest {number} joined", kind="player_joined", severity="info", server_id="town"))
    await post.pass_time(5)
    await post.until_sent("Anna joined", "40 notices")
    assert post.sender.sent[1][1].text.splitlines()[-1] == "… and 32 more"
    assert len((await post.deliveries())[1].notices) == NOTICES_KEPT


async def test_no_more_than_so_many_messages_in_an_hour(post: Post) -> None:
    await post.add("phone")
    for number in range(PER_HOUR + 5):
        await post.outbox.put(notices(f"n{number}"))
        await until(lambda number=number: post.sender.tries == min(number + 1, PER_HOUR))  # type: ignore[misc]
        await post.until_states(*["sent"] * min(number + 1, PER_HOUR), *(["waiting"] if number >= PER_HOUR else []))
    await post.pass_time(60)
    await until(lambda: post.sender.titles[-1] == "5 notices: 5 warning")
    assert len(post.sender.sent) == PER_HOUR + 1


async def test_reminders_come_as_often_as_was_asked_for(post: Post) -> None:
    await post.add("phone", repeat_minutes=60)
    await post.add("log")
    alert: dict[str, Any] = {"key": "server_hung:a", "kind": "server_hung"}
    await post.outbox.put(notices("a", phase="new", **alert))
    await post.until_states("sent", "sent")
    await post.pass_time(59)
    await post.outbox.put(notices("a", phase="still", at=post.clock.now, **alert))
    assert len(await post.states()) == 2
    await post.pass_time(1)
    await post.outbox.put(notices("a", phase="still", at=post.clock.now, **alert))
    await until(lambda: post.sender.titles == ["a", "a", "Still: a"])
    later = await post.again(after_ms=30 * MINUTE)
    await later.outbox.put(notices("a", phase="still", at=later.clock.now, **alert))
    assert len(await later.states()) == 3, "a restart reminds nobody too early"
    await later.outbox.close()


async def test_only_who_heard_of_it_hears_that_it_is_over(post: Post) -> None:
    alert: dict[str, Any] = {"key": "server_hung:a"}
    await post.add("phone")
    await post.outbox.put(notices("a", phase="new", **alert))
    await post.until_sent("a")
    await post.add("log")
    await post.outbox.put(notices("a", phase="over", at=post.clock.now, **alert))
    await post.pass_time(5)
    await post.until_sent("a", "Over: a")
    assert {address for address, _ in post.sender.sent} == {"json://phone"}


async def test_what_waits_survives_a_restart(post: Post) -> None:
    await post.add("phone", digest_minutes=30)
    await post.outbox.put(notices("a", "b"))
    later = await post.again(after_ms=20 * MINUTE)
    await later.outbox.put(notices("c"))
    await later.pass_time(10)
    await later.until_sent("3 notices: 3 warning")
    await later.outbox.close()


async def test_what_was_being_sent_when_the_manager_died_is_sent_again_with_a_note(post: Post, database: Database) -> None:
    await post.add("phone")
    post.sender.may_go.clear()
    await post.outbox.put(notices("a"))
    await until(lambda: post.sender.tries == 1)
    later = Post(database, post.clock)  # the first is not closed: it was killed
    await later.outbox.start()
    await later.until_sent("a")
    assert "Perhaps you got this before" in later.sender.sent[0][1].text
    await later.until_states("sent")
    await later.outbox.close()


async def test_a_failed_transaction_tells_nobody(post: Post) -> None:
    await post.add("phone")

    def fail(_store: Any) -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        await post.outbox.put(notices("a"), fail)
    assert await post.states() == []
    await post.outbox.put(notices("b"))
    await post.until_sent("b")


async def test_what_waits_for_a_target_that_goes_is_dropped_and_says_so(post: Post) -> None:
    target = await post.add("phone", digest_minutes=30)
    await post.outbox.put(notices("a"))
    del post.outbox.targets[target.id]
    await post.outbox.drop(target.id, "The target was removed.")
    (delivery,) = await post.deliveries()
    assert (delivery.state, delivery.error) == ("dropped", "The target was removed.")


async def test_old_deliveries_are_forgotten_and_those_that_wait_are_not(post: Post) -> None:
    await post.add("phone", digest_minutes=1440)
    old = [Delivery("phone", "phone", 1000 + number, tuple(notices("x")), state="sent") for number in range(5)]
    await in_store(post.database, lambda store: store.save_deliveries(old))
    await post.outbox.put(notices("waits"))
    assert await in_store(post.database, lambda store: store.prune_deliveries(1003, 100)) == 3
    assert await in_store(post.database, lambda store: store.prune_deliveries(0, 2)) == 1
    assert await post.states() == ["sent", "waiting"]
