"""Alerts are raised once, counted, closed, seen by people, and survive a restart of the manager."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.notifications.posts import HOUR, MINUTE, Post
from tests.waiting import ended, until
from vintagestory_api.events import (
    AlertsChanged,
    BackupMade,
    BackupsChanged,
    Event,
    RunChanged,
    ServerChanged,
    ServerNoted,
    ServerTold,
    UpdateEnded,
)
from vintagestory_api.jobs.base import safe_job
from vintagestory_api.notifications.alert_rules import BackupFacts, BrokenSchedule, ServerState
from vintagestory_api.notifications.alert_views import AlertNotFound
from vintagestory_api.notifications.alerts import Alerts
from vintagestory_api.notifications.around import Around
from vintagestory_api.notifications.broken_backups import BrokenBackup
from vintagestory_api.notifications.in_store import in_store
from vintagestory_api.notifications.schemas import AlertSettings
from vintagestory_api.notifications.service import InvalidCursor
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.servers.line_events import PlayerJoined
from vintagestory_api.services.run_execution import JobPolicy
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.storage.database import Database


class House:
    """A manager, as far as alerts see it. The clock stands still until a test moves it."""

    def __init__(self, post: Post, ledger: RunsLedger, scheduler: SchedulerService) -> None:
        self.post = post
        self.ledger = ledger
        self.scheduler = scheduler
        self.servers = [server()]
        self.settings = AlertSettings()
        self.backups: list[BackupFacts] = []
        self.broken_backups: dict[str, list[BrokenBackup]] = {}
        self.updates: dict[str, str | None] = {}
        self.schedules: dict[str, str] = {}
        self.broken: list[BrokenSchedule] = []
        self.heard: list[Event] = []
        post.bus.subscribe(self.heard.append)
        self.alerts = Alerts(post.database, post.clock, post.bus, ledger, post.outbox, self._around())

    def _around(self) -> Around:
        async def backups() -> list[BackupFacts]:
            return self.backups

        async def broken_backups() -> dict[str, list[BrokenBackup]]:
            return self.broken_backups

        async def updates() -> dict[str, str | None]:
            return self.updates

        return Around(
            servers=lambda: self.servers,
            scheduler=lambda: self.scheduler,
            settings=lambda: self.settings,
            backups=backups,
            broken_backups=broken_backups,
            updates=updates,
            schedule_title=self.title_of,
            broken_schedules=lambda: self.broken,
        )

    def title_of(self, job_id: str) -> str | None:
        return self.schedules.get(job_id)

    async def open(self) -> "House":
        await self.post.outbox.start()
        self.alerts.listen()
        await self.alerts.start()
        await self.alerts.settled()
        return self

    async def close(self) -> None:
        await self.alerts.close()
        await self.post.outbox.close()

    async def again(self) -> "House":
        """The manager was restarted."""
        await self.close()
        house = House(Post(self.post.database, self.post.clock), self.ledger, self.scheduler)
        house.servers, house.settings, house.backups = self.servers, self.settings, self.backups
        house.schedules = self.schedules
        return await house.open()

    async def tell(self, *events: Event) -> None:
        for event in events:
            self.post.bus.publish(event)
        await self.alerts.settled()

    async def note(self, *kinds: str, **details: Any) -> None:
        await self.tell(*(ServerNoted("town", kind, self.post.clock.now, None, details) for kind in kinds))

    async def look(self) -> None:
        self.alerts.look_now()
        await self.alerts.settled()

    @property
    def open_keys(self) -> list[str]:
        return [alert.key for alert in self.alerts.open_alerts]


def server(**fields: Any) -> ServerState:
    defaults: dict[str, Any] = {
        "id": "town", "name": "Town", "state": "running", "is_wanted": True, "is_hung": False, "gave_up": False, "failure": None,
    }  # fmt: skip
    return ServerState(**{**defaults, **fields})


@pytest.fixture
async def house(database: Database, ledger: RunsLedger, started: Callable[..., SchedulerService]) -> AsyncIterator[House]:
    post = Post(database)
    scheduler = started(ledger=ledger, bus=post.bus, policies={"refresh": JobPolicy(title="Refresh")})
    house = House(post, ledger, scheduler)
    yield await house.open()
    await house.close()


# Raised, counted, closed


async def test_a_crash_is_raised_once_counted_and_closed_when_the_server_is_ready(house: House) -> None:
    await house.post.add("phone")
    await house.note("crashed", "crashed", "crashed", summary="A critical error.")
    assert house.open_keys == ["server_crashed:town"]
    (alert,) = house.alerts.open_alerts
    assert (alert.count, alert.title, alert.server_id) == (3, "Town crashed", "town")
    await house.post.until_sent("Town crashed")
    await house.note("ready")
    assert house.open_keys == []
    await house.post.pass_time(5)
    await house.post.until_sent("Town crashed", "Over: Town crashed")
    assert house.post.sender.sent[1][1].text == "It is over.\nIt happened 2 more times since."
    assert sum(isinstance(event, AlertsChanged) for event in house.heard) >= 2


async def test_by_default_nobody_hears_anything_while_all_is_well(house: House) -> None:
    await house.post.add("phone")
    await house.note("started", "ready", "stopped")
    await house.tell(BackupMade("town", "b1", "scheduled", "verified", 1), UpdateEnded("town", "u1", "updated", "Done."))
    await house.look()
    assert (house.open_keys, await house.post.states()) == ([], [])


async def test_a_server_that_is_gone_takes_its_alerts_along_and_nobody_is_told(house: House) -> None:
    await house.post.add("phone")
    await house.note("crashed")
    await house.post.until_sent("Town crashed")
    house.servers = []
    await house.look()
    assert house.open_keys == []
    assert house.post.sender.titles == ["Town crashed"]
    page = await house.alerts.page(is_open=None, server_id=None, limit=10, cursor="")
    assert [alert.closed_at is not None for alert in page.items] == [True]


async def test_what_no_event_told_is_found_by_looking(house: House) -> None:
    house.servers = [server(state="crashed", gave_up=True, failure="It ended 4 times.")]
    await house.tell(ServerChanged("town"))
    assert house.open_keys == ["server_gave_up:town"]
    house.servers = [server(state="stopped", is_wanted=False)]
    await house.tell(ServerChanged("town"), ServerChanged("town"))
    assert house.open_keys == []


async def test_a_schedule_that_can_not_run_at_all_is_loud_until_it_is_mended_or_turned_off(house: House) -> None:
    house.schedules = {"schedule:s1": "Nightly (Town)"}
    house.broken = [BrokenSchedule("schedule:s1", "Nightly (Town)", "town", "There is no time zone 'Mars/Olympus'.")]
    await house.look()
    await house.look()
    (alert,) = house.alerts.open_alerts
    assert (alert.title, alert.count, alert.server_id) == ("Can't run: Nightly (Town)", 1, "town")
    assert "Mars/Olympus" in alert.text
    house.broken = []
    await house.look()
    assert house.open_keys == []


async def test_backups_and_updates_are_looked_at(house: House) -> None:
    house.backups = [BackupFacts("town", "Town", 0, None, ran_since=True, drill_failed=True)]
    house.updates = {"town": "Version 1.22.7 is out."}
    await house.look()
    await house.look()
    assert house.open_keys == ["backup_overdue:town", "drill_failed:town", "update_available:town"]
    assert [alert.count for alert in house.alerts.open_alerts] == [1, 1, 1]
    await house.tell(BackupMade("town", "b1", "manual", "verified", 1))
    assert "backup_overdue:town" not in house.open_keys
    house.backups, house.updates = [BackupFacts("town", "Town", 0, house.post.clock.now, ran_since=False)], {"town": None}
    await house.look()
    assert house.open_keys == []


def broken(*ids: str, is_newest: bool = True) -> list[BrokenBackup]:
    gone = "Its file is not there any more."
    return [BrokenBackup(one, f"{one}.tar.zst", gone, is_gone=True, is_newest=is_newest) for one in ids]


async def test_a_backup_that_is_lost_is_told_once_by_its_name_until_it_is_back_or_deleted(house: House) -> None:
    await house.post.add("phone")
    house.broken_backups = {"town": broken("b1")}
    await house.tell(BackupsChanged("town"), BackupsChanged("town"))
    await house.look()
    (alert,) = house.alerts.open_alerts
    assert (alert.key, alert.severity, alert.count, alert.server_id) == ("backup_broken:b1", "critical", 1, "town")
    assert "b1.tar.zst" in alert.text
    assert "back the server up now" in alert.text
    house.broken_backups = {}
    await house.look()
    assert house.open_keys == ["backup_broken:b1"], "nobody can say"
    house.broken_backups = {"town": broken("b1", is_newest=False)}
    await house.tell(BackupsChanged("town"))
    assert [(alert.severity, "now" in alert.text) for alert in house.alerts.open_alerts] == [("warning", False)]
    house.broken_backups = {"town": []}
    await house.tell(BackupsChanged("town"))
    assert house.open_keys == []
    await house.post.pass_time(5)
    await house.post.until_sent("Backup lost: Town", "Over: Backup lost: Town")


async def test_many_lost_backups_are_one_alert(house: House) -> None:
    house.broken_backups = {"town": broken("b1", "b2")}
    await house.look()
    assert house.open_keys == ["backup_broken:b1", "backup_broken:b2"]
    house.broken_backups = {"town": broken(*(f"b{number}" for number in range(40)))}
    await house.look()
    (alert,) = house.alerts.open_alerts
    assert alert.key == "backup_broken:town"
    assert alert.text.startswith("40 backups can't be put back")


async def test_players_are_told_to_who_asked_for_it(house: House) -> None:
    await house.post.add("phone", rules=[{"kinds": ["player_joined"]}])
    joined = ServerTold("town", "i1", 7, house.post.clock.now, PlayerJoined("@everyone"))
    await house.tell(joined)
    assert await house.post.states() == [], "lines are read again after a start"
    house.post.clock.now += 60_000
    await house.tell(joined)
    await until(lambda: len(house.post.sender.sent) == 1)
    assert house.post.sender.titles[0].replace("\N{ZERO WIDTH SPACE}", "") == "@everyone joined Town"
    assert "@everyone" not in house.post.sender.titles[0]


# Jobs


async def run_once(house: House, state: str, job_id: str = "refresh") -> RunRecord:
    @safe_job("refresh")
    async def work() -> None:
        if state == "failed":
            raise ConnectionError("No way there.")

    run = await house.scheduler.run_now(job_id, work)
    stored = await ended(house.ledger, run.id)
    await until(lambda: not house.scheduler.running_job_ids())
    await house.alerts.settled()
    assert stored.state == state
    return stored


@pytest.fixture
def refresh(house: House) -> None:
    async def never() -> None: ...

    house.scheduler.add_cron_job(never, "0 0 29 2 *", "refresh")


@pytest.mark.usefixtures("refresh")
async def test_a_job_that_fails_so_often_in_a_row_is_told_until_it_succeeds(house: House) -> None:
    house.settings = AlertSettings(failures=2)
    await run_once(house, "failed")
    assert house.open_keys == []
    await run_once(house, "failed")
    await run_once(house, "failed")
    assert house.open_keys == ["job_failing:refresh"]
    (alert,) = house.alerts.open_alerts
    assert alert.count == 2
    assert "No way there." in alert.text
    assert alert.title == "Fails: Refresh"
    await run_once(house, "succeeded")
    assert house.open_keys == []


@pytest.mark.usefixtures("refresh")
async def test_failures_of_an_earlier_life_count_and_nothing_is_raised_twice(house: House) -> None:
    house.settings = AlertSettings(failures=3)
    await run_once(house, "failed")
    await run_once(house, "failed")
    later = await house.again()
    later.scheduler._running._bus = later.post.bus
    assert later.open_keys == []
    await run_once(later, "failed")
    assert later.open_keys == ["job_failing:refresh"]
    third = await later.again()
    assert third.open_keys == ["job_failing:refresh"]
    assert third.alerts.open_alerts[0].count == 1
    await third.look()
    assert third.open_keys == ["job_failing:refresh"]
    await third.close()


@pytest.mark.usefixtures("refresh")
async def test_a_job_is_paused_after_so_many_failures_and_told_until_it_is_resumed(house: House) -> None:
    house.settings = AlertSettings(failures=1, pause_after=2)
    await run_once(house, "failed")
    assert house.scheduler.get_job("refresh").paused_reason is None
    await run_once(house, "failed")
    assert house.scheduler.get_job("refresh").paused_reason == "It failed 2 times in a row."
    assert house.open_keys == ["job_failing:refresh", "job_paused:refresh"]
    assert house.alerts.is_critical
    await house.scheduler.resume_job("refresh", "anna")
    await house.alerts.settled()
    assert house.open_keys == ["job_failing:refresh"]
    await run_once(house, "failed")
    assert house.scheduler.get_job("refresh").paused_reason is None, "it gets as many tries as before"


async def test_a_failed_run_of_a_schedule_is_told_and_goes_with_the_schedule(house: House) -> None:
    house.schedules = {"schedule:s1": "Nightly restart (Town)"}
    await run_once(house, "failed", "schedule:s1")
    assert house.open_keys == ["schedule_failed:schedule:s1"]
    assert house.alerts.open_alerts[0].title == "Failed: Nightly restart (Town)"
    await house.look()
    assert house.open_keys == ["schedule_failed:schedule:s1"]
    house.schedules = {}
    await house.look()
    assert house.open_keys == []


async def test_what_only_people_start_raises_nothing(house: House) -> None:
    house.settings = AlertSettings(failures=1)
    await run_once(house, "failed", "server_start")
    assert house.open_keys == []


def missed_run(at: int, job_id: str = "refresh") -> RunChanged:
    run = RunRecord(job_id, "schedule", at, "missed", ended_at=at, reason="manager_away", message="1 tick was missed")
    return RunChanged(job_id, "missed", at, run.public())


@pytest.mark.usefixtures("refresh")
async def test_a_missed_run_is_told_after_the_grace_unless_it_was_caught_up(house: House) -> None:
    await house.tell(missed_run(house.post.clock.now))
    await house.look()
    assert house.open_keys == []
    house.post.clock.now += 10 * MINUTE
    await house.look()
    assert house.open_keys == ["job_missed:refresh"]
    await run_once(house, "succeeded")
    assert house.open_keys == []
    await house.tell(missed_run(house.post.clock.now))
    await run_once(house, "succeeded")
    house.post.clock.now += HOUR
    await house.look()
    assert house.open_keys == []


@pytest.mark.usefixtures("refresh")
async def test_a_missed_run_is_not_forgotten_over_a_restart(house: House) -> None:
    at = house.post.clock.now
    await house.ledger.add(RunRecord("refresh", "schedule", at + 5, "missed", ended_at=at, message="3 ticks were missed"))
    later = await house.again()
    later.post.clock.now += 10 * MINUTE
    await later.look()
    assert later.open_keys == ["job_missed:refresh"]
    assert "3 ticks were missed" in later.alerts.open_alerts[0].text
    await later.close()


async def test_a_schedule_that_was_cut_off_when_the_manager_died_is_told(house: House) -> None:
    lost = RunRecord("schedule:s1", "schedule", 5, "lost", started_at=5, ended_at=house.post.clock.now, server_key="town")
    await house.ledger.claim(lost)
    house.schedules = {"schedule:s1": "Nightly restart (Town)"}
    later = await house.again()
    assert later.open_keys == ["schedule_failed:schedule:s1"]
    assert "The manager died meanwhile" in later.alerts.open_alerts[0].text
    await later.close()


# People, pages, restarts


async def test_who_has_seen_an_alert_is_kept_and_nobody_is_reminded(house: House) -> None:
    await house.post.add("phone", repeat_minutes=10)
    house.servers = [server(state="crashed")]
    await house.note("crashed")
    await house.post.until_sent("Town crashed")
    (alert,) = house.alerts.open_alerts
    house.post.clock.now += 11 * MINUTE
    await house.look()
    await house.post.until_sent("Town crashed", "Still: Town crashed")
    seen = await house.alerts.acknowledge(alert.id, by="anna")
    assert (seen.acknowledged_by, seen.closed_at) == ("anna", None)
    again = await house.alerts.acknowledge(alert.id, by="bob")
    assert again == seen
    house.post.clock.now += 11 * MINUTE
    await house.look()
    assert len(await house.post.states()) == 2
    with pytest.raises(AlertNotFound):
        await house.alerts.acknowledge("nothing", by="anna")


async def test_after_a_restart_nothing_is_raised_twice_and_nothing_forgotten(house: House) -> None:
    await house.post.add("phone")
    await house.note("crashed", "crashed")
    (alert,) = house.alerts.open_alerts
    await house.alerts.acknowledge(alert.id, by="anna")
    await house.post.until_sent("Town crashed")
    house.servers = [server(state="crashed")]
    later = await house.again()
    await later.look()
    assert later.alerts.open_alerts[0].id == alert.id
    assert (later.alerts.open_alerts[0].count, later.alerts.open_alerts[0].acknowledged_by) == (2, "anna")
    assert later.post.sender.tries == 0
    later.post.clock.now += 10 * MINUTE
    await later.note("ready")
    await later.post.until_sent("Over: Town crashed")
    await later.close()


async def test_a_page_shows_open_ones_first_then_the_newest(house: House) -> None:
    for _ in range(3):
        await house.note("crashed", "ready")
    await house.note("hung")
    await house.note("crashed")

    async def walk(limit: int, **options: Any) -> list[tuple[str, bool]]:
        found: list[tuple[str, bool]] = []
        cursor = ""
        while True:
            page = await house.alerts.page(**{"is_open": None, "server_id": None, **options}, limit=limit, cursor=cursor)
            found += [(alert.kind, alert.closed_at is None) for alert in page.items]
            assert page.open_count == 2
            if page.next_cursor is None:
                return found
            cursor = page.next_cursor

    expected = [("server_crashed", True), ("server_hung", True), *[("server_crashed", False)] * 3]
    for limit in (1, 2, 3, 4, 5, 50):
        assert await walk(limit) == expected, limit
    assert await walk(2, is_open=True) == expected[:2]
    assert await walk(2, is_open=False) == expected[2:]
    other = await house.alerts.page(is_open=None, server_id="other", limit=5, cursor="")
    assert (other.items, other.open_count) == ([], 0)
    for cursor in ("nonsense", "open.x", "closed.0199f0c2-7a31-7000-8000-000000000000"):
        with pytest.raises(InvalidCursor):
            await house.alerts.page(is_open=None, server_id=None, limit=5, cursor=cursor)


async def test_a_database_that_can_not_be_written_holds_alerts_up_and_loses_none(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vintagestory_api.notifications.alerts._STORE_AGAIN_SECONDS", 0.01)
    put, failures = house.post.outbox.put, iter(range(3))

    async def fail_at_first(*given: Any) -> None:
        if next(failures, None) is not None:
            raise OSError(28, "No space left on device")
        await put(*given)

    monkeypatch.setattr(house.post.outbox, "put", fail_at_first)
    await house.note("crashed", "hung")
    assert house.open_keys == ["server_crashed:town", "server_hung:town"]
    stored = await in_store(house.post.database, lambda store: store.open_alerts())
    assert [alert.key for alert in stored] == house.open_keys


async def test_a_message_that_could_not_be_delivered_is_told_in_the_manager(house: House) -> None:
    target = await house.post.add("phone")
    house.post.outbox.gave_up(target, "HTTP 500")
    await house.alerts.settled()
    assert house.open_keys == [f"notification_failed:{target.id}"]
    house.post.outbox.arrived(target)
    await house.alerts.settled()
    assert house.open_keys == []


async def test_old_alerts_are_forgotten_and_open_ones_never(house: House) -> None:
    await house.note("hung")
    await house.note("crashed", "ready")
    await house.note("hung")
    house.post.clock.now += 100 * 24 * HOUR
    assert await house.alerts.prune(keep_days=0) == (0, 0)
    assert await house.alerts.prune(keep_days=99) == (2, 0)
    assert house.open_keys == ["server_hung:town"]
    page = await house.alerts.page(is_open=None, server_id=None, limit=5, cursor="")
    assert [alert.kind for alert in page.items] == ["server_hung"]


async def test_a_scheduler_that_sleeps_through_a_tick_is_noticed(house: House) -> None:
    async def never() -> None: ...

    house.scheduler.add_cron_job(never, "0 0 29 2 *", "refresh")
    due = house.scheduler.get_job("refresh").next_run_ms
    assert due is not None
    await house.look()
    house.post.clock.now = due + 10 * MINUTE
    await house.look()
    assert house.open_keys == ["job_missed:refresh"]
    house.scheduler.add_cron_job(never, "0 0 28 2 *", "refresh")
    await run_once(house, "succeeded")
    assert house.open_keys == []
    await house.look()
    assert house.open_keys == [], "what was changed is due at other times"
