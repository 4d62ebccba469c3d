"""What waits to be told, target by target: stored before it counts as told, sent one after the other, tried again.

A delivery is stored together with the alert that it tells of, so a manager that is killed in between forgets neither. One that
was being sent when the manager was killed is sent again, with a note: twice is better than never.
"""

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.events import EventBus, NotificationsChanged
from vintagestory_api.kit.clock import Clock
from vintagestory_api.notifications.in_store import in_store
from vintagestory_api.notifications.records import Delivery, Notice, TargetRecord
from vintagestory_api.notifications.sending import Message, Sender
from vintagestory_api.notifications.timing import Told, is_wanted, not_quiet_at, release_at, try_again_at
from vintagestory_api.notifications.wording import compose
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.notifications.store import NotificationStore

log = structlog.get_logger(__name__)

_HOUR_MS: Final = 3_600_000
#: At most so many children at the same time, and one for each target.
_AT_ONCE: Final = 3
_LONGEST_SLEEP_SECONDS: Final = 60.0
_STORE_AGAIN_SECONDS: Final = 2.0
_BROKEN_AGAIN_MS: Final = 600_000
#: What is urgent brings the next try forward, so long after the last one.
_TRIED_SOONER_MS: Final = 60_000
#: What is under way when the manager ends has so long to arrive.
_CLOSE_SECONDS: Final = 3.0
#: More single messages than this never wait for one target: what else comes is gathered in the last of them.
_WAITING_OF_A_TARGET: Final = 50
#: Of all targets together; older ones that don't wait are deleted.
DELIVERIES_KEPT: Final = 5000

#: So many of the latest deliveries are looked at after a restart to know who was told of what is still open.
_REMEMBERED: Final = 1000

Alongside = Callable[["NotificationStore"], None]


