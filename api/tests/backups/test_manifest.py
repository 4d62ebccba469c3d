"""What a backup says of itself, also when somebody else wrote it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vintagestory_api.backups.manifest import (
    FORMAT,
    Manifest,
    ManifestUnreadable,
    PackedFile,
    UnsafePath,
    compare,
    decode_manifest,
    read_manifest,
    safe_path,
)

SHA = "a" * 64
WHOLE = Manifest(
    id="019ac0de-0000-7000-8000-000000000001",
    server_id="our-world",
    server_name="Our world",
    made_at="2026-11-26T10:00:00.123Z",
    kind="manual",
    made_by="anna",
    manager_version="0.1.0",
    game_version="1.22.7",
    world="verified",
    world_file="Saves/default.vcdbs",
    method="genbackup",
    world_seconds=1.5,
    lock={"mods": [{"modid": "alpha"}]},
    files=[
        PackedFile("Saves/default.vcdbs", "world", 4096, SHA),
        PackedFile("ModData/gone.txt", "mod_data", 0, "", "vanished"),
    ],
    notes=["ModData/gone.txt vanished while it was packed."],
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from([*WHOLE.as_json(), "extra"])


def test_what_is_written_is_read_again() -> None:
    assert decode_manifest(WHOLE.encode()) == WHOLE
    assert WHOLE.mods == 1
    assert WHOLE.unpacked_bytes == 4096


@given(st.dictionaries(fields, anything, max_size=6))
def test_whatever_a_field_holds_it_is_read_or_refused_with_a_reason(changes: dict[str, Any]) -> None:
    try:
        found = read_manifest({**WHOLE.as_json(), **changes})
    except ManifestUnreadable:
        return
    assert read_manifest(found.as_json()) == found


@given(anything)
def test_whatever_stands_there_instead_it_is_refused_with_a_reason(found: Any) -> None:
    with pytest.raises(ManifestUnreadable):
        read_manifest(found)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "vsmanager-backup/2"},
        {"id": "../../etc/passwd"},
        {"made_at": "2026-13-26T10:00:00Z"},
        {"made_at": "yesterday"},
        {"files": None},
        {"files": [{"path": "../x", "part": "world", "size_bytes": 1, "sha256": SHA}]},
        {"files": [{"path": "/x", "part": "world", "size_bytes": 1, "sha256": SHA}]},
        {"files": [{"path": "a//b", "part": "world", "size_bytes": 1, "sha256": SHA}]},
        {"files": [{"path": "x", "part": "nonsense", "size_bytes": 1, "sha256": SHA}]},
        {"files": [{"path": "x", "part": "world", "size_bytes": -1, "sha256": SHA}]},
        {"files": [{"path": "x", "part": "world", "size_bytes": 1, "sha256": "abc"}]},
        {"files": [{"path": "x", "part": "world", "size_bytes": 1, "sha256": SHA}] * 2},
        {"world_file": "serverconfig.json"},
    ],
)
def test_what_is_needed_and_wrong_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ManifestUnreadable):
        read_manifest({**WHOLE.as_json(), **changes})


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"null", b'{"format": 1}'])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(ManifestUnreadable):
        decode_manifest(data)


def test_the_format_of_a_newer_manager_says_so() -> None:
    with pytest.raises(ManifestUnreadable, match="Update the manager"):
        read_manifest({"format": FORMAT.replace("/1", "/9")})


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "a\\b", "", ".", "a\nb", "x" * 300, "\udcff", "a/" * 600])
def test_paths_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(UnsafePath):
        safe_path(name)


def test_plain_paths_are_made_plainer() -> None:
    assert safe_path("./Saves//default.vcdbs") == "Saves/default.vcdbs"


def test_what_differs_from_the_list_of_contents_is_named() -> None:
    good = {"Saves/default.vcdbs": (4096, SHA)}
    assert compare(WHOLE, good) == []
    assert compare(WHOLE, {}) == ["Saves/default.vcdbs is missing"]
    assert compare(WHOLE, {**good, "more": (1, SHA)}) == ["more is not in its list of contents"]
    assert compare(WHOLE, {"Saves/default.vcdbs": (4096, "b" * 64)}) == ["Saves/default.vcdbs is not what was packed"]
    changed = replace(WHOLE, files=[PackedFile("a", "players", 1, SHA, "changed")])
    assert compare(changed, {"a": (1, SHA)}) == []


def test_it_is_plain_json() -> None:
    assert json.loads(WHOLE.encode())["world"] == "verified"
