import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.facts import facts_path
from vintagestory_api.server_mods.modinfo import MAX_MODINFO_BYTES, Dependency, ModInfo, Problem, derived_modid, read_modinfo


def read(text: str | bytes) -> ModInfo:
    found = read_modinfo(text if isinstance(text, bytes) else text.encode())
    assert isinstance(found, ModInfo), found
    return found


def refused(data: bytes) -> str:
    found = read_modinfo(data)
    assert isinstance(found, Problem), found
    return f"{found.code}: {found.message}"


def test_everything_a_mod_says_of_itself_is_read() -> None:
    info = read(
        """{"type": "code", "modid": "pots", "name": "Pots", "version": "1.2.0-rc.3", "networkVersion": "1.2.0", "side": "Server",
        "description": "Makes pots.\\r\\nMany.", "website": "https://pots.example", "authors": ["Ann", "Bob"],
        "contributors": ["Cid"], "requiredOnClient": false, "dependencies": {"game": "1.22.0", "clay": "*", "kiln": "2.0"}}"""
    )
    assert info == ModInfo(
        modid="pots",
        name="Pots",
        version="1.2.0-rc.3",
        type="code",
        side="server",
        required_on_client=False,
        required_on_server=True,
        description="Makes pots.\nMany.",
        website="https://pots.example",
        authors=("Ann", "Bob"),
        contributors=("Cid",),
        network_version="1.2.0",
        dependencies=(Dependency("game", "1.22.0"), Dependency("clay"), Dependency("kiln", "2.0")),
    )
    assert info.game_version == "1.22.0"


@pytest.mark.parametrize(
    "text",
    [
        '{"MODID": "Pots", "NAME": "Pots", "Type": 2, "VERSION": "1.0"}',
        "{modid: 'Pots', name: 'Pots', type: 'Code', version: '1.0',}",
        '// made by hand\n{"modid": /* yes */ "Pots", "name": "Pots", "type": "code", "version": "1.0", // last\n}',
        '\ufeff{"modid":"Pots","name":"Pots","type":"CODE","version":"1.0"}\r\n',
        '{"modid": "Pots", "name": "Pots", "type": "code", "version": 1.0}',
    ],
)
def test_it_is_read_as_kindly_as_the_game_reads_it(text: str) -> None:
    info = read(text)
    assert (info.modid, info.key, info.name, info.type, info.version) == ("Pots", "pots", "Pots", "code", "1.0")


def test_other_encodings_and_broken_letters_are_no_obstacle() -> None:
    text = '{"modid": "pots", "name": "Töpfe", "type": "code"}'
    assert read(text.encode("utf-16")).name == "Töpfe"
    assert read(text.encode("latin-1")).name == "T\ufffdpfe"


@pytest.mark.parametrize("version", ["0.2", "vNext", "{version}", "1.0-hotfix", "1.2.3.4"])
def test_a_version_is_kept_as_it_was_written(version: str) -> None:
    assert read(json.dumps({"modid": "a", "name": "A", "version": version})).version == version


def test_without_an_id_it_is_made_from_the_name() -> None:
    assert read('{"type": "content", "name": "My Nice Mod 2!"}').modid == "mynicemod2"
    assert derived_modid("Ärger & Co") == "rgerco"
    assert refused(b'{"type": "content", "name": "!!!"}').startswith("no_modid")
    assert refused(b"{}").startswith("no_modid")


def test_old_keys_are_ignored_as_the_game_ignores_them() -> None:
    info = read('{"modid": "a", "name": "A", "type": "code", "author": "Ann", "dependency": {"game": "1.14.10"}}')
    assert (info.authors, info.dependencies, info.doubts) == ((), (), ())


@pytest.mark.parametrize(
    ("written", "side"),
    [
        ('"Universal"', "both"),
        ('"BOTH"', "both"),
        ('"server"', "server"),
        ('"Client"', "client"),
        ("1", "server"),
        ("3", "both"),
        ("null", "both"),
    ],
)
def test_sides_are_known_in_any_letter_case(written: str, side: str) -> None:
    info = read(f'{{"modid": "a", "name": "A", "type": "code", "side": {written}}}')
    assert (info.side, info.doubts) == (side, ())