class Outbox:
    """`address_of` reads the secret address of a target, blocking, None where there is none. `gave_up` hears of what could not be
    delivered, `arrived` of what was: the target, and the problem."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        bus: EventBus,
        *,
        address_of: Callable[[str], str | None],
        public_url: Callable[[], str],
        sender: Sender,
    ) -> None:
        self._database = database
        self._clock = clock
        self._bus = bus
        self._address_of = address_of
        self._public_url = public_url
        self._sender = sender
        self.gave_up: Callable[[TargetRecord, str], None] = lambda _target, _problem: None
        self.arrived: Callable[[TargetRecord], None] = lambda _target: None
        self.targets: dict[str, TargetRecord] = {}
        self._waiting: dict[str, Delivery] = {}
        self._told: dict[str, list[Told]] = {}
        #: Target and key of a notice → when that was told last.
        self._told_of: dict[tuple[str, str], int] = {}
        #: Target → when a message to it was tried last.
        self._tried_at: dict[str, int] = {}
        #: Of one planning or taking at a time, so that nothing joins a message that is leaving.
        self._planning = asyncio.Lock()
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._pump: asyncio.Task[None] | None = None
        self._is_open = asyncio.Event()
        self._is_closing = False

    # Life

    async def start(self) -> None:
        """Read what waits, and begin to send. Raises `DatabaseUnavailable`; may be tried again."""
        if self._pump is not None:
            return
        since = self._clock.now_ms() - _HOUR_MS

        def read(store: "NotificationStore") -> tuple[list[TargetRecord], list[Delivery], list[Delivery]]:
            store.prune_deliveries(0, DELIVERIES_KEPT)
            latest = store.deliveries(target_id=None, before=None, limit=_REMEMBERED)
            return store.targets(), store.waiting_deliveries(), latest[::-1]

        targets, waiting, latest = await in_store(self._database, read)
        self.targets = {target.id: target for target in targets}
        self._waiting = {delivery.id: _after_a_restart(delivery, self._clock.now_ms()) for delivery in waiting}
        for delivery in (*latest, *waiting):
            if delivery.state == "sent" and delivery.at >= since:
                self._told.setdefault(delivery.target_id, []).append(_told(delivery))
            for notice in delivery.notices:
                self._remember(delivery.target_id, notice)
        self._pump = asyncio.create_task(self._send_what_is_due(), context=contextvars.Context())
        self._is_open.set()
        self._bus.publish(NotificationsChanged())

    async def opened(self) -> None:
        """Returns once it is known what waits, and who wants what. Raises `DatabaseUnavailable` where that can't be."""
        if not self._is_open.is_set():
            await self._database.engine()
            await self._is_open.wait()

    async def close(self) -> None:
        self._is_closing = True
        if self._sending:
            await asyncio.wait(self._sending.values(), timeout=_CLOSE_SECONDS)
        tasks = [task for task in (self._pump, *self._sending.values()) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    # Telling

    async def put(self, notices: Sequence[Notice], alongside: Alongside | None = None) -> None:
        """Store messages of `notices` for whoever wants them, and what `alongside` stores, in one transaction.

        Waits until it is known who wants what. Raises what the database raises; then nothing is stored.
        """
        await self.opened()
        async with self._planning:
            changed = self._plan(notices)
            if not changed and alongside is None:
                return

            def store(store: "NotificationStore") -> None:
                if alongside is not None:
                    alongside(store)
                store.save_deliveries(changed.values())

            await in_store(self._database, store)
            self._waiting |= changed
            for delivery in changed.values():
                for notice in delivery.notices:
                    self._remember(delivery.target_id, notice)
        if changed:
            self._wake.set()
            self._bus.publish(NotificationsChanged())

    def _plan(self, notices: Iterable[Notice]) -> dict[str, Delivery]:
        changed: dict[str, Delivery] = {}
        for notice in notices:
            for target in self.targets.values():
                if is_wanted(target.options, notice) and self._is_news(target, notice):
                    delivery = self._placed(target, notice, {**self._waiting, **changed})
                    changed[delivery.id] = delivery
                    if notice.is_urgent and (sooner := self._tried_sooner(target.id, {**self._waiting, **changed})):
                        changed[sooner.id] = sooner
        return changed

    def _tried_sooner(self, target_id: str, waiting: Mapping[str, Delivery]) -> Delivery | None:
        """What is urgent has to wait behind a message that could not be sent: that is tried now, and the try does not count."""
        now_ms = self._clock.now_ms()
        if now_ms - self._tried_at.get(target_id, 0) < _TRIED_SOONER_MS:
            return None
        for held in waiting.values():
            if held.target_id == target_id and held.attempts and not held.is_under_way and (held.next_try_at or 0) > now_ms:
                return held.changed(next_try_at=now_ms, attempts=max(1, held.attempts - 1))
        return None

    def _is_news(self, target: TargetRecord, notice: Notice) -> bool:
        """Only who heard of it hears that it is over; who wants to be reminded is, once the time has passed."""
        told_at = self._told_of.get((target.id, notice.key))
        if notice.phase == "over":
            return told_at is not None
        if notice.phase == "still":
            every_ms = target.options.repeat_minutes * 60_000
            return every_ms > 0 and (told_at is None or notice.at - told_at >= every_ms)
        return True

    def _remember(self, target_id: str, notice: Notice) -> None:
        if not notice.key:
            return
        if notice.phase == "over":
            self._told_of.pop((target_id, notice.key), None)
        else:
            self._told_of[target_id, notice.key] = notice.at

    def _placed(self, target: TargetRecord, notice: Notice, waiting: dict[str, Delivery]) -> Delivery:
        """In a message of its own, or in the one that gathers."""
        now_ms = self._clock.now_ms()
        mine = [delivery for delivery in waiting.values() if delivery.target_id == target.id]
        gathering = next((delivery for delivery in mine if delivery.is_gathering), None)
        release = release_at(target.options, notice, [*self._told.get(target.id, ()), *map(_told, mine)], now_ms)
        is_held_up = any(delivery.attempts for delivery in mine) or len(mine) >= _WAITING_OF_A_TARGET
        if release <= now_ms and not is_held_up:
            return Delivery(target.id, target.name, now_ms, (notice,), next_try_at=now_ms)
        if gathering is None:
            return Delivery(target.id, target.name, now_ms, (notice,), next_try_at=release, is_gathering=True)
        # What is urgent takes the others along.
        return gathering.joined_by(notice).changed(next_try_at=min(release, gathering.next_try_at or release))

    def waiting_of(self, target_id: str) -> int:
        return sum(1 for delivery in self._waiting.values() if delivery.target_id == target_id)

    def due_at(self, delivery: Delivery) -> int | None:
        """When it may leave as far as is known: not before one that is tried again."""
        if delivery.state != "waiting":
            return None
        mine = [other for other in self._waiting.values() if other.target_id == delivery.target_id and other.attempts]
        return max((one.next_try_at or 0 for one in (delivery, *mine)), default=0) or None

    async def try_now(self, target_id: str) -> None:
        """What failed may go well now: the target has another address."""
        async with self._planning:
            changed = [
                delivery.changed(next_try_at=self._clock.now_ms())
                for delivery in self._waiting.values()
                if delivery.target_id == target_id and delivery.attempts and not delivery.is_under_way
            ]
            if changed:
                await in_store(self._database, lambda store: store.save_deliveries(changed))
                self._waiting |= {delivery.id: delivery for delivery in changed}
        self._wake.set()

    async def drop(self, target_id: str, why: str) -> None:
        """Give up what waits for a target."""
        async with self._planning:
            gone = [
                delivery.changed(state="dropped", next_try_at=None, error=why)
                for delivery in self._waiting.values()
                if delivery.target_id == target_id
            ]
            await in_store(self._database, lambda store: store.save_deliveries(gone))
            for delivery in gone:
                del self._waiting[delivery.id]

    def look_now(self) -> None:
        """Something that decides about sending is another than before."""
        self._wake.set()

    def presented(self, delivery: Delivery) -> tuple[str, str]:
        """Title and text: as sent, or as it would be sent now."""
        if delivery.text or delivery.title:
            return delivery.title, delivery.text
        target = self.targets.get(delivery.target_id)
        template = target.options.template if target else None
        zone = target.options.zone if target else "UTC"
        return compose(
            delivery.notices,
            more=delivery.more,
            template=template,
            zone=zone,
            public_url=self._public_url(),
            maybe_twice=delivery.maybe_twice,
        )

    # Sending

    async def _send_what_is_due(self) -> None:
        while True:
            self._wake.clear()
            now_ms = self._clock.now_ms()
            next_at = now_ms + _LONGEST_SLEEP_SECONDS * 1000
            for target in list(self.targets.values()):
                delivery = self._next_of(target.id)
                if delivery is None or target.id in self._sending or not target.options.enabled or self._is_closing:
                    continue
                if (delivery.next_try_at or 0) <= now_ms:
                    self._begin(target.id, delivery.id)
                else:
                    next_at = min(next_at, delivery.next_try_at or next_at)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, (next_at - now_ms) / 1000)):
                    await self._wake.wait()

    def _next_of(self, target_id: str) -> Delivery | None:
        """Nothing overtakes a message that is tried again: the target does not work at the moment."""
        mine = [delivery for delivery in self._waiting.values() if delivery.target_id == target_id]
        held_up = [delivery for delivery in mine if delivery.attempts]
        return min(held_up or mine, key=lambda delivery: (delivery.next_try_at or 0, delivery.id), default=None)

    def _begin(self, target_id: str, delivery_id: str) -> None:
        def ended(task: "asyncio.Task[None]") -> None:
            self._sending.pop(target_id, None)
            self._wake.set()
            if not task.cancelled() and (error := task.exception()):
                log.error("notification_not_handled", exc_info=error)
                self._put_off(delivery_id)

        task = asyncio.create_task(self._deliver(delivery_id), context=contextvars.Context())
        self._sending[target_id] = task
        task.add_done_callback(ended)

    def _put_off(self, delivery_id: str) -> None:
        """It broke us: not again at once, and the others go on."""
        if (delivery := self._waiting.get(delivery_id)) is not None:
            later = self._clock.now_ms() + _BROKEN_AGAIN_MS
            self._waiting[delivery_id] = delivery.changed(is_under_way=False, next_try_at=later)

    async def _deliver(self, delivery_id: str) -> None:
        async with self._slots:
            delivery = await self._take(delivery_id)
            if delivery is None:
                return
            problem, is_hopeless = await self._try(delivery)
            await self._note(delivery, problem, is_hopeless=is_hopeless)

    async def _take(self, delivery_id: str) -> Delivery | None:
        """From here on nothing joins it; its words are those that are sent."""
        async with self._planning:
            delivery = self._waiting.get(delivery_id)
            if delivery is None:
                return None
            if not delivery.attempts or delivery.maybe_twice:
                title, text = self.presented(delivery.changed(title="", text=""))
                delivery = delivery.changed(title=title, text=text)
            delivery = delivery.changed(is_gathering=False, is_under_way=True, attempts=delivery.attempts + 1)
            await self._store(delivery)
            self._waiting[delivery.id] = delivery
            return delivery

    async def _try(self, delivery: Delivery) -> tuple[str | None, bool]:
        """What is wrong, None when it has arrived; and whether it can't become right by itself."""
        try:
            address = await asyncio.to_thread(self._address_of, delivery.target_id)
            if address is None:
                return "Its address is not known any more. Enter it again.", True
            severity = min((notice.severity for notice in delivery.notices), key=("critical", "warning", "info").index)
            return await self._sender.send(address, Message(delivery.title, delivery.text, severity)), False
        except ManagerError as error:
            return error.message, False
        except Exception as error:
            log.exception("notification_sender_broke", target=delivery.target_id)
            return f"An error inside the manager ({type(error).__name__}); its log says more.", False

    async def _note(self, delivery: Delivery, problem: str | None, *, is_hopeless: bool) -> None:
        now_ms = self._tried_at[delivery.target_id] = self._clock.now_ms()
        delivery = delivery.changed(is_under_way=False, error=problem)
        if problem is None:
            delivery = delivery.changed(state="sent", next_try_at=None, at=now_ms)
            self._told.setdefault(delivery.target_id, []).append(_told(delivery))
        else:
            again = None if is_hopeless else try_again_at(delivery.attempts, now_ms)
            delivery = delivery.changed(state="waiting" if again else "failed", next_try_at=again)
            log.warning("notification_not_sent", target=delivery.target_id, attempts=delivery.attempts, problem=problem)
        self._told[delivery.target_id] = [told for told in self._told.get(delivery.target_id, ()) if now_ms - told.at < _HOUR_MS]
        async with self._planning:
            target = self.targets.get(delivery.target_id)
            if target is not None and delivery.next_try_at is not None and not any(one.is_urgent for one in delivery.notices):
                delivery = delivery.changed(next_try_at=not_quiet_at(target.options, delivery.next_try_at))
            if target is None:
                delivery = delivery.changed(state=delivery.state if problem is None else "dropped", next_try_at=None)
            else:
                target = target.changed(last_problem=problem, last_sent_at=now_ms if problem is None else target.last_sent_at)
                self.targets[target.id] = target
            if delivery.state == "waiting":
                self._waiting[delivery.id] = delivery
            else:
                self._waiting.pop(delivery.id, None)
            await self._store(delivery, target)
        self._bus.publish(NotificationsChanged())
        if target is not None and delivery.state == "failed":
            self.gave_up(target, problem or "")
        elif target is not None and delivery.state == "sent":
            self.arrived(target)

    async def _store(self, delivery: Delivery, target: TargetRecord | None = None) -> None:
        """Until it is stored: what was sent must not be forgotten, and nothing is sent that is not stored as being under way."""

        def save(store: "NotificationStore") -> None:
            store.save_deliveries([delivery])
            if target is not None:
                store.save_target(target)

        while True:
            try:
                await in_store(self._database, save)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the disk or the database: it is tried again
                log.warning("notification_not_stored", error=str(error))
                await asyncio.sleep(_STORE_AGAIN_SECONDS)
            else:
                return


def _told(delivery: Delivery) -> Told:
    return Told(delivery.at, frozenset((notice.kind, notice.server_id) for notice in delivery.notices))


def _after_a_restart(delivery: Delivery, now_ms: int) -> Delivery:
    """One that was under way may have arrived or not."""
    if not delivery.is_under_way:
        return delivery
    changes: dict[str, Any] = {"is_under_way": False, "maybe_twice": True, "next_try_at": now_ms}
    return delivery.changed(**changes)
