"""What of the configuration needs no server: the catalogue, differences, secrets in texts, commands, merged roles."""

import json
from typing import Any

import pytest

from tests.facts import facts_path
from vintagestory_api.server_config.applying import merged_roles
from vintagestory_api.server_config.catalogue import all_known, find_known
from vintagestory_api.server_config.differences import MISSING, changes_between, described
from vintagestory_api.server_config.documents import as_document
from vintagestory_api.server_config.live_changes import command_for
from vintagestory_api.server_config.schemas import ConfigFileName
from vintagestory_api.server_config.secret_text import MASK, masked, unmasked
from vintagestory_api.server_config.values import BadValue, checked, problem_of, showable
from vintagestory_api.server_config.views import whitelist_words
from vintagestory_api.servers.configuration_file import get_setting
from vintagestory_api.servers.world_options import PLAY_STYLES, WORLD_TYPES
from vintagestory_sandbox.game.config_commands import _FIELDS as FIELDS

FILES: tuple[ConfigFileName, ...] = ("serverconfig", "servermagicnumbers")


def test_the_catalogue_agrees_with_itself() -> None:
    for file in FILES:
        for known in all_known(file):
            assert known.title
            assert known.text
            if known.default is not None and known.takes_effect != "never":
                assert checked(known, known.default) == known.default, known.path
            assert known.command is None or known.takes_effect == "live"
    styles = find_known("serverconfig", ("WorldConfig", "PlayStyle"))
    kinds = find_known("serverconfig", ("worldconfig", "worldtype"))
    assert styles is not None
    assert kinds is not None
    assert {value for value, _ in styles.choices} == set(PLAY_STYLES)
    assert {value for value, _ in kinds.choices} == set(WORLD_TYPES)


def test_the_commands_are_those_of_the_stand_in() -> None:
    elsewhere = {"autosaveintervall": "ServerAutoSave", "tickrate": "TickTime", "whitelistmode": "WhitelistMode"}
    for file in FILES:
        for known in all_known(file):
            if known.command is not None:
                assert {**FIELDS, **elsewhere}[known.command] == known.path[-1]


@pytest.mark.real_data
def test_real_files_hold_only_known_settings_with_good_values() -> None:
    found = 0
    for path in facts_path("data/configs").glob("*.json"):
        file = "serverconfig" if path.name.endswith("serverconfig.json") else "servermagicnumbers"
        document = as_document(file, path.read_bytes())  # type: ignore[arg-type] # one of the two
        assert document.problem is None
        for known in all_known(document.file):
            value = get_setting(document.values, known.path)
            if value is not None:
                assert problem_of(known, value) is None, (path.name, known.path, value)
                found += 1
        unknown = [name for name in document.values if not find_known(document.file, (name,))]
        assert set(unknown) <= {"Roles", "WorldConfig"}, path.name
    assert found > 300


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"WhitelistMode": 0}, "only players on the whitelist"),
        ({"WhitelistMode": 0, "OnlyWhitelisted": False}, "only players on the whitelist"),
        ({"WhitelistMode": 1}, "everybody"),
        ({"WhitelistMode": 1, "OnlyWhitelisted": True}, "does nothing since 1.20"),
        ({"WhitelistMode": 2}, "only players on the whitelist"),
        ({"WhitelistMode": "x"}, "nobody can tell"),
        ({"OnlyWhitelisted": True}, "before 1.20"),
        ({}, "does not say"),
    ],
)
def test_the_whitelist_is_told_as_it_works(values: dict[str, Any], words: str) -> None:
    assert words in whitelist_words(values)


def test_differences_go_down_to_single_settings() -> None:
    before = {"A": 1, "W": {"x": 1, "y": {"deep": {"er": {"still": 1}}}}, "Gone": None, "b": True, "Password": "older"}
    after = {"a": 1.0, "W": {"x": 2, "y": {"deep": {"er": {"still": 2}}}}, "New": [], "b": 1, "Password": "newer"}
    found = {".".join(change.path): (change.kind, change.before) for change in changes_between(before, after)}
    assert found == {
        "W.x": ("changed", 1),
        "W.y.deep.er": ("changed", {"still": 1}),
        "New": ("added", MISSING),
        "b": ("changed", True),
        "Password": ("changed", "older"),
        "Gone": ("removed", None),
    }
    told = described("serverconfig", changes_between(before, after))
    assert not {"older", "newer"} & set(json.dumps([change.model_dump() for change in told]).split('"'))


def test_an_object_that_takes_the_place_of_a_value_is_one_change() -> None:
    assert [change.path for change in changes_between({"W": None}, {"W": {"x": 1}})] == [("W", "x")]
    assert [change.path for change in changes_between({"W": {"x": 1}}, {"W": None})] == [("W",)]


