"""Offers, updates and files against recorded answers of the real mod database, replayed byte for byte."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.facts import FACTS, facts_path
from tests.server_mods.moddb_files import downloading, pick
from tests.server_mods.test_update_check import World, has
from tests.server_mods.zips import mod_zip
from tests.upstreams import Handler, Request, raw_server, replay, send
from vintagestory_api.errors import ManagerError
from vintagestory_api.mods.moddb import ModDatabase
from vintagestory_api.server_mods.offers import offer_of
from vintagestory_api.server_mods.plan import Retraction

pytestmark = pytest.mark.real_data

RECORDED = FACTS / "moddb-recorded"
PAGES = sorted(path.stem for path in RECORDED.glob("mod_*.http")) if RECORDED.exists() else []


def recorded(name: str) -> Handler:
    return replay(facts_path(f"moddb-recorded/{name}.http"))


def site(answers: Mapping[str, str]) -> Handler:
    """The recorded answer of the first path that fits."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        name = next(name for path, name in answers.items() if request.path.startswith(path))
        await recorded(name)(request, writer)

    return answer


async def test_recorded_answers_say_what_is_new_and_what_was_taken_back(tmp_path: Path) -> None:
    answers = {
        "/api/updates": "updates_mixed",
        "/api/v2": "v2_ii_retracted",
        "/api/mod/alpha": "mod_alpha",
        "/api": "api_unknown",
    }
    async with raw_server(site(answers)) as server:
        world = World(tmp_path, server.url, {"a": ("1.21.6", [has("alpha", "1.10.1"), has("betalib", "1.2.0")])})
        try:
            report = await world.updates.check()
            known = world.known()
            assert known["alpha"].retraction == Retraction("Corrupts worlds")
            assert known["alpha"].update is None, "what is newer is a pre-release, for another version of the game"
            assert (report.retracted, report.asked_singly) == (1, 1)
            world.servers["a"] = ("1.20.12", [has("alpha", "1.0.0")])
            assert (update := world.known()["alpha"].update) is not None
            assert (update.version, update.fit) == ("1.9.9", "verified"), "the back-port, not the newest"
        finally:
            await world.close()


@pytest.mark.parametrize("name", PAGES)
async def test_every_recorded_page_of_a_mod_becomes_an_offer_or_a_known_error(name: str, tmp_path: Path) -> None:
    async with raw_server(recorded(name)) as server:
        world = World(tmp_path, server.url)
        try:
            try:
                mod = await ModDatabase(world.upstream).mod("alpha")
            except ManagerError:
                return
            for modid in {release.mod_id_str for release in mod.releases if release.mod_id_str} or {"alpha"}:
                offer = offer_of(modid, mod)
                assert all(release.file_id is not None and release.version for release in offer.releases)
        finally:
            await world.close()


async def test_the_name_of_a_recorded_file_is_kept_whatever_is_in_it(tmp_path: Path) -> None:
    recording = facts_path("moddb-recorded/dl_unifile.http").read_bytes().partition(b"\r\n\r\n")[0]

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.path == "/download":
            # Its file store is gone: this host has the file.
            writer.write(recording.replace(b"http://127.0.0.1:18081/", b"/cdn/") + b"\r\n\r\n0\r\n\r\n")
            await writer.drain()
        else:
            assert request.path.endswith("_ef6ba418dd93427ca7c771a8968aab51.zip")
            await send(writer, mod_zip("unifile"))

    async with raw_server(answer) as server, downloading(tmp_path, server.url) as world:
        (fetched,) = await world.fetch(pick("unifile"))
        assert fetched.file_name == "颤爬者 Ünï + 100% & a#b.zip"