@pytest.mark.parametrize(
    "fields",
    [{"side": "left"}, {"type": "toy"}, {"type": None}, {"name": None}, {"modid": "Not Good"}, {"dependencies": ["game"]}],
)
def test_what_the_game_will_stumble_over_is_read_with_a_doubt(fields: dict[str, Any]) -> None:
    info = read(json.dumps({"modid": "a", "name": "A", "type": "code"} | fields))
    assert len(info.doubts) == 1


@pytest.mark.parametrize("any_version", ["", "*", " * ", None, 0.5, True])
def test_any_version_of_a_dependency_is_none(any_version: object) -> None:
    info = read(json.dumps({"modid": "a", "dependencies": {"b": any_version}}))
    assert info.dependencies[0].version == ("0.5" if any_version == 0.5 else None)


def test_the_same_dependency_in_two_spellings_is_one() -> None:
    assert read('{"modid": "a", "dependencies": {"B": "1.0", "b": "2.0"}}').dependencies == (Dependency("b", "2.0"),)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no json",
        b"[]",
        b"null",
        b'"text"',
        b'{"modid": bare}',
        b'{"modid": "a"} {"modid": "b"}',
        b'{"modid": "a"',
        b"\x00\x01\x02",
        b"[" * 100_000,
        b'{"a":' * 40_000,
        b"{" + b"/*" * 100_000,
    ],
)
def test_what_is_no_modinfo_is_a_problem(data: bytes) -> None:
    assert refused(data).startswith("bad_modinfo: Its modinfo.json ")


def test_a_huge_file_is_not_even_read() -> None:
    assert "larger than 256 kB" in refused(b" " * (MAX_MODINFO_BYTES + 1))


def test_texts_are_cut_and_cleaned() -> None:
    info = read(
        json.dumps({"modid": "a" * 500, "name": "A\n\x07B\ud800" + "x" * 500, "version": "1" * 500, "authors": ["n"] * 500})
    )
    assert (len(info.modid), len(info.version), len(info.authors)) == (100, 60, 100)
    assert info.name is not None
    assert info.name.startswith("A B x")
    assert len(info.name) <= 200
    many = read(json.dumps({"modid": "a", "dependencies": {f"m{number}": "1.0" for number in range(2000)}}))
    assert len(many.dependencies) == 500


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_reading_any_bytes_never_raises(data: bytes) -> None:
    assert isinstance(read_modinfo(data), ModInfo | Problem)


KEYS = [
    "modid",
    "Name",
    "version",
    "TYPE",
    "side",
    "dependencies",
    "authors",
    "description",
    "requiredOnClient",
    "networkVersion",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5))
@settings(max_examples=200, deadline=None)
def test_reading_any_values_never_raises_and_gives_text_that_can_be_sent(fields: dict[str, Any]) -> None:
    found = read_modinfo(json.dumps(fields).encode())
    assert isinstance(found, ModInfo | Problem)
    repr(found).encode()
    if isinstance(found, ModInfo):
        found.modid.encode()
        (found.name or "").encode()
        (found.description or "").encode()