@pytest.mark.parametrize(
    "text",
    [
        '{"Password": "hunter22"}',
        '{"Password":"hunter22","a":1}',
        "{ // mine\n'password' : 'hunter22', b: 2 }",
        '{Password: "hunter22", "q\\"": "Password"}',
        '{"Password" /* which */ : "hunter22"}',
        '{"Pass\\u0077ord": "hunter22"}',
        '{"Mod": {"apiKey": "hunter22", "SecretToken": "hunter22"}}',
        '{"Password": 12, "x": "y", "secret": 22}',
    ],
)
def test_no_secret_is_in_the_text_and_all_come_back(text: str) -> None:
    hidden = masked(text)
    assert "hunter22" not in hidden
    assert "12," not in hidden
    document = as_document("serverconfig", text.encode())
    again = as_document("serverconfig", unmasked(hidden, document.values).encode())
    assert again.values == document.values


@pytest.mark.parametrize(
    "text",
    [
        '{"Password": "hunter22" "MaxClients": 1}',
        '{"ServerName": "x,\n "Password": "hunter22",\n "a": 1',
        "{'password': 'hunter22",
        '"Password" : \t "hunter22"',
        '{"Password":\n\n  "hunter22" "a": 1}',
        '{"Password": "hunter22"}'.encode("utf-16").decode("utf-8", "replace"),
    ],
)
def test_no_secret_is_in_a_broken_text(text: str) -> None:
    assert "hunter22" not in masked(text).replace("\0", "")


def test_a_text_without_secrets_stays_as_it_is() -> None:
    for text in ('{"Password": null, "a": 1.50 }', '{"Password": ""}', "{}", "{'x': [1,2,],}", "broken {"):
        assert masked(text) == text
    assert unmasked(f'{{"Password": "{MASK}"}}', {}) == '{"Password": null}'


def test_long_hostile_texts_take_no_time() -> None:
    for text in ("a" * 200_000, '"\\"' * 100_000, "password:" * 50_000, "{" * 200_000, "/*" * 100_000):
        masked(text)


@pytest.mark.parametrize(
    ("path", "value", "command"),
    [
        ("ServerName", "Hügel", "/serverconfig name Hügel"),
        ("ServerName", "a\nb", None),
        ("ServerName", "a\u2028b", None),
        ("ServerName", " a", None),
        ("ServerName", "", None),
        ("ServerName", "x" * 900, None),
        ("ServerUrl", None, None),
        ("AllowPvP", True, "/serverconfig allowpvp on"),
        ("WhitelistMode", 0, "/serverconfig whitelistmode default"),
        ("WhitelistMode", 1, "/serverconfig whitelistmode off"),
        ("MaxClients", 5, "/serverconfig maxclients 5"),
        ("SpawnCapPlayerScaling", 0.25, "/serverconfig spawncapplayerscaling 0.25"),
        ("TickTime", 50, "/serverconfig tickrate 20"),
        ("TickTime", 33.333332, "/serverconfig tickrate 30"),
        ("TickTime", 47.3, None),
        ("Password", "hunter22", None),
        ("Port", 5, None),
    ],
)
def test_only_plain_values_are_said_to_the_console(path: str, value: Any, command: str | None) -> None:
    known = find_known("serverconfig", (path,))
    assert known is not None
    assert command_for(known, value) == command


def test_roles_that_the_game_changed_meanwhile_stay() -> None:
    was = [{"Code": "a", "x": 1}, {"Code": "b", "x": 1}, {"Code": "c", "x": 1}]
    wanted = [{"Code": "b", "x": 2}, {"Code": "a", "x": 1}, {"Code": "n", "x": 9}]
    now = [{"Code": "a", "x": 7}, {"Code": "b", "x": 1}, {"Code": "c", "x": 1}, {"Code": "m", "x": 5}]
    assert merged_roles(was, wanted, now) == [
        {"Code": "b", "x": 2},
        {"Code": "a", "x": 7},
        {"Code": "n", "x": 9},
        {"Code": "m", "x": 5},
    ]
    assert merged_roles(was, wanted, "nonsense") == wanted


def test_odd_values_are_shown_as_json_can_hold_them() -> None:
    odd = {"a": float("inf"), "b": "\ud800", "c": [float("nan")]}
    json.dumps(showable(odd), allow_nan=False).encode()
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    assert json.dumps(showable(deep))
    text = "[" * 60 + "]" * 60
    assert as_document("serverconfig", f'{{"x": {text}}}'.encode()).problem is not None


@pytest.mark.parametrize("value", [[], {}, "x", None, True, float("inf"), float("nan"), pytest.param(10**400, id="huge")])
def test_numbers_are_numbers(value: Any) -> None:
    known = find_known("serverconfig", ("TickTime",))
    assert known is not None
    with pytest.raises(BadValue):
        checked(known, value)
