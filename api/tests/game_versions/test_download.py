"""A download goes on where it was cut off, and nothing but the promised archive comes out of it."""

import asyncio
import errno
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.game_versions.file_store import FileStore
from tests.upstreams import RawServer, Request, raw_server, send
from tests.waiting import until
from vintagestory_api.errors import ManagerError
from vintagestory_api.game_versions import download
from vintagestory_api.game_versions.download import (
    ArchiveNotThere,
    DownloadFailed,
    Downloads,
    Wanted,
    note_path,
)
from vintagestory_api.game_versions.unpack import ArchiveBroken, DiskFull

#: Not packed well, so that its size is what it looks like; large enough for several blocks.
DATA = b"\x1f\x8b" + Random(1).randbytes(3_500_000)
MD5 = hashlib.md5(DATA).hexdigest()


@dataclass
class Watcher:
    sizes: list[int] = field(default_factory=list)
    totals: set[int | None] = field(default_factory=set)
    restarts: int = 0

    def grown(self, size: int, total: int | None) -> None:
        self.sizes.append(size)
        self.totals.add(total)

    async def restarted(self) -> None:
        self.restarts += 1


@dataclass
class Scene:
    store: FileStore
    server: RawServer
    part: Path
    watcher: Watcher = field(default_factory=Watcher)

    def wanted(self, **changes: Any) -> Wanted:
        return Wanted(**{"name": "the archive", "url": f"{self.server.url}/files/big.tar.gz", "md5": MD5, **changes})

    async def fetch(self, *, wanted: Wanted | None = None, **settings: Any) -> int:
        downloads = Downloads(lambda: "test agent", **{"retry_wait_seconds": 0.001, "read_seconds": 10.0, **settings})
        return await downloads.fetch(wanted or self.wanted(), self.part, self.watcher)

    def left(self) -> set[str]:
        return {path.name for path in self.part.parent.iterdir()}


Act = Callable[[Scene], Any]


async def play(tmp_path: Path, act: Act) -> Scene:
    store = FileStore({"big": DATA})
    async with raw_server(store.handle) as server:
        store.server = server
        folder = tmp_path / "versions"
        folder.mkdir(exist_ok=True)
        scene = Scene(store, server, folder / ".download-big")
        await act(scene)
    return scene


def answering(*answers: tuple[bytes, str, dict[str, str]]) -> Any:
    """These answers, one after the other; the last one again and again."""
    left = list(answers)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        body, status, headers = left.pop(0) if len(left) > 1 else left[0]
        await send(writer, body, status=status, headers=headers)

    return answer


