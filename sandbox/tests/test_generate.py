"""The made-up mod list, without looking at the real one."""

import re
from collections import Counter

from vintagestory_sandbox.generate import generate_mods
from vintagestory_sandbox.php import encode_json
from vintagestory_sandbox.releases import derive_releases, derive_text

CDN = "http://127.0.0.1/cdn"


def test_the_same_seed_makes_the_same_bytes() -> None:
    first, second = ([encode_json(mod.row) for mod in generate_mods(300, 7, CDN)] for _ in range(2))
    assert first == second


def test_another_seed_makes_other_mods() -> None:
    assert [mod.row["name"] for mod in generate_mods(50, 1, CDN)] != [mod.row["name"] for mod in generate_mods(50, 2, CDN)]


def test_any_length_can_be_made() -> None:
    for count in (0, 1, 2, 13):
        assert len(generate_mods(count, 1, CDN)) == count


def test_numbers_are_unique() -> None:
    rows = [mod.row for mod in generate_mods(2000, 1, CDN)]
    assert len({row["modid"] for row in rows}) == len({row["assetid"] for row in rows}) == 2000


def test_a_short_list_has_two_mods_with_the_same_identifier() -> None:
    owners = Counter(name for mod in generate_mods(100, 1, CDN) for name in mod.row["modidstrs"])
    assert max(owners.values()) == 2


def test_some_words_are_rare_and_some_are_everywhere() -> None:
    rows = [mod.row for mod in generate_mods(5000, 1, CDN)]
    words = Counter(word for row in rows for word in set(re.findall("[a-z]{3,}", f"{row['name']} {row['summary']}".lower())))
    assert words["the"] > 2000
    assert 20 < words["copper"] < 300
    assert sum(count < 300 for count in words.values()) > 2500


def test_releases_of_a_mod_are_the_same_every_time() -> None:
    row = generate_mods(20, 1, CDN)[3].row
    assert derive_releases(row, 1) == derive_releases(row, 1)
    assert derive_releases(row, 1) != derive_releases(row, 2)


def test_releases_agree_with_the_row() -> None:
    for mod in generate_mods(400, 1, CDN):
        releases = derive_releases(mod.row, 1)
        if mod.row["modidstrs"]:
            assert {release.modidstr for release in releases} == set(mod.row["modidstrs"])
        else:
            assert {release.modidstr for release in releases} <= {None}
            assert bool(releases) == (mod.row["type"] != "mod")
        if releases:
            assert max(release.created for release in releases) == mod.row["lastreleased"]
        assert len({release.releaseid for release in releases}) == len(releases)


def test_some_releases_are_back_ports_some_pre_releases_and_some_retracted() -> None:
    histories = [derive_releases(mod.row, 1) for mod in generate_mods(600, 1, CDN)]
    assert any(len(history) > 1 and history[0].packed < history[1].packed for history in histories)
    assert any("-rc." in release.version for history in histories for release in history)
    assert any(release.retraction for history in histories for release in history)
    assert any(not release.game_versions for history in histories for release in history)


def test_some_pages_hold_markup_that_must_not_reach_a_browser() -> None:
    pages = [derive_text(mod.row, 1) for mod in generate_mods(300, 1, CDN)]
    assert 3 < sum("<script>" in page for page in pages) < 60
