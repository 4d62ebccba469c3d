"""Targets, what is sent to them, and the settings of alerts: everything that people see and change of notifications."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

from vintagestory_api.errors import Conflict, FieldError, Invalid, NotFound, Unavailable
from vintagestory_api.events import EventBus, NotificationsChanged
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.notifications.in_store import in_store
from vintagestory_api.notifications.outbox import Outbox
from vintagestory_api.notifications.ping import Ping
from vintagestory_api.notifications.records import Delivery, Notice, TargetRecord
from vintagestory_api.notifications.schemas import (
    AlertSettings,
    AlertSettingsChange,
    AlertSettingsView,
    DeliveryList,
    NewTarget,
    Target,
    TargetChange,
    TargetList,
    TargetOptions,
    TestResult,
)
from vintagestory_api.notifications.schemas import Delivery as DeliveryView
from vintagestory_api.notifications.sending import Looked, Message, Sender
from vintagestory_api.notifications.wording import compose
from vintagestory_api.storage.database import Database
from vintagestory_api.storage.secrets_file import SecretsFile

_MAX_TARGETS: Final = 50
_SOON_SECONDS: Final = 20.0
_PING_SECRET: Final = "ping_url"  # noqa: S105 - the name of a secret


class NotificationsNotReady(Unavailable):
    code = "notifications_not_ready"


class TargetNotFound(NotFound):
    code = "notification_target_not_found"

    def __init__(self, target_id: str) -> None:
        super().__init__(f"There is no target of notifications {target_id!r}.")


class TooManyTargets(Conflict):
    code = "too_many_targets"


class TargetNameTaken(Conflict):
    code = "target_name_taken"


class AddressRefused(Invalid):
    code = "address_refused"


class InvalidPingUrl(Invalid):
    code = "invalid_ping_url"


class InvalidCursor(Invalid):
    code = "invalid_cursor"


class Notifications:
    """`public_url`: where the pages of the manager are, as people outside reach them; empty where nobody said so. `inside_hosts`:
    names of targets that may mean something inside of our own network."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        bus: EventBus,
        secrets: SecretsFile,
        *,
        name_of: Callable[[str], str | None],
        public_url: Callable[[], str],
        user_agent: Callable[[], str],
        sender: Sender | None = None,
        inside_hosts: Sequence[str] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._bus = bus
        self._secrets = secrets
        self._name_of = name_of
        self._public_url = public_url
        self._sender = sender or Sender(inside_hosts=inside_hosts)
        self.outbox = Outbox(database, clock, bus, address_of=self._address_of, public_url=public_url, sender=self._sender)
        self.settings = AlertSettings()
        #: Whether a critical alert is open; set by whoever knows.
        self.is_well: Callable[[], bool] = lambda: True
        self.ping = Ping(
            clock,
            url=lambda: secrets.get(_PING_SECRET),
            every_minutes=lambda: self.settings.ping_minutes,
            is_well=lambda: self.is_well(),  # noqa: PLW0108 - it is set later
            user_agent=user_agent,
            changed=lambda: bus.publish(NotificationsChanged()),
            inside_hosts=inside_hosts,
        )
        self._changing = asyncio.Lock()

    async def start(self) -> None:
        """Raises `DatabaseUnavailable`."""
        self.settings = await in_store(self._database, lambda store: store.settings())
        await self.outbox.start()
        self.ping.start()

    async def close(self) -> None:
        await self.ping.close()
        await self.outbox.close()

    async def send_message(self, server_id: str | None, text: str) -> None:
        """Tell `text` to every target that hears of this server. Returns when it is stored.

        Raises `NotificationsNotReady`, `DatabaseUnavailable`.
        """
        name = self._name_of(server_id) if server_id else None
        title = f"Message from {name}" if name else "Message from the manager"
        notice = Notice("message", "info", title, text, self._clock.now_ms(), server_id=server_id, server_name=name)
        await _soon(self.outbox.put([notice]))

    # Targets

    async def targets(self) -> TargetList:
        """Raises `NotificationsNotReady`."""
        await _soon(self.outbox.opened())
        return TargetList(items=[self._view(target) for target in self.outbox.targets.values()])

    async def add(self, new: NewTarget) -> Target:
        """Raises `AddressRefused`, `TooManyTargets`, `TargetNameTaken`, and what the file of secrets raises."""
        address = new.address.get_secret_value().strip()
        looked = await self._checked(address)
        await _soon(self.outbox.opened())
        async with self._changing:
            if len(self.outbox.targets) >= _MAX_TARGETS:
                raise TooManyTargets(f"There are {_MAX_TARGETS} targets already. Remove one first.")
            self._check_name(new.name)
            target = TargetRecord(new.name, looked.service or "", looked.scheme, _options(new), self._clock.now_ms())
            # The secret first: a target without its address would be broken, a secret without a target hurts nobody.
            await asyncio.to_thread(self._secrets.put, _secret_of(target.id), address)
            await in_store(self._database, lambda store: store.save_target(target))
            self.outbox.targets[target.id] = target
        self._tell()
        return self._view(target)

    async def change(self, target_id: str, change: TargetChange) -> Target:
        """Raises `TargetNotFound`, `AddressRefused`, `TargetNameTaken`, and what the file of secrets raises."""
        await _soon(self.outbox.opened())
        self._target(target_id)
        address = change.address.get_secret_value().strip() if change.address is not None else None
        looked = await self._checked(address) if address is not None else None
        async with self._changing:
            target = self._target(target_id)
            if change.name is not None and change.name != target.name:
                self._check_name(change.name)
                target = target.changed(name=change.name)
            if change.options is not None:
                target = target.changed(options=_options(change.options))
            if looked is not None and address is not None:
                target = target.changed(service=looked.service or "", scheme=looked.scheme, last_problem=None)
                await asyncio.to_thread(self._secrets.put, _secret_of(target.id), address)
            await in_store(self._database, lambda store: store.save_target(target))
            self.outbox.targets[target.id] = target
            if address is not None:
                await self.outbox.try_now(target.id)
            if not target.options.enabled:
                await self.outbox.drop(target.id, "The target was turned off.")
        self._tell()
        return self._view(target)

    async def remove(self, target_id: str) -> None:
        """What waits for it is dropped. Raises `TargetNotFound`, and what the file of secrets raises."""
        await _soon(self.outbox.opened())
        async with self._changing:
            self._target(target_id)
            await in_store(self._database, lambda store: store.remove_target(target_id))
            del self.outbox.targets[target_id]
            await self.outbox.drop(target_id, "The target was removed.")
            await asyncio.to_thread(self._secrets.remove, _secret_of(target_id))
        self._tell()

    async def test(self, target_id: str) -> TestResult:
        """Send a message now, whatever the rules say. Raises `TargetNotFound`, `SenderBroken`."""
        await _soon(self.outbox.opened())
        target = self._target(target_id)
        address = await asyncio.to_thread(self._address_of, target_id)
        if address is None:
            return TestResult(ok=False, message="Its address is not known any more. Enter it again.", seconds=0.0)
        return await self._test(address, target.options)

    async def test_unsaved(self, new: NewTarget) -> TestResult:
        """The same for a target that is not kept. Raises `AddressRefused`, `SenderBroken`."""
        address = new.address.get_secret_value().strip()
        await self._checked(address)
        return await self._test(address, new)

    async def _test(self, address: str, options: TargetOptions) -> TestResult:
        text = "This is a test. When you read it, notifications of the Vintage Story Server Manager arrive here."
        notice = Notice("test", "info", "Test of notifications", text, self._clock.now_ms())
        title, text = compose([notice], template=options.template, zone=options.zone, public_url=self._public_url())
        began = time.monotonic()
        problem = await self._sender.send(address, Message(title, text, "info"))
        seconds = round(time.monotonic() - began, 2)
        said = f"It could not be sent: {problem}" if problem else "The service has taken the message. Look whether it arrived."
        return TestResult(ok=problem is None, message=said, seconds=seconds)

    async def _checked(self, address: str) -> Looked:
        looked = await self._sender.look(address)
        if looked.service is None:
            # What the parser says may repeat the address; only its kind of fault is told.
            raise AddressRefused(
                "This is no address that messages can be sent to. Give an Apprise URL such as discord://…, tgram://…, ntfy://… "
                "or mailto://…; the documentation lists them.",
                fields=[FieldError("address", "is no Apprise URL, or lacks a part of it")],
            )
        return looked

    def _check_name(self, name: str) -> None:
        if any(target.name.casefold() == name.casefold() for target in self.outbox.targets.values()):
            raise TargetNameTaken(f"There is a target named {name!r} already.", fields=[FieldError("name", "is taken")])

    def _target(self, target_id: str) -> TargetRecord:
        try:
            return self.outbox.targets[target_id]
        except KeyError:
            raise TargetNotFound(target_id) from None

    def _address_of(self, target_id: str) -> str | None:
        return self._secrets.get(_secret_of(target_id))

    def _view(self, target: TargetRecord) -> Target:
        return Target(
            **target.options.model_dump(),
            id=target.id,
            name=target.name,
            service=target.service,
            where=f"{target.scheme}://****",
            last_sent_at=rfc3339(target.last_sent_at),
            last_problem=target.last_problem,
            waiting=self.outbox.waiting_of(target.id),
        )

    def _tell(self) -> None:
        self.outbox.look_now()
        self._bus.publish(NotificationsChanged())

    # Deliveries

    async def deliveries(self, *, target_id: str | None, limit: int, cursor: str) -> DeliveryList:
        """Newest first. Raises `InvalidCursor`."""
        before = checked_cursor(cursor) if cursor else None
        found = await in_store(
            self._database, lambda store: store.deliveries(target_id=target_id, before=before, limit=limit + 1)
        )
        page = found[:limit]
        items = [self._delivery(delivery) for delivery in page]
        return DeliveryList(items=items, next_cursor=page[-1].id if len(found) > limit else None)

    def _delivery(self, delivery: Delivery) -> DeliveryView:
        title, text = self.outbox.presented(delivery)
        return DeliveryView(
            id=delivery.id,
            target_id=delivery.target_id,
            target_name=delivery.target_name,
            at=rfc3339(delivery.at) or "",
            title=title,
            text=text,
            state=delivery.state,
            attempts=delivery.attempts,
            next_try_at=rfc3339(self.outbox.due_at(delivery)),
            error=delivery.error,
            notices=delivery.count,
        )

    # Settings

    async def settings_view(self) -> AlertSettingsView:
        """Raises `SecretsUnreadable`, `NotificationsNotReady`."""
        await _soon(self.outbox.opened())
        url = await asyncio.to_thread(self._secrets.get, _PING_SECRET)
        return AlertSettingsView(
            **self.settings.model_dump(),
            has_ping_url=url is not None,
            last_ping_at=rfc3339(self.ping.last_at),
            last_ping_problem=self.ping.last_problem,
        )

    async def change_settings(self, change: AlertSettingsChange) -> AlertSettingsView:
        """Raises `InvalidPingUrl`, and what the file of secrets raises."""
        url = None if change.ping_url is None else _checked_ping_url(change.ping_url.get_secret_value().strip())
        await _soon(self.outbox.opened())
        given = change.model_dump(exclude_none=True, exclude={"ping_url"})
        async with self._changing:
            if url is not None:
                await asyncio.to_thread(self._put_ping_url, url)
                self.ping.forget()
            settings = AlertSettings(**{**self.settings.model_dump(), **given})
            if settings != self.settings:
                await in_store(self._database, lambda store: store.save_settings(settings))
                self.settings = settings
                self.ping.look_now()
        self._bus.publish(NotificationsChanged())
        return await self.settings_view()

    def _put_ping_url(self, url: str) -> None:
        if url:
            self._secrets.put(_PING_SECRET, url)
        else:
            self._secrets.remove(_PING_SECRET)


async def _soon(work: Awaitable[None]) -> None:
    """Raises `NotificationsNotReady` when it takes too long, as right after a start or while the disk is full."""
    try:
        await asyncio.wait_for(work, _SOON_SECONDS)
    except TimeoutError:
        raise NotificationsNotReady("Notifications are not there yet, or can't be stored. Try again later.") from None


def checked_cursor(cursor: str) -> str:
    """Raises `InvalidCursor`."""
    try:
        return str(uuid.UUID(cursor))
    except ValueError:
        raise InvalidCursor(
            "This cursor is none of ours. Leave it out to start from the newest.",
            fields=[FieldError("cursor", "give the next_cursor of the page before")],
        ) from None


def _options(given: TargetOptions) -> TargetOptions:
    return TargetOptions(**{name: getattr(given, name) for name in TargetOptions.model_fields})


def _secret_of(target_id: str) -> str:
    return f"notification:{target_id}"


def _checked_ping_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_good = not url or (parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0)
    except ValueError:
        is_good = False
    if not is_good:
        raise InvalidPingUrl(
            "This is no address of a watchdog. Give one that starts with http:// or https://, such as https://hc-ping.com/…",
            fields=[FieldError("ping_url", "is no web address")],
        )
    return url