async def test_an_archive_is_fetched_with_our_name_and_its_progress(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        assert await scene.fetch() == len(DATA)
        assert scene.part.read_bytes() == DATA
        assert scene.server.requests[0].headers["user-agent"] == "test agent"
        assert scene.server.requests[0].headers["accept-encoding"] == "identity"
        assert scene.watcher.sizes == sorted(scene.watcher.sizes)
        assert scene.watcher.totals == {len(DATA)}

    await play(tmp_path, act)


@pytest.mark.parametrize("seed", range(4))
async def test_cut_off_anywhere_it_goes_on_from_there(tmp_path: Path, seed: int) -> None:
    random = Random(seed)

    async def act(scene: Scene) -> None:
        scene.store.cuts = [1, *(random.randrange(1, 900_000) for _ in range(4))]
        cuts = list(scene.store.cuts)
        await scene.fetch()
        assert scene.part.read_bytes() == DATA
        places = [0, *(sum(cuts[: number + 1]) for number in range(5))]
        assert scene.store.asked == [None, *(f"bytes={place}-" for place in places[1:])]
        assert scene.watcher.restarts == 0

    await play(tmp_path, act)


async def test_a_later_try_goes_on_where_an_earlier_process_was_killed(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        scene.store.answer = answering((b"", "503 Service Unavailable", {}))
        scene.store.cuts = [1_234_567]
        calm, scene.store.answer = scene.store.answer, None
        task = asyncio.create_task(scene.fetch())
        await until(lambda: scene.store.asked, what="it begins")
        scene.store.answer = calm
        with pytest.raises(DownloadFailed, match="What has arrived is kept"):
            await task
        assert scene.part.stat().st_size == 1_234_567
        scene.store.answer = None
        scene.store.asked.clear()
        await scene.fetch()
        assert scene.store.asked == ["bytes=1234567-"]
        assert scene.part.read_bytes() == DATA

    await play(tmp_path, act)


async def test_a_whole_archive_of_an_earlier_try_is_not_asked_for_again(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        await scene.fetch()
        await scene.fetch()
        assert len(scene.store.asked) == 1

    await play(tmp_path, act)


async def test_a_store_that_gives_no_parts_is_asked_for_the_whole(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        scene.store.gives_ranges = False
        scene.store.cuts = [1_500_000, 2_000_000]
        await scene.fetch()
        assert scene.part.read_bytes() == DATA
        assert scene.watcher.restarts == 2

    await play(tmp_path, act)


async def test_a_part_of_another_archive_is_thrown_away(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        await scene.fetch()
        other = b"\x1f\x8b" + Random(2).randbytes(500_000)
        scene.store.archives["big"] = other
        await scene.fetch(wanted=scene.wanted(md5=hashlib.md5(other).hexdigest()))
        assert scene.part.read_bytes() == other
        assert scene.store.asked == [None, None]

    await play(tmp_path, act)


async def test_a_part_that_rotted_is_fetched_anew(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        await scene.fetch()
        with scene.part.open("r+b") as file:
            file.seek(70_000)
            file.write(b"\0\0\0\0")
            file.truncate(2_000_000)
        await scene.fetch()
        assert scene.part.read_bytes() == DATA
        assert scene.watcher.restarts == 1

    await play(tmp_path, act)


async def test_without_a_checksum_the_stores_own_mark_of_the_file_decides(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        scene.store.cuts = [1_000_000]
        await scene.fetch(wanted=scene.wanted(md5=None))
        assert scene.part.read_bytes() == DATA
        assert scene.server.requests[1].headers["if-range"] == f'"{MD5}"'

    await play(tmp_path, act)


async def test_another_archive_than_promised_is_not_kept(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        with pytest.raises(ArchiveBroken, match=f"{MD5}, and should be {'0' * 32}"):
            await scene.fetch(wanted=scene.wanted(md5="0" * 32))
        assert scene.left() == set()
        assert len(scene.store.asked) == 1

    await play(tmp_path, act)


async def test_a_store_that_sends_wrong_parts_is_given_up(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        async def wrong(request: Request, writer: asyncio.StreamWriter) -> None:
            if "range" in request.headers:
                headers = {"Content-Range": f"bytes 0-{len(DATA) - 1}/{len(DATA)}"}
                await send(writer, DATA, status="206 Partial Content", headers=headers)
            else:
                await send(writer, DATA[:1_000_000], headers={"Content-Length": str(len(DATA))})

        scene.store.answer = wrong
        with pytest.raises(ManagerError):
            await scene.fetch()
        assert len(scene.store.asked) < 20

    await play(tmp_path, act)


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        ((b"<html>login</html>", "200 OK", {"Content-Type": "text/html"}), ArchiveBroken, "a web page instead"),
        ((b"whatever", "200 OK", {}), ArchiveBroken, "something else instead"),
        ((b"", "404 Not Found", {}), ArchiveNotThere, "does not have"),
        ((b"", "410 Gone", {}), ArchiveNotThere, "does not have"),
        ((b"", "403 Forbidden", {}), DownloadFailed, "refuses to give"),
        ((b"", "200 OK", {}), DownloadFailed, "the answer was empty"),
        ((b"", "500 Internal Server Error", {}), DownloadFailed, "trouble of its own"),
        ((b"", "302 Found", {"Location": "file:///etc/passwd"}), DownloadFailed, "not followed"),
        ((b"", "302 Found", {"Location": "http://a:b@c.example/"}), DownloadFailed, "not followed"),
        ((b"", "302 Found", {"Location": "/files/again"}), DownloadFailed, "round in circles"),
        ((b"", "200 OK", {"Content-Length": "9000000000"}), DownloadFailed, "not believed"),
        ((b"", "206 Partial Content", {"Content-Range": "bytes 0-1/2"}), ArchiveBroken, "do not fit"),
        ((b"", "416 Range Not Satisfiable", {}), ArchiveBroken, "do not fit"),
    ],
    ids=lambda value: value[1][:3] + str(list(value[2].values())[:1]) if isinstance(value, tuple) else "",
)
async def test_an_answer_that_is_no_archive_is_named_and_not_kept(
    tmp_path: Path, answer: Any, error: type[Exception], said: str
) -> None:
    async def act(scene: Scene) -> None:
        scene.store.answer = answering(answer)
        with pytest.raises(error, match=said):
            await scene.fetch()
        assert not scene.part.exists() or scene.part.stat().st_size == 0

    await play(tmp_path, act)


async def test_a_redirect_to_another_host_is_followed(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        async with raw_server(FileStore({"big": DATA}).handle) as other:
            scene.store.answer = answering((b"", "302 Found", {"Location": f"{other.url}/files/big.tar.gz"}))
            await scene.fetch()
            assert len(other.requests) == 1

    await play(tmp_path, act)


@pytest.mark.parametrize("host", ["127.0.0.2:8399", "169.254.169.254", "localhost:8399"])
async def test_a_redirect_to_the_inside_of_our_network_is_not_followed(tmp_path: Path, host: str) -> None:
    async def act(scene: Scene) -> None:
        scene.store.answer = answering((b"", "302 Found", {"Location": f"http://{host}/secret"}))
        with pytest.raises(DownloadFailed, match="not public") as caught:
            await scene.fetch()
        assert caught.value.permanent

    await play(tmp_path, act)


async def test_a_name_that_means_another_place_by_then_does_not_lead_inside(tmp_path: Path) -> None:
    answers = [["93.184.216.34"], ["127.0.0.1"]]

    async def resolve(_host: str) -> list[str]:
        return answers.pop(0)

    async def act(scene: Scene) -> None:
        async with raw_server(FileStore({"big": DATA}).handle) as inside:
            there = inside.url.replace("127.0.0.1", "files.example")
            scene.store.answer = answering((b"", "302 Found", {"Location": f"{there}/files/big.tar.gz"}))
            with pytest.raises(DownloadFailed, match="not public"):
                await scene.fetch(resolve=resolve)
            assert (inside.requests, answers) == ([], [])

    await play(tmp_path, act)


async def test_an_answer_without_end_is_cut_off(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n\x1f\x8b")
            while not writer.is_closing():
                writer.write(b"\0" * 100_000)
                await writer.drain()

        scene.store.answer = endless
        with pytest.raises(ArchiveBroken, match="does not end"):
            await scene.fetch(max_bytes=2_000_000)
        assert scene.left() == set()

    await play(tmp_path, act)


async def test_a_store_that_falls_silent_is_not_waited_for(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        async def silent(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n\x1f\x8b")
            await writer.drain()
            await asyncio.sleep(60)

        scene.store.answer = silent
        with pytest.raises(DownloadFailed, match="in time"):
            await scene.fetch(read_seconds=0.05)

    await play(tmp_path, act)


async def test_nobody_there_is_said_after_a_few_tries(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        with pytest.raises(DownloadFailed, match=r"127\.0\.0\.1:9: the connection broke off, or there was none"):
            await scene.fetch(wanted=scene.wanted(url="http://127.0.0.1:9/x"))

    await play(tmp_path, act)


async def test_too_little_room_is_said_with_the_numbers_before_anything_is_fetched(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        with pytest.raises(DiskFull, match=r"it needs 14 MB, and 105 MB are free, of which 100 MB are kept"):
            await scene.fetch(wanted=scene.wanted(times_needed=4), disk_free=lambda _folder: 105_000_000)
        assert scene.left() == set()

    await play(tmp_path, act)


async def test_a_disk_that_becomes_full_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append = download._PartFile.append

    def append_until_full(self: Any, chunks: list[bytes]) -> None:
        if self.size > 2_000_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        append(self, chunks)

    monkeypatch.setattr(download._PartFile, "append", append_until_full)

    async def act(scene: Scene) -> None:
        with pytest.raises(DiskFull, match="became full"):
            await scene.fetch()
        assert scene.left() == set()

    await play(tmp_path, act)


async def test_a_cancelled_download_keeps_what_came(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        async def half(request: Request, writer: asyncio.StreamWriter) -> None:
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(DATA)}\r\n\r\n".encode()
            writer.write(head + DATA[:2_500_000])
            await writer.drain()
            await asyncio.sleep(60)

        scene.store.answer = half
        task = asyncio.create_task(scene.fetch())
        await until(lambda: scene.watcher.sizes and scene.part.stat().st_size >= 2_000_000, what="a part is there")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        kept = scene.part.stat().st_size
        assert 2_000_000 <= kept <= 2_500_000
        assert note_path(scene.part).exists()
        scene.store.answer = None
        await scene.fetch()
        assert scene.store.asked[-1] == f"bytes={kept}-"
        assert scene.part.read_bytes() == DATA

    await play(tmp_path, act)


async def test_no_more_than_a_few_are_fetched_at_once(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        downloads = Downloads(lambda: "test agent")
        parts = [scene.part.with_name(f".download-{number}") for number in range(5)]
        await asyncio.gather(*(downloads.fetch(scene.wanted(), part, Watcher()) for part in parts))
        assert scene.server.most_active <= download.MAX_AT_ONCE

    await play(tmp_path, act)
