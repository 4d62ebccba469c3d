"""Changes that nobody announces are noticed, once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.waiting import until
from vintagestory_api.live.watch import Watch


class Thing:
    """Something that can be looked at, and what was told of it."""

    def __init__(self, every_seconds: float) -> None:
        self.value: object = 0
        self.looks = 0
        self.told: list[object] = []
        self.watch = Watch(self._look, lambda: self.told.append(self.value), every_seconds=every_seconds)

    async def _look(self) -> object:
        self.looks += 1
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@asynccontextmanager
async def followed(thing: Thing) -> AsyncIterator[None]:
    task = asyncio.create_task(thing.watch.follow())
    try:
        await until(lambda: thing.looks > 0)
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def looked_again(thing: Thing) -> None:
    before = thing.looks
    await until(lambda: thing.looks > before + 1)


async def test_a_change_is_told_once() -> None:
    thing = Thing(0.001)
    async with followed(thing):
        await looked_again(thing)
        assert thing.told == []
        thing.value = 1
        await looked_again(thing)
        await looked_again(thing)
        assert thing.told == [1]
        thing.value = 0
        await looked_again(thing)
        assert thing.told == [1, 0]


async def test_it_looks_at_once_when_it_is_told_to() -> None:
    thing = Thing(3_600)
    async with followed(thing):
        thing.value = 1
        thing.watch.look_now()
        await until(lambda: thing.told == [1])


async def test_a_change_before_the_first_look_is_told_when_it_was_announced() -> None:
    announced, silent = Thing(3_600), Thing(3_600)
    announced.watch.look_now()
    async with followed(announced), followed(silent):
        await until(lambda: announced.told)
        assert silent.told == []


async def test_a_look_that_fails_tells_nothing_and_forgets_nothing() -> None:
    thing = Thing(0.001)
    async with followed(thing):
        thing.value = RuntimeError("away")
        await looked_again(thing)
        thing.value = 0
        await looked_again(thing)
        assert thing.told == []
        thing.value = 2
        await looked_again(thing)
        assert thing.told == [2]
