"""The mod database's client against a small stand-in on loopback."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.upstreams import Request, answers, files_in, send, upstream_for
from vintagestory_api.kit.upstream import UpstreamError
from vintagestory_api.mods.moddb import ModDatabase, ModNotFound, batches, split_pairs


@contextlib.asynccontextmanager
async def mod_database(handler: Any, **settings: Any) -> AsyncIterator[Any]:
    async with upstream_for(handler, **settings) as (upstream, server):
        yield ModDatabase(upstream), server


async def reason_of(call: Any) -> str:
    with pytest.raises(UpstreamError) as failed:
        await call
    return failed.value.reason


# The list


async def test_the_list_is_streamed_to_a_file(tmp_path: Path) -> None:
    body = json.dumps({"statuscode": "200", "mods": [{"modid": n} for n in range(2_000)]})
    async with mod_database(answers(body)) as (moddb, server):
        size = await moddb.download_list(tmp_path / "list", params={"author": "1"})
    assert size == len(body)
    assert (tmp_path / "list").read_text() == body
    assert server.requests[0].target == "/api/mods?author=1"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"statuscode":"400"}', "rejected"),
        ("not an image", "not_json"),
        ("", "empty"),
        ("<html>", "html_error"),
        ("[]", "wrong_shape"),
        ('{"statuscode":"200","mods"}', "wrong_shape"),
    ],
)
async def test_a_list_that_is_an_error_is_refused(body: str, reason: str, tmp_path: Path) -> None:
    async with mod_database(answers(body)) as (moddb, _):
        assert await reason_of(moddb.download_list(tmp_path / "list")) == reason


async def test_the_mods_of_a_line_are_read_in_a_child_process(tmp_path: Path) -> None:
    body = orjson.dumps(
        {"statuscode": "200", "mods": [{"modid": n, "name": "x" * 200} for n in range(6_000, 0, -1)] + [{"modid": "x"}, 5]}
    )
    async with mod_database(answers(body)) as (moddb, server):
        assert await ModDatabase(moddb.upstream, work_dir=tmp_path).mod_ids_fitting("1.21") == list(range(1, 6_001))
    assert server.requests[0].target == "/api/mods?gameversion=1.21"
    assert files_in(tmp_path) == []


async def test_reading_a_list_of_megabytes_does_not_hold_up_the_event_loop() -> None:
    body = orjson.dumps(
        {"statuscode": "200", "mods": [{"modid": n, "tags": ["", "a"], "x": [[], [], {}]} for n in range(100_000)]}
    )
    began = time.perf_counter()
    orjson.loads(body)
    reading_it_here_seconds = time.perf_counter() - began
    longest_stall_seconds = 0.0

    async def watch() -> None:
        nonlocal longest_stall_seconds
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            longest_stall_seconds = max(longest_stall_seconds, time.perf_counter() - before)

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        await send(writer, body if request.path == "/api/mods" else b'{"statuscode":"200","tags":[]}')

    async with mod_database(handler) as (moddb, _):
        await moddb.tags()  # loads the library
        watcher = asyncio.create_task(watch())
        assert len(await moddb.mod_ids_fitting("1.21")) == 100_000
        watcher.cancel()
    assert longest_stall_seconds < reading_it_here_seconds / 2


@pytest.mark.parametrize(
    "body", ['{"statuscode":"200","mods":{}}' + " " * 2_000, '{"statuscode":"200","mods":[1,}' + " " * 2_000 + "}"]
)
async def test_a_line_whose_list_makes_no_sense_is_an_upstream_error(body: str, tmp_path: Path) -> None:
    async with mod_database(answers(body)) as (moddb, _):
        assert await reason_of(moddb.mod_ids_fitting("1.21")) == "wrong_shape"


@pytest.mark.parametrize("minor", ["1.21.6", "", "1", "1.21&x=1", "x"])
async def test_only_a_line_of_versions_filters(minor: Any) -> None:
    async with mod_database(answers("{}")) as (moddb, server):
        with pytest.raises(ValueError, match="line of versions"):
            await moddb.mod_ids_fitting(minor)
    assert server.requests == []


# One mod


@pytest.mark.parametrize("key", ["alpha", 9001, "CamelCase", "combat-overhaul", "a_b", "NoBellsDrifters-1.0.0", "777"])
async def test_a_mod_is_asked_by_number_or_id(key: Any) -> None:
    async with mod_database(answers('{"mod":{"modid":1},"statuscode":"200"}')) as (moddb, server):
        assert (await moddb.mod(key)).mod_id == 1
    assert server.requests[0].target == f"/api/mod/{key}"


@pytest.mark.parametrize(
    "key",
    [
        "",
        " ",
        "..",
        "../tags",
        "a/b",
        "a%2fb",
        "a?b",
        "a#b",
        ".alpha",
        "a b",
        "a\x00",
        "\xe1",
        0,
        -1,
        "000",
        "9001.0",
        "9e3",
        "x" * 101,
    ],
)
async def test_what_can_be_no_key_is_not_found_without_asking(key: Any) -> None:
    async with mod_database(answers("{}")) as (moddb, server):
        with pytest.raises(ModNotFound):
            await moddb.mod(key)
    assert server.requests == []


async def test_an_unknown_mod_is_not_found_although_http_says_200() -> None:
    async with mod_database(answers('{"statuscode":"404"}')) as (moddb, server):
        with pytest.raises(ModNotFound) as missing:
            await moddb.mod("nope")
        assert moddb.upstream.circuit.snapshot()["failures"] == 0
    assert missing.value.code == "mod_not_found"
    assert len(server.requests) == 1


# Updates


def updates_like_the_real_one(newest: dict[str, str]) -> Any:
    """Answers for every known id whose version is not the newest, and refuses addresses of more than 8,177 bytes."""

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        if len(request.target) > 8_177:
            await send(writer, b"<html>", status="414 Request-URI Too Large")
            return
        pairs = [pair.split("@") for pair in request.query["mods"].split(",")]
        if any(len(pair) != 2 for pair in pairs):
            await send(writer, b'{"statuscode":"400"}')
            return
        asked = {mod_id.lower(): version for mod_id, version in pairs}
        found = {
            key: {"modversion": version, "modidstr": key, "fileid": 1, "filename": "a.zip"}
            for key, version in newest.items()
            if key.lower() in asked and asked[key.lower()] != version
        }
        await send(writer, orjson.dumps({"statuscode": "200", "updates": found or []}))

    return handler


async def test_a_thousand_mods_are_asked_in_a_few_calls_of_bounded_length() -> None:
    newest = {f"mod{n:04}withalongername": "2.0.0" for n in range(1_000)}
    async with mod_database(updates_like_the_real_one(newest)) as (moddb, server):
        found = await moddb.updates((mod_id, "1.0.0") for mod_id in newest)
    assert found.keys() == newest.keys()
    assert all(len(server.url + request.target) < 8_000 for request in server.requests)
    assert len(server.requests) == 4


async def test_bad_pairs_are_left_out_and_do_not_spoil_the_call() -> None:
    async with mod_database(updates_like_the_real_one({"a": "2.0.0"})) as (moddb, server):
        found = await moddb.updates(
            [("a", "1.0.0"), ("b", ""), ("", "1"), ("c@d", "1"), ("e", "1@2"), ("f,g", "1"), ("h\n", "1\x00")]
        )
    assert found.keys() == {"a"}
    assert server.requests[0].target == "/api/updates?mods=a@1.0.0"


def test_split_pairs_tells_which_were_refused() -> None:
    good, refused = split_pairs([(" a ", "1.0 "), ("b", "")])
    assert (good, refused) == ([("a", "1.0")], [("b", "")])


async def test_without_a_pair_nothing_is_asked() -> None:
    async with mod_database(answers("{}")) as (moddb, server):
        assert await moddb.updates([("", "")]) == {}
    assert server.requests == []


async def test_one_id_in_several_spellings_is_asked_once_and_answered_for_each() -> None:
    async with mod_database(updates_like_the_real_one({"CamelCase": "1.5.0"})) as (moddb, server):
        found = await moddb.updates([("camelcase", "1.0.0"), ("CamelCase", "1.5.0"), ("CAMELCASE", "{version}")])
    assert {asked: update.certain for asked, update in found.items()} == {"camelcase": True, "CAMELCASE": False}
    assert len(server.requests[0].query["mods"].split(",")) == 1


async def test_an_address_that_is_too_long_is_halved() -> None:
    newest = dict.fromkeys(["alpha", "beta", "gamma", "delta", "omega"], "2.0.0")

    async def strict(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target.count(",") >= 2:
            await send(writer, b"<html>", status="414 Request-URI Too Large")
        else:
            await updates_like_the_real_one(newest)(request, writer)

    async with mod_database(strict) as (moddb, server):
        found = await moddb.updates((mod_id, "1.0.0") for mod_id in newest)
    assert found.keys() == newest.keys()
    assert len(server.requests) == 5


async def test_a_single_pair_that_is_too_long_is_an_error() -> None:
    async with mod_database(answers("", status="414 Request-URI Too Large")) as (moddb, _):
        assert await reason_of(moddb.updates([("a", "1.0")])) == "too_long"


def test_batches_count_the_escaped_bytes() -> None:
    groups = batches(["\u00e4" * 10] * 4, fixed_bytes=10, max_bytes=10 + 2 * 61)
    assert [len(group) for group in groups] == [2, 2]


# Install information


async def test_install_information_asks_with_and_without_versions() -> None:
    body = {"data": {"alpha": {"fileName": "a.zip", "fileUrl": "/download/1/a.zip"}, "nope": {"errorCode": 4041}}}
    async with mod_database(answers(orjson.dumps(body))) as (moddb, server):
        found = await moddb.install_information([("alpha", None), ("nope", "1.0.0"), ("b@d", None), ("", "1")], "1.21.6")
        assert found["alpha"].file_url == f"{server.url}/download/1/a.zip"
    assert found["nope"].error_code == 4041
    assert found.keys() == {"alpha", "nope"}
    assert server.requests[0].target == "/api/v2/mods/install-information?ids=alpha,nope@1.0.0&gv=1.21.6"


async def test_when_every_id_is_malformed_each_still_gets_its_code() -> None:
    body = '{"reason":"All requested ids are malformed.","data":{"alpha":{"errorCode":4001}}}'
    async with mod_database(answers(body, status="400 Bad Request")) as (moddb, _):
        assert (await moddb.install_information([("alpha", "1.0")]))["alpha"].error_code == 4001


async def test_a_refused_call_says_why() -> None:
    async with mod_database(answers('{"reason":"Invalid game version."}', status="400 Bad Request")) as (moddb, _):
        with pytest.raises(UpstreamError, match="Invalid game version"):
            await moddb.install_information([("alpha", "1.0.0")], "1.21")