# Name of the sample → id, version, side, dependencies.
SAMPLES = {
    "ancienttoolsfork-contributors": ("ancienttoolsfork", "1.6.4", "both", {"game": "1.22.0"}),
    "argualcore": ("argualcore", "1.2.1", "both", {}),
    "blockyvehiclelib-schema-key": ("blockyvehiclelib", "1.0.0", "both", {"game": "1.22.0"}),
    "examplemultitools": ("examplemultitools", "1.0.0", "both", {}),
    "granite": ("graniteserver", "vNext", "server", {"game": None}),
    "grindstones-schema-key-capitalised-enums": ("grindstones", "1.2.1", "both", {"game": None, "survival": None}),
    "odd-algernonsterrainsampler-mixed-key-case": ("algernonsterrainsampler", "1.3.0", "both", {"game": "1.22.0"}),
    "odd-configureeverything-mixed-key-case": ("configureeverything", "1.1.1", "both", {"game": "1.19.4"}),
    "odd-cralutweaks-modid-differs-from-repo-no-dependencies": ("cralutweaks", "1.0.1", "both", {}),
    "odd-facore-no-dependencies": ("facore", "1.0.0", "both", {}),
    "odd-rustandrot-numeric-type-null-networkversion": ("rustandrotalathraalathra", "1.0.1", "both", {}),
    "primer81-DataDumper": ("datadumper", "1.0.1", "client", {"game": None}),
    "primer81-InvertHotbarScroll": ("inverthotbarscroll", "1.0.5", "client", {"game": None}),
    "primer81-ToggleMouseControl": ("togglemousecontrol", "1.3.0", "client", {"game": None}),
    "primer81-ToggleSneak": ("togglesneak", "1.1.0", "client", {"game": None}),
    "primer81-UnbindHotKeys": ("unbindhotkeys", "1.0.1", "client", {"game": None}),
    "synthetic-bom-crlf": ("bomexample", "0.6.1", "both", {"game": "1.20.0"}),
    "synthetic-json5-comments-unquoted-keys": ("ExampleMod", "1.14.0", "both", {"game": "1.22.0", "examplelib": None}),
    "synthetic-no-modid-derived-from-name": ("mynicemod2", "1.0.0-rc.3", "both", {}),
    "vsdiscordbot-server-side": ("vsdiscordbot", "0.0.6", "server", {"game": "1.18.8"}),
    "vsmodexamples-BackpackRenderer": ("backpackrenderer", "1.0.0", "both", {}),
    "vsmodexamples-CustomShapeBlock": ("customshapeblock", "1.0.0", "both", {}),
    "vsmodexamples-HouseGenerator": ("housegenerator", "1.0.0", "both", {}),
    "vsmodexamples-HudOverlaySample": ("hudoverlaysample", "1.0.0", "both", {}),
    "vsmodexamples-NetworkApiTest": ("networkapitest", "1.0.0", "both", {}),
    "vsmodexamples-OldWorldEdit": ("oldworldedit", "1.0.0", "both", {}),
    "vsmodexamples-PushPlayerJoinLeave": ("pushplayerjoinleave", "1.0.0", "both", {}),
    "vsmodexamples-ScreenOverlayShaderExample": ("screenoverlayshaderexample", "1.0.0", "both", {}),
    "vsmodexamples-TreasureChest": ("treasurechest", "1.0.0", "server", {"game": None}),
    "vsmodexamples-codetutorial1": ("vstutorial", "1.0.0", "both", {"game": None}),
    "vsmodexamples-simpleitem": ("simpleitem", "1.0.0", "both", {}),
    "vsmodexamples-worldgen": ("simpleworldgen", "1.0.0", "both", {}),
    "vsslrestriction": ("vsslrestriction", "1.1.0", "both", {"game": "1.22.0"}),
    "wildfarming": ("wildfarming", "0.9.3", "both", {}),
    "worldexporter-client-side": ("worldexporter", "0.1.0", "client", {"game": None}),
}
OF_ANOTHER_GAME = "not-vs-cataclysm-root-is-array"


@pytest.mark.real_data
def test_every_real_sample_is_read() -> None:
    found = {path.name.removesuffix(".modinfo.json"): path.read_bytes() for path in facts_path("data/modinfo").glob("*.json")}
    assert found.keys() == {*SAMPLES, OF_ANOTHER_GAME}
    for name, (modid, version, side, dependencies) in SAMPLES.items():
        info = read(found[name])
        told = {one.modid: one.version for one in info.dependencies}
        assert (info.modid, info.version, info.side, told) == (modid, version, side, dependencies), name
        assert info.name, name
        assert info.type in {"code", "content"}, name
    assert refused(found[OF_ANOTHER_GAME]).startswith("bad_modinfo")
