"""An outbox with a clock that is moved by hand, and a sender that does as it is told."""

import asyncio
from collections.abc import Sequence
from typing import Any

from tests.clocks import FixedClock
from tests.waiting import until
from vintagestory_api.events import EventBus
from vintagestory_api.notifications.in_store import in_store
from vintagestory_api.notifications.outbox import Outbox
from vintagestory_api.notifications.records import Delivery, Notice, TargetRecord
from vintagestory_api.notifications.schemas import TargetOptions
from vintagestory_api.notifications.sending import Message, Sender
from vintagestory_api.storage.database import Database

MINUTE, HOUR = 60_000, 3_600_000


class MadeSender(Sender):
    """Keeps what it is given. `problem`: what it says of each; `breaks_with`: what it raises; `may_go`: it sends nothing while
    that is cleared."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, Message]] = []
        self.tries = 0
        self.problem: str | None = None
        self.breaks_with: Exception | None = None
        self.may_go = asyncio.Event()
        self.may_go.set()

    async def send(self, address: str, message: Message) -> str | None:
        self.tries += 1
        await self.may_go.wait()
        if self.breaks_with is not None:
            raise self.breaks_with
        if self.problem is None:
            self.sent.append((address, message))
        return self.problem

    @property
    def titles(self) -> list[str]:
        return [message.title for _, message in self.sent]


class Post:
    """One life of the outbox; `again` makes the next one on the same database."""

    def __init__(self, database: Database, clock: FixedClock | None = None) -> None:
        self.database = database
        self.clock = clock or FixedClock()
        self.bus = EventBus()
        self.sender = MadeSender()
        self.addresses: dict[str, str] = {}
        self.outbox = Outbox(
            database,
            self.clock,
            self.bus,
            address_of=lambda target_id: self.addresses.get(target_id, f"json://{target_id}"),
            public_url=lambda: "",
            sender=self.sender,
        )

    async def again(self, *, after_ms: int = 0) -> "Post":
        """The manager was restarted."""
        await self.outbox.close()
        self.clock.now += after_ms
        post = Post(self.database, self.clock)
        await post.outbox.start()
        return post

    async def add(self, name: str, **options: Any) -> TargetRecord:
        target = TargetRecord(name, "JSON", "json", TargetOptions(**options), self.clock.now, id=name)
        await in_store(self.database, lambda store: store.save_target(target))
        self.outbox.targets[target.id] = target
        return target

    async def pass_time(self, minutes: float) -> None:
        self.clock.now += round(minutes * MINUTE)
        self.outbox.look_now()
        await asyncio.sleep(0)

    async def deliveries(self) -> list[Delivery]:
        """Oldest first."""
        found = await in_store(self.database, lambda store: store.deliveries(target_id=None, before=None, limit=1000))
        return found[::-1]

    async def states(self) -> list[str]:
        return [delivery.state for delivery in await self.deliveries()]

    async def until_states(self, *states: str) -> list[Delivery]:
        """As soon as the deliveries have these states, oldest first."""
        found: list[Delivery] = []
        deadline = asyncio.get_running_loop().time() + 30
        while True:
            found = await self.deliveries()
            if [delivery.state for delivery in found] == list(states) and not any(one.is_under_way for one in found):
                return found
            assert asyncio.get_running_loop().time() < deadline, found
            await asyncio.sleep(0.01)

    async def until_sent(self, *titles: str) -> None:
        await until(lambda: self.sender.titles == list(titles), what=f"{titles}; sent: {self.sender.titles}")


def notices(*titles: str, kind: Any = "server_hung", severity: Any = "warning", **fields: Any) -> Sequence[Notice]:
    return [
        Notice(
            kind, severity, title, f"About {title}.", fields.pop("at", 0) or FixedClock().now, **{"server_id": title, **fields}
        )
        for title in titles
    ]
