"""The client against every recorded answer of the mod database, replayed byte for byte."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.facts import FACTS, facts_path
from tests.upstreams import files_in, replay, upstream_for
from vintagestory_api.errors import NotFound
from vintagestory_api.kit.upstream import UpstreamError
from vintagestory_api.mods.moddb import _MOD_KEY, ModDatabase, ModNotFound

pytestmark = pytest.mark.real_data

RECORDED = FACTS / "moddb-recorded"
INDEX = json.loads((RECORDED / "index.json").read_text()) if RECORDED.exists() else []
#: Recorded over HTTP/2 or with redirects followed: not one HTTP/1.1 answer.
NOT_REPLAYABLE = {"http2_tls", "dl_follow", "dl_gone404_follow"}
NAMES = [entry["name"] for entry in INDEX if entry["name"] not in NOT_REPLAYABLE]


def recorded(name: str) -> Any:
    """The handler that gives one recorded answer, whatever is asked."""
    folder = facts_path("moddb-recorded")
    plain = folder / f"{name}.http"
    return replay(plain if plain.exists() else folder / f"{name}.http.gz")


def test_the_recorded_answers_are_at_hand() -> None:
    facts_path("moddb-recorded")
    assert len(NAMES) > 200


async def outcome(call: Any) -> str:
    """`ok`, or the reason of the error. Any other kind of exception is a failure of the test."""
    try:
        await call
    except NotFound:
        return "not_found"
    except UpstreamError as error:
        return error.reason if "<" not in str(error) else f"markup in {error}"
    return "ok"


@pytest.mark.parametrize("name", NAMES)
async def test_whatever_is_asked_any_recorded_answer_gives_a_result_or_a_known_error(name: str, tmp_path: Path) -> None:
    async with upstream_for(recorded(name), attempts=1) as (upstream, _):
        moddb = ModDatabase(upstream, work_dir=tmp_path)
        for call in (
            moddb.tags(),
            moddb.game_versions(),
            moddb.mod("alpha"),
            moddb.updates([("alpha", "1.0.0"), ("CAMELCASE", "{version}")]),
            moddb.install_information([("alpha", "1.0.0"), ("ALPHA", None)], "1.21.6"),
            moddb.download_list(tmp_path / "list.json"),
        ):
            assert "markup" not in await outcome(call)
        # The child process is slow to start, so it only gets what looks like a list.
        if name.startswith(("mods", "outage")):
            await outcome(moddb.mod_ids_fitting("1.21"))


# Lists


@pytest.mark.parametrize("name", ["mods", "mods_accept_gzip_on_18083", "mods_tagids_notarray"])
async def test_the_whole_list_arrives(name: str, tmp_path: Path) -> None:
    async with upstream_for(recorded(name)) as (upstream, _):
        moddb = ModDatabase(upstream)
        size = await moddb.download_list(tmp_path / "list.json")
        ids = await moddb.mod_ids_fitting("1.21")
    mods = json.loads((tmp_path / "list.json").read_bytes())["mods"]
    assert size > 2_000_000
    assert len(mods) > 4_800
    assert ids == sorted(mod["modid"] for mod in mods)


@pytest.mark.parametrize(
    ("name", "found"), [("mods_gameversion_primary", True), ("mods_gameversion_full", False), ("mods_text_none", False)]
)
async def test_a_filtered_list_gives_its_mods(name: str, found: Any) -> None:
    async with upstream_for(recorded(name)) as (upstream, _):
        assert bool(await ModDatabase(upstream).mod_ids_fitting("1.14")) == found


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("outage_db_down_mods", "html_error"),
        ("outage_php_down", "html_error"),
        ("mods_gv_bad", "html_error"),
        ("accept_image", "not_json"),
        ("page_404", "not_found"),
        ("oversize_url", "too_long"),
        ("cdn_mainfile_rawspace", "truncated"),
        ("api_unknown", "rejected"),
        ("changelogs", "not_found"),
        ("dl_path", "redirected"),
        ("dl_retracted", "not_found"),
        ("cdn_mainfile_encoded", "not_json"),
        ("readonly_v2_post", "server_error"),
    ],
)
async def test_what_is_no_list_is_refused_with_its_reason(name: str, reason: str, tmp_path: Path) -> None:
    async with upstream_for(recorded(name)) as (upstream, _):
        assert await outcome(ModDatabase(upstream).download_list(tmp_path / "list.json")) == reason
    assert files_in(tmp_path) == []


async def test_tags_and_game_versions_are_read() -> None:
    async with upstream_for(recorded("tags")) as (upstream, _):
        tags = await ModDatabase(upstream).tags()
    assert len(tags) == 20
    assert ("QoL", 12) in {(tag.name, tag.id) for tag in tags}
    async with upstream_for(recorded("gameversions")) as (upstream, _):
        versions = await ModDatabase(upstream).game_versions()
    assert {version.name: version.tag_id for version in versions}["1.14.0"] == -281535106318335


# One mod


def not_found_keys() -> Any:
    return [entry["name"] for entry in INDEX if entry["name"].startswith("mod_") and entry.get("statuscode") == "404"]


@pytest.mark.parametrize("name", not_found_keys())
async def test_an_unknown_mod_is_not_found(name: str) -> None:
    async with upstream_for(recorded(name)) as (upstream, _):
        with pytest.raises(ModNotFound):
            await ModDatabase(upstream).mod("nope")


async def recorded_mod(name: str) -> Any:
    async with upstream_for(recorded(name)) as (upstream, _):
        return await ModDatabase(upstream).mod("x")


async def test_a_mod_with_everything_is_read() -> None:
    mod = await recorded_mod("mod_alpha")
    assert (mod.mod_id, mod.asset_id, mod.url_alias) == (9001, 90001, "alphatest")
    assert mod.name.startswith("Alpha \u00dcn\u00efcode")
    assert mod.trailer_video_url is None
    assert mod.tags == ("QoL", "Tweak")
    versions = [release.version for release in mod.releases]
    assert "1.10.1" not in versions, "retracted releases are left out by the mod database"
    assert versions != sorted(versions, reverse=True), "they come by date"
    assert all(" " not in (release.download_path or "") for release in mod.releases)
    assert any(" " in (release.file_name or "") for release in mod.releases)


@pytest.mark.parametrize("name", ["mod_9005", "mod_9022"])
async def test_a_mod_without_releases_is_read(name: str) -> None:
    mod = await recorded_mod(name)
    assert (mod.releases, mod.tags) == ((), ())


async def test_a_release_without_a_file_is_read() -> None:
    (release,) = (await recorded_mod("mod_nofile")).releases
    assert (release.file_id, release.file_name, release.download_path) == (None, None, None)
    assert release.game_versions == ("1.21.6",)


async def test_a_file_name_in_many_letters_is_kept_and_escaped() -> None:
    (release,) = (await recorded_mod("mod_unifile")).releases
    assert release.file_name is not None
    assert "100% & a#b.zip" in release.file_name
    assert re.fullmatch(r"/download/1038/[A-Za-z0-9%._~-]+", release.download_path or "")
    assert unquote(release.download_path or "").endswith(release.file_name)


# Updates


async def recorded_updates(name: str, *pairs: Any) -> Any:
    async with upstream_for(recorded(name)) as (upstream, _):
        found = await ModDatabase(upstream).updates(pairs)
    return {asked: (update.release.version, update.certain) for asked, update in found.items()}


@pytest.mark.parametrize(
    ("name", "pairs", "expected"),
    [
        ("updates_single_old", [("alpha", "1.0.0")], {"alpha": ("2.0.0-rc.1", True)}),
        ("updates_uptodate", [("alpha", "2.0.0-rc.1")], {}),
        ("updates_unknown", [("nope", "1.0.0")], {}),
        (
            "updates_mixed",
            [("alpha", "1.0.0"), ("betalib", "1.2.0"), ("nope", "1.0.0"), ("CamelCase", "1.0.0")],
            {"alpha": ("2.0.0-rc.1", True), "CamelCase": ("1.5.0", True)},
        ),
        ("updates_wrong_case", [("camelcase", "1.5.0")], {}),
        ("updates_wrong_case_upper_uptodate", [("ALPHA", "2.0.0-rc.1")], {}),
        ("updates_badversion_short", [("betalib", "1.2")], {}),
        ("updates_badversion_v", [("betalib", "v1.2.0")], {}),
        ("updates_badversion_4part", [("betalib", "1.2.0.0")], {}),
        ("updates_badversion_newer_unparsable", [("betalib", "9.9")], {}),
        ("updates_rcnodot", [("betalib", "1.2.0-rc1")], {"betalib": ("1.2.0", True)}),
        ("updates_badversion_beta", [("betalib", "1.2.0-beta.1")], {"betalib": ("1.2.0", True)}),
        ("updates_rc9_vs_rc10", [("betalib", "1.2.0-rc.9")], {"betalib": ("1.2.0", True)}),
        ("updates_numeric", [("777", "0.1.0")], {"777": ("1.0.0", True)}),
        (
            "updates_multi",
            [("multione", "0.0.1"), ("multitwo", "0.0.1")],
            {"multione": ("1.0.0", True), "multitwo": ("3.0.0", True)},
        ),
        ("updates_nofile", [("nofile", "0.1.0")], {"nofile": ("1.0.0", True)}),
    ],
)
async def test_updates_are_matched_and_false_ones_dropped(name: str, pairs: Any, expected: Any) -> None:
    assert await recorded_updates(name, *pairs) == expected


@pytest.mark.parametrize("name", ["updates_missing_at", "updates_two_at", "updates_trailing_comma", "updates_noparam"])
async def test_a_refused_update_check_is_an_error_and_not_an_empty_answer(name: str) -> None:
    async with upstream_for(recorded(name)) as (upstream, _):
        assert await outcome(ModDatabase(upstream).updates([("alpha", "1.0.0")])) == "rejected"


# Install information


async def recorded_install(name: str, *ids: Any, game_version: Any = None) -> Any:
    async with upstream_for(recorded(name)) as (upstream, _):
        found = await ModDatabase(upstream).install_information(ids, game_version)
    return {
        asked: (info.error_code, (info.file_url or "").replace(upstream.public_url, ""), info.recommended_upgrade)
        for asked, info in found.items()
    }


ALPHA_FILE = "/download/1003/Alpha+Mod+v1.10.0+%28final%29.zip"


@pytest.mark.parametrize(
    ("name", "ids", "expected"),
    [
        ("v2_ii_known", [("alpha", "1.10.0")], {"alpha": (None, ALPHA_FILE, None)}),
        ("v2_ii_known_gv", [("alpha", "1.0.0")], {"alpha": (None, "/download/1001/Alpha+Mod+v1.0.0+%28final%29.zip", "1.10.0")}),
        ("v2_ii_case", [("ALPHA", "1.10.0")], {"ALPHA": (None, ALPHA_FILE, None)}),
        (
            "v2_ii_badversion_mixed",
            [("alpha", "1.0"), ("betalib", "1.2.0")],
            {"alpha": (4001, "", None), "betalib": (None, "/download/1015/betalib_1.2.0.zip", None)},
        ),
        ("v2_ii_badversion", [("alpha", "1.0")], {"alpha": (4001, "", None)}),
        ("v2_ii_noversion_nogv", [("alpha", None)], {"alpha": (4002, "", None)}),
        ("v2_ii_unknown", [("nope", "1.0.0")], {"nope": (4041, "", None)}),
        ("v2_ii_hosted", [("alpha", "1.10.0")], {"alpha": (4031, "", None)}),
        ("v2_ii_retracted", [("alpha", "1.10.1")], {"alpha": (4101, "", None)}),
        ("v2_ii_retracted_mod", [("alldead", "1.1.0")], {"alldead": (4102, "", None)}),
        ("v2_ii_nofile", [("nofile", "1.0.0")], {"nofile": (None, "", None)}),
        ("v2_ii_spacefile", [("singlecs", "1.0.0")], {"singlecs": (None, "/download/1030/single+file.cs", None)}),
    ],
)
async def test_install_information_is_read(name: str, ids: Any, expected: Any) -> None:
    assert await recorded_install(name, *ids) == expected


@pytest.mark.parametrize(("name", "why"), [("v2_ii_noids", "Missing ids"), ("v2_ii_badgv", "Invalid game version")])
async def test_a_call_refused_as_a_whole_says_why(name: str, why: Any) -> None:
    async with upstream_for(recorded(name)) as (upstream, _):
        with pytest.raises(UpstreamError, match=why):
            await ModDatabase(upstream).install_information([("alpha", "1.0.0")])


# The real list


def test_every_id_of_the_real_list_can_be_asked() -> None:
    mods = json.loads(facts_path("data/modlist-export.json").read_bytes())
    rows = mods if isinstance(mods, list) else mods["mods"]
    ids = [mod_id for row in rows for mod_id in row["modidstrs"] if mod_id]
    assert len(ids) > 5_000
    assert [mod_id for mod_id in ids if not _MOD_KEY.fullmatch(mod_id)] == []
