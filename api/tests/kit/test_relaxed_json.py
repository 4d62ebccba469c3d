"""JSON as the game takes it is read; what the game would not take either is refused with its line."""

import json
from typing import Any

import pytest

from tests.facts import facts_path
from vintagestory_api.kit.relaxed_json import NotRelaxedJson, parse_relaxed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('\ufeff{"a": 1}', {"a": 1}),
        ("{a: 1, 'b': 'x', \"c\": null,}", {"a": 1, "b": "x", "c": None}),
        ("// first\n{ /* a\n b */ a: true, // last\n}", {"a": True}),
        ("[1, -2.5, .5, 1e3, +4,]", [1, -2.5, 0.5, 1000.0, 4]),
        ("""{a: 'it\\'s "so"', b: "tab\there"}""", {"a": 'it\'s "so"', "b": "tab\there"}),
        ('{"url": "http://x//y", a: "/* no comment */"}', {"url": "http://x//y", "a": "/* no comment */"}),
        ('{"a": "\\u00e4\\n"}', {"a": "ä\n"}),
        ("{}", {}),
        ("[[], {}]", [[], {}]),
    ],
)
def test_what_the_game_takes_is_read(text: str, value: Any) -> None:
    assert parse_relaxed(text.encode()) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "its end is missing"),
        (b"{", "its end is missing"),
        (b'{"a": 1', "its end is missing"),
        (b"{a: 1}\n}", "line 2"),
        (b"{a: b}", "'b' is not expected in line 1"),
        (b'{"a" 1}', "not expected"),
        (b"{a: 1 b: 2}", "not expected"),
        (b"{,}", "not expected"),
        (b'{a: "x\\q"}', "can't be read"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"[" * 5_000, "nested too deeply"),
        (b"{a:" * 5_000, "nested too deeply"),
        (b"NaN", "'NaN' is not expected"),
        (b'{"a": Infinity}', "'Infinity' is not expected"),
        (b"{a: " + b"9" * 500 + b"}", "not expected"),
        (b'{a: "unclosed}', "not expected"),
    ],
)
def test_what_makes_no_sense_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(NotRelaxedJson, match=said):
        parse_relaxed(text)


def test_names_keep_their_order() -> None:
    assert list(parse_relaxed(b"{z: 1, a: 2, m: 3}")) == ["z", "a", "m"]


@pytest.mark.real_data
def test_every_recorded_configuration_is_read_as_it_is() -> None:
    for path in facts_path("data/configs").glob("*.json"):
        assert parse_relaxed(path.read_bytes()) == json.loads(path.read_bytes())
        # The slow way, too: with a comment in front it is no plain JSON any more.
        assert parse_relaxed(b"// a comment\n" + path.read_bytes()) == json.loads(path.read_bytes())
