"""Files of mods from the mod database: what comes is checked whole, and named where it is no good."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.facts import facts_path
from tests.server_mods.moddb_files import Downloading, FileSite, downloading, file_site, pick
from tests.server_mods.zips import mod_zip
from tests.upstreams import Request, answers, raw_server, replay, until
from vintagestory_api.errors import ManagerError
from vintagestory_api.kit.circuit import Circuit
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.server_mods.downloads import ModFileGone, ModFileUnusable, ModNotDownloaded, plain_text
from vintagestory_sandbox.handmade import MODIDS
from vintagestory_sandbox.releases import IDS_PER_MOD
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream


@pytest.fixture
async def site() -> AsyncIterator[FileSite]:
    async with file_site() as found:
        yield found


@pytest.fixture
async def world(site: FileSite, tmp_path: Path) -> AsyncIterator[Downloading]:
    async with downloading(tmp_path, site.site.url) as found:
        yield found


async def test_a_file_comes_from_the_host_that_the_site_names_into_the_store(site: FileSite, world: Downloading) -> None:
    data = mod_zip("alpha", "1.10.0", dependencies={"betalib": "1.0.0"})
    site.put(7, "The Alpha Mod 1.10.0 (signed).zip", data)
    (fetched,) = await world.fetch(pick("alpha", "1.10.0", 7))
    assert fetched.sha256 == hashlib.sha256(data).hexdigest()
    assert (fetched.size_bytes, fetched.file_name) == (len(data), "The Alpha Mod 1.10.0 (signed).zip")
    assert (fetched.info.modid, fetched.info.version) == ("alpha", "1.10.0")
    assert world.store.path(fetched.sha256).read_bytes() == data
    assert world.left_over() == []
    assert world.told[-1][0] == 1.0
    asked = site.site.requests[0]
    assert asked.headers["user-agent"] == "test"
    assert asked.headers["accept"] == "*/*"
    assert site.store.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("name", "kept_as"),
    [
        ("灯籠 Öfen + 100% & a#b.zip", "灯籠 Öfen + 100% & a#b.zip"),
        ("../../etc/cron.d/x.zip", "_.._etc_cron.d_x.zip"),
        ("con.zip", "_con.zip"),
        ("readme.txt", "alpha_1.0.0.zip"),
    ],
)
async def test_a_file_gets_a_name_that_is_fit_for_a_folder(site: FileSite, world: Downloading, name: str, kept_as: str) -> None:
    site.put(1, name, mod_zip("alpha"))
    (fetched,) = await world.fetch(pick("alpha"))
    assert fetched.file_name == kept_as


async def test_what_the_store_has_is_not_asked_for_again(site: FileSite, world: Downloading) -> None:
    site.put(1, "alpha.zip", mod_zip("alpha"))
    first = await world.fetch(pick("alpha"))
    assert await world.fetch(pick("alpha")) == first
    restarted = world.again()
    assert await restarted.fetch(pick("alpha")) == first
    known = pick("alpha", file_id=None, sha256=first[0].sha256, size_bytes=first[0].size_bytes)
    assert (await restarted.fetch(known))[0].sha256 == first[0].sha256
    assert len(site.site.requests) == 1


async def test_what_the_store_has_lost_is_asked_for_again(site: FileSite, world: Downloading) -> None:
    site.put(1, "alpha.zip", mod_zip("alpha"))
    (fetched,) = await world.fetch(pick("alpha"))
    world.store.path(fetched.sha256).unlink()
    await world.fetch(pick("alpha"))
    assert world.kept() == [fetched.sha256]
    assert len(site.site.requests) == 2


async def test_files_of_another_mod_database_are_others(site: FileSite, world: Downloading, tmp_path: Path) -> None:
    site.put(1, "alpha.zip", mod_zip("alpha"))
    await world.fetch(pick("alpha"))
    async with file_site() as other, downloading(tmp_path, other.site.url) as elsewhere:
        other.put(1, "alpha.zip", mod_zip("alpha", filling=b"other"))
        await elsewhere.fetch(pick("alpha"))
        assert len(elsewhere.kept()) == 2


async def test_four_files_come_at_once_and_no_more(site: FileSite, world: Downloading) -> None:
    site.hold = asyncio.Event()
    for number in range(1, 11):
        site.put(number, f"mod{number}.zip", mod_zip(f"mod{number}"))
    fetching = asyncio.create_task(world.fetch(*(pick(f"mod{number}", file_id=number) for number in range(1, 11))))
    await until(lambda: site.store.active == 4, "four files on their way", 30)
    site.hold.set()
    fetched = await fetching
    assert [one.info.modid for one in fetched] == [f"mod{number}" for number in range(1, 11)]
    assert site.store.most_active == 4
    fractions = [fraction or 0 for fraction, _message in world.told]
    assert fractions == sorted(fractions)


async def test_a_file_that_breaks_off_is_begun_anew(site: FileSite, world: Downloading) -> None:
    site.put(1, "alpha.zip", mod_zip("alpha", filling=bytes(100_000)))
    site.breaks = 1
    (fetched,) = await world.fetch(pick("alpha"))
    assert world.store.verify(fetched.sha256)
    assert world.left_over() == []


async def test_a_file_that_always_breaks_off_leaves_nothing_and_is_named(site: FileSite, world: Downloading) -> None:
    site.put(1, "alpha.zip", mod_zip("alpha", filling=bytes(100_000)))
    site.breaks = 99
    with pytest.raises(ModNotDownloaded, match=r"alpha 1\.0\.0 could not be downloaded: .*broke off"):
        await world.fetch(pick("alpha"))
    assert (world.kept(), world.left_over()) == ([], [])


async def test_one_file_of_many_that_can_not_be_had_is_named_and_the_others_stay(site: FileSite, world: Downloading) -> None:
    site.put(1, "one.zip", mod_zip("one"))
    with pytest.raises(ModFileGone, match=r"two 1\.0\.0"):
        await world.fetch(pick("one", file_id=1), pick("two", file_id=2))
    assert world.left_over() == []
    (one,) = await world.fetch(pick("one", file_id=1))
    assert world.kept() == [one.sha256]


@pytest.mark.parametrize("has_length", [True, False])
async def test_a_file_that_is_too_large_is_not_taken(tmp_path: Path, has_length: bool) -> None:
    data = mod_zip("alpha", filling=bytes(50_000))

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        length = f"Content-Length: {len(data)}\r\n" if has_length else ""
        writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\n{length}\r\n".encode() + data)
        await writer.drain()

    async with raw_server(answer) as server, downloading(tmp_path, server.url, max_bytes=20_000) as world:
        with pytest.raises(ModNotDownloaded, match=r"alpha 1\.0\.0 .* more than 0\.02 MB") as caught:
            await world.fetch(pick("alpha"))
        assert caught.value.permanent
        assert (len(server.requests), world.left_over()) == (1, [])


async def test_a_web_page_instead_of_a_file_is_not_taken(tmp_path: Path) -> None:
    page = answers("\r\n<!DOCTYPE html><p>Sign in to the hotel's network", headers={"Content-Type": "application/zip"})
    async with raw_server(page) as server, downloading(tmp_path, server.url) as world:
        with pytest.raises(ModNotDownloaded, match=r"alpha 1\.0\.0 .* a web page"):
            await world.fetch(pick("alpha"))
        assert world.left_over() == []


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x.zip", "http://user:secret@127.0.0.1/x.zip"])
async def test_a_file_is_only_followed_to_the_web(tmp_path: Path, location: str) -> None:
    async with (
        raw_server(answers("", status="302 Found", headers={"Location": location})) as server,
        downloading(tmp_path, server.url) as world,
    ):
        with pytest.raises(ModNotDownloaded, match="not followed") as caught:
            await world.fetch(pick("alpha"))
        assert "secret" not in caught.value.message
        assert len(server.requests) == 1


@pytest.mark.parametrize("host", ["127.0.0.2:8399", "169.254.169.254", "[::1]:8399", "10.0.0.1", "localhost:8399", "0x7f.2"])
async def test_a_file_is_not_followed_to_the_inside_of_our_network(tmp_path: Path, host: str) -> None:
    async with (
        raw_server(answers("", status="302 Found", headers={"Location": f"http://{host}/secret"})) as server,
        downloading(tmp_path, server.url) as world,
    ):
        with pytest.raises(ModNotDownloaded, match=r"alpha 1\.0\.0 .* not public, which is not followed") as caught:
            await world.fetch(pick("alpha"))
        assert (caught.value.permanent, len(server.requests), world.left_over()) == (True, 1, [])


async def test_circles_of_redirects_end(tmp_path: Path) -> None:
    circle = answers("", status="302 Found", headers={"Location": "/download?fileid=1"})
    async with raw_server(circle) as server, downloading(tmp_path, server.url) as world:
        with pytest.raises(ModNotDownloaded, match="in circles"):
            await world.fetch(pick("alpha"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (mod_zip("beta", "2.0.0"), r"alpha 1\.0\.0 says of itself that it is beta 2\.0\.0"),
        (mod_zip("alpha", "1.0.1"), r"alpha 1\.0\.0 says of itself that it is alpha 1\.0\.1"),
        (mod_zip("alpha", filling=b"x" * 1000)[:-300], r"alpha 1\.0\.0 can't be used\..*transferred completely"),
        (b"PK\x03\x04 and then nothing that would be a zip", r"alpha 1\.0\.0 can't be used"),
    ],
)
async def test_a_file_that_is_not_what_was_asked_for_is_not_kept(
    site: FileSite, world: Downloading, data: bytes, said: str
) -> None:
    site.put(1, "alpha.zip", data)
    with pytest.raises(ModFileUnusable, match=said):
        await world.fetch(pick("alpha"))
    assert (world.kept(), world.left_over()) == ([], [])


@pytest.mark.parametrize(("asked", "inside"), [("1.0.0", "1.0"), ("1.0.0", "v1.0.0"), ("2.0.0", "{version}"), ("1.0.0", "")])
async def test_a_version_that_is_the_same_or_can_not_be_compared_is_taken(
    site: FileSite, world: Downloading, asked: str, inside: str
) -> None:
    site.put(1, "alpha.zip", mod_zip("Alpha", inside))
    (fetched,) = await world.fetch(pick("alpha", asked))
    assert fetched.info.version == inside


async def test_a_damaged_file_is_found_before_it_is_kept(site: FileSite, world: Downloading) -> None:
    data = bytearray(mod_zip("alpha", filling=b"x" * 5000))
    data[data.index(b"x" * 100) + 50] ^= 1
    site.put(1, "alpha.zip", bytes(data))
    with pytest.raises(ModFileUnusable, match="not what its list says"):
        await world.fetch(pick("alpha"))


async def test_a_mod_database_that_fails_is_left_alone_for_a_while(tmp_path: Path) -> None:
    circuit = Circuit("The mod database", clock=SystemClock(), failures=2)
    broken = answers("<html>Database is gone", status="500 Oh no", headers={"Content-Type": "text/html"})
    async with raw_server(broken) as server, downloading(tmp_path, server.url, circuit=circuit) as world:
        for _ in range(2):
            with pytest.raises(ModNotDownloaded, match=r"alpha 1\.0\.0 .* trouble of its own \(HTTP 500\)"):
                await world.fetch(pick("alpha"))
        asked = len(server.requests)
        with pytest.raises(ModNotDownloaded, match=r"alpha 1\.0\.0 .* left alone") as caught:
            await world.fetch(pick("alpha"))
        assert caught.value.retry_after_seconds
        assert len(server.requests) == asked


async def test_a_download_that_is_given_up_leaves_nothing(site: FileSite, world: Downloading) -> None:
    site.hold = asyncio.Event()
    site.put(1, "alpha.zip", mod_zip("alpha"))
    fetching = asyncio.create_task(world.fetch(pick("alpha")))
    await until(lambda: site.store.active == 1, "the file is on its way", 30)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    assert (world.kept(), world.left_over()) == ([], [])


async def test_a_release_without_a_file_is_said_to_have_none(world: Downloading) -> None:
    with pytest.raises(ModFileGone, match=r"alpha 1\.0\.0 has no file"):
        await world.fetch(pick("alpha", file_id=None))


def test_what_strangers_wrote_becomes_plain_text() -> None:
    assert plain_text("<p>Eats &lt;b&gt; worlds<br>\n<script>x</script></p>") == "Eats <b> worlds x"
    assert len(plain_text("x" * 1000)) == 300


# With the sandbox's mod database


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxUpstream]:
    with start_upstream(mods=5) as upstream:
        yield upstream


@pytest.mark.parametrize(
    ("modid", "version", "number", "said"),
    [
        ("alpha", "1.10.0", 3, None),
        ("singlecs", "1.0.0", 1, None),
        ("lenientinfo", "1.0.0", 1, None),
        ("unifile", "1.0.0", 1, None),
        ("bigmod", "1.0.0", 1, None),
        ("alpha", "1.10.1", 6, r"alpha 1\.10\.1 was retracted \(“Eats saved worlds”\)"),
        ("gone404", "1.0.0", 1, r"file of gone404 1\.0\.0 is not there any more"),
        ("brokenzip", "1.0.0", 1, r"brokenzip 1\.0\.0 can't be used"),
        ("noinfo", "1.0.0", 1, r"noinfo 1\.0\.0 can't be used.*modinfo"),
        ("zipslip", "1.0.0", 1, r"zipslip 1\.0\.0 can't be used"),
        ("liarmod", "1.0.0", 1, r"liarmod 1\.0\.0 says of itself that it is somebodyelse 1\.0\.0"),
        ("otherversion", "1.0.0", 1, r"otherversion 1\.0\.0 says of itself that it is otherversion 9\.9\.9"),
    ],
)
async def test_every_story_of_the_sandbox(
    sandbox: SandboxUpstream, tmp_path: Path, modid: str, version: str, number: int, said: str | None
) -> None:
    wanted = pick(modid, version, MODIDS[modid] * IDS_PER_MOD + number)
    async with downloading(tmp_path, sandbox.url) as world:
        if said is None:
            (fetched,) = await world.fetch(wanted)
            assert fetched.info.modid == modid
            assert world.kept() == [fetched.sha256]
        else:
            with pytest.raises(ManagerError, match=said) as caught:
                await world.fetch(wanted)
            assert getattr(caught.value, "permanent", False), "nobody tries again by themselves"
            assert (world.kept(), world.left_over()) == ([], [])


@pytest.mark.real_data
async def test_the_page_of_a_retracted_release_says_why(tmp_path: Path) -> None:
    page = replay(facts_path("moddb-recorded/dl_retracted_query.http"))
    async with raw_server(page) as server, downloading(tmp_path, server.url) as world:
        with pytest.raises(ModFileGone, match=r"alpha 1\.10\.1 was retracted \(“Corrupts worlds”\), so"):
            await world.fetch(pick("alpha", "1.10.1"))
