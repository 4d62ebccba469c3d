"""The made-up mod list held against the real one of December 2025, and the real one served as it is."""

import json
import re
from collections import Counter
from collections.abc import Callable
from statistics import mean, median
from typing import Any

import pytest

from tests.asking import ask
from tests.facts import facts_path
from vintagestory_sandbox.generate import ROW_KEYS, Row, generate_mods
from vintagestory_sandbox.php import encode_json
from vintagestory_sandbox.upstream import start_upstream

pytestmark = pytest.mark.real_data

Rows = list[Row]


@pytest.fixture(scope="module")
def real() -> Rows:
    rows: Rows = json.loads(facts_path("data/modlist-export.json").read_bytes())["mods"]
    return rows


@pytest.fixture(scope="module")
def made_up(real: Rows) -> Rows:
    return [mod.row for mod in generate_mods(len(real), 1, "https://moddbcdn.vintagestory.at")]


def test_the_real_list_is_served_byte_for_byte() -> None:
    path = facts_path("data/modlist-export.json")
    with start_upstream(mod_list=path) as upstream:
        assert ask(upstream.url, "/api/mods").body == path.read_bytes()
        assert upstream.mods == 4852


def test_the_rows_of_the_real_list_stay_the_same_when_handmade_mods_are_added(real: Rows) -> None:
    path = facts_path("data/modlist-export.json")
    with start_upstream(mod_list=path, handmade=True) as upstream:
        body = ask(upstream.url, "/api/mods").body
    assert body.endswith(path.read_bytes()[len(b'{"statuscode":"200","mods":[') :])
    assert len(json.loads(body)["mods"]) == len(real) + 26


def test_mods_of_the_real_list_have_pages_and_updates(real: Rows) -> None:
    with start_upstream(mod_list=facts_path("data/modlist-export.json")) as upstream:
        row = next(row for row in real if len(row["modidstrs"]) == 1 and row["lastreleased"] > "2024")
        mod = ask(upstream.url, f"/api/mod/{row['modid']}").json["mod"]
        assert (mod["name"], mod["releases"][0]["created"]) == (row["name"], row["lastreleased"])
        assert {release["modidstr"] for release in mod["releases"]} == set(row["modidstrs"])
        assert ask(upstream.url, f"/api/updates?mods={row['modidstrs'][0]}@0.0.1-dev.1").statuscode == "200"


def test_json_is_written_as_the_real_site_writes_it(real: Rows) -> None:
    assert encode_json({"statuscode": "200", "mods": real}) == facts_path("data/modlist-export.json").read_bytes()


def test_the_made_up_list_has_the_real_size(real: Rows, made_up: Rows) -> None:
    assert len(encode_json(made_up)) == pytest.approx(len(encode_json(real)), rel=0.15)


def test_the_made_up_rows_have_the_real_keys_in_order(real: Rows, made_up: Rows) -> None:
    assert {tuple(row) for row in made_up} == {tuple(row) for row in real} == {ROW_KEYS}


def test_the_made_up_rows_have_the_real_types(real: Rows, made_up: Rows) -> None:
    for key in ROW_KEYS:
        assert {type(row[key]) for row in made_up} == {type(row[key]) for row in real}, key


@pytest.mark.parametrize("key", ["side", "type"])
def test_kinds_are_about_as_frequent(real: Rows, made_up: Rows, key: str) -> None:
    mine, theirs = Counter(row[key] for row in made_up), Counter(row[key] for row in real)
    assert set(mine) == set(theirs)
    for value, count in theirs.items():
        assert mine[value] == pytest.approx(count, rel=0.3, abs=15), value


def test_tags_are_about_as_frequent(real: Rows, made_up: Rows) -> None:
    mine, theirs = (Counter(tag for row in rows for tag in row["tags"]) for rows in (made_up, real))
    assert set(mine) == set(theirs)
    for tag, count in theirs.items():
        assert mine[tag] == pytest.approx(count, rel=0.35, abs=15), tag


def texts(row: Row) -> str:
    return f"{row['name']}{row['summary']}"


ODDITIES: dict[str, Callable[[Row], Any]] = {
    "no identifier": lambda row: not row["modidstrs"],
    "two identifiers": lambda row: len(row["modidstrs"]) == 2,
    "more identifiers": lambda row: len(row["modidstrs"]) > 2,
    "capitals in an identifier": lambda row: any(name != name.lower() for name in row["modidstrs"]),
    "signs in an identifier": lambda row: any(re.search("[-_]", name) for name in row["modidstrs"]),
    "no alias": lambda row: row["urlalias"] is None,
    "no logo": lambda row: row["logo"] is None,
    "an empty tag": lambda row: row["tags"] == [""],
    "blanks around the name": lambda row: row["name"] != row["name"].strip(),
    "blanks around the summary": lambda row: row["summary"] != row["summary"].strip(),
    "a name outside ASCII": lambda row: not row["name"].isascii(),
    "a summary outside ASCII": lambda row: not row["summary"].isascii(),
    "pictures": lambda row: re.search("[\U00010000-\U0010ffff]", texts(row)),
    "an ampersand": lambda row: "&" in row["name"],
    "quotes": lambda row: '"' in texts(row),
    "markup": lambda row: "<" in texts(row),
    "an apostrophe": lambda row: "'" in texts(row),
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_oddities_are_about_as_frequent(real: Rows, made_up: Rows, oddity: str) -> None:
    mine, theirs = (sum(bool(ODDITIES[oddity](row)) for row in rows) for rows in (made_up, real))
    assert mine > 0
    assert mine == pytest.approx(theirs, rel=0.6, abs=10)


def test_two_identifiers_belong_to_two_mods_each(real: Rows, made_up: Rows) -> None:
    for rows in (real, made_up):
        owners = Counter(name for row in rows for name in row["modidstrs"])
        assert sorted(owners.values())[-3:] == [1, 2, 2]


def test_lengths_are_alike(real: Rows, made_up: Rows) -> None:
    for key in ("name", "summary", "author", "urlalias", "logo"):
        mine, theirs = ([len(row[key]) for row in rows if row[key] is not None] for rows in (made_up, real))
        assert mean(mine) == pytest.approx(mean(theirs), rel=0.35), key
        assert max(mine) <= max(theirs), key
    assert max(len(row["modidstrs"]) for row in made_up) == pytest.approx(max(len(row["modidstrs"]) for row in real), abs=2)


def test_downloads_are_skewed_alike(real: Rows, made_up: Rows) -> None:
    mine, theirs = (sorted(row["downloads"] for row in rows) for rows in (made_up, real))
    assert mine[-1] == pytest.approx(theirs[-1], rel=0.05)
    assert median(mine) == pytest.approx(median(theirs), rel=0.3)
    assert mean(mine) == pytest.approx(mean(theirs), rel=0.5)


def test_the_list_is_ordered_alike(real: Rows, made_up: Rows) -> None:
    for rows in (real, made_up):
        numbers = [row["modid"] for row in rows]
        assert numbers == sorted(numbers, reverse=True)
        dates = [row["lastreleased"] for row in rows]
        assert dates != sorted(dates, reverse=True)
