"""Logos: fetched once, kept, and never anything but a raster picture of bearable size."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.pictures import gif, jpeg, png, png_header, webp
from tests.upstreams import FakeClock
from tests.waiting import until
from vintagestory_api.kit.public_fetch import FetchFailed, FetchRefused
from vintagestory_api.mods.logos import KEPT_MS, Logo, LogoUnavailable, ModLogos, NoLogo

URL = "https://logos.example/a.png"


class FakeFetcher:
    """Gives what it is told; `gate` holds everything back."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | Exception] = {}
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.closed = False

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        await self.gate.wait()
        answer = self.answers.get(url, png())
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self) -> None:
        self.closed = True


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources: dict[str, str | None] = {"1": URL, "one": URL, "2": f"{URL}2", "3": None}
        self.fetcher = FakeFetcher()
        self.clock = FakeClock()
        self.logos = ModLogos(self, self.fetcher, folder, self.clock)

    async def logo_source(self, key: str) -> str | None:
        return self.sources.get(key)

    async def none(self, key: str = "1") -> None:
        with pytest.raises(NoLogo):
            await self.logos.logo(key)


@asynccontextmanager
async def a_world(folder: Path) -> AsyncIterator[World]:
    world = World(folder)
    try:
        yield world
    finally:
        await world.logos.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path / "logos") as world:
        yield world


async def test_a_logo_is_fetched_once_and_kept_over_a_restart(world: World) -> None:
    logo = await world.logos.logo("1")
    assert (logo.content_type, logo.body) == ("image/png", png())
    assert logo.etag.startswith('"')
    assert await world.logos.logo("one") == logo, "by whichever name"
    async with a_world(world.folder) as later:
        assert await later.logos.logo("1") == logo
        assert later.fetcher.asked == []
    assert world.fetcher.asked == [URL]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(png(), "image/png"), (jpeg(9, 9), "image/jpeg"), (gif(9, 9), "image/gif"), (webp(9, 9), "image/webp")],
)
async def test_the_bytes_say_what_it_is_and_not_its_name(world: World, body: bytes, content_type: str) -> None:
    world.fetcher.answers[URL] = body
    assert (await world.logos.logo("1")).content_type == content_type


@pytest.mark.parametrize(
    "body",
    [b"", b"<svg/>", b"<!doctype html>", png_header(4097, 1), png_header(1, 4097), gif(1, 1, (0, 0, 1, 5000))],
)
async def test_anything_else_is_none_and_that_is_remembered_for_a_day(world: World, body: bytes) -> None:
    world.fetcher.answers[URL] = body
    await world.none()
    await world.none()
    assert world.fetcher.asked == [URL]
    world.clock.advance(86_401)
    world.fetcher.answers[URL] = png_header(4096, 4096)
    assert (await world.logos.logo("1")).content_type == "image/png"


async def test_what_can_not_be_had_is_none_for_a_day(world: World) -> None:
    world.fetcher.answers[URL] = FetchRefused("status", "HTTP 404")
    await world.none()
    await world.none()
    assert world.fetcher.asked == [URL]


@pytest.mark.parametrize("key", ["3", "nobody"])
async def test_a_mod_without_one_is_told_so_without_asking_anybody(world: World, key: str) -> None:
    await world.none(key)
    assert world.fetcher.asked == []
    assert not world.folder.exists()


async def test_trouble_is_not_remembered(world: World) -> None:
    world.fetcher.answers[URL] = FetchFailed("down")
    for _ in range(2):
        with pytest.raises(LogoUnavailable, match="Try again later"):
            await world.logos.logo("1")
    world.fetcher.answers[URL] = png()
    assert (await world.logos.logo("1")).body == png()


async def test_an_old_logo_is_renewed_and_shown_as_long_as_it_can_not_be(world: World) -> None:
    first = await world.logos.logo("1")
    world.clock.advance(KEPT_MS / 1000 + 1)
    world.fetcher.answers[URL] = FetchFailed("down")
    assert await world.logos.logo("1") == first
    world.fetcher.answers[URL] = png(16, 16)
    second = await world.logos.logo("1")
    assert second.body == png(16, 16)
    assert second.etag != first.etag


async def test_a_clock_that_was_wrong_keeps_nothing_for_ever(world: World) -> None:
    await world.logos.logo("1")
    world.clock.advance(-10 * 86_400)
    await world.logos.logo("1")
    assert len(world.fetcher.asked) == 2


async def gathered(world: World, count: int, holds: Callable[[], bool]) -> list[Logo]:
    asking = [asyncio.create_task(world.logos.logo("1")) for _ in range(count)]
    await until(holds, what="the fetch is under way")
    world.fetcher.gate.set()
    return list(await asyncio.gather(*asking))


async def test_all_who_ask_at_once_get_the_result_of_one_fetch(world: World) -> None:
    world.fetcher.gate.clear()
    found = await gathered(world, 20, lambda: bool(world.fetcher.asked))
    assert len(set(found)) == 1
    assert world.fetcher.asked == [URL]


async def test_nobody_waits_for_ever_and_what_comes_late_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vintagestory_api.mods.logos.PATIENCE_SECONDS", 0.05)
    world.fetcher.gate.clear()
    with pytest.raises(LogoUnavailable):
        await world.logos.logo("1")
    world.fetcher.gate.set()
    await until(lambda: world.folder.exists() and any(len(file.name) == 64 for file in world.folder.iterdir()))
    assert (await world.logos.logo("1")).body == png()
    assert world.fetcher.asked == [URL]


async def test_a_damaged_file_is_fetched_again(world: World) -> None:
    first = await world.logos.logo("1")
    (file,) = world.folder.iterdir()
    file.write_bytes(b"rubbish")
    assert await world.logos.logo("1") == first
    assert len(world.fetcher.asked) == 2


async def test_the_end_waits_for_nothing(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.fetcher.gate.clear()
        asking = asyncio.create_task(world.logos.logo("1"))
        await until(lambda: bool(world.fetcher.asked))
    assert world.fetcher.closed
    with pytest.raises(LogoUnavailable):
        await asking
