"""Which mod a pasted link or id means."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vintagestory_api.mods.pointer import Pointer, read_link, read_pointer

SITE = "https://mods.vintagestory.at"


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        (f"{SITE}/show/mod/1234", Pointer("asset", "1234")),
        (f"  {SITE}/show/mod/1234#tab-files ", Pointer("asset", "1234")),
        (f"<{SITE}/show/mod/1234?from=discord>", Pointer("asset", "1234")),
        ("http://mods.vintagestory.at/mod/1234/", Pointer("asset", "1234")),
        (f"{SITE}/edit/mod/?assetid=1234", Pointer("asset", "1234")),
        (f"{SITE}/carrycapacity", Pointer("alias", "carrycapacity")),
        (f"{SITE}/mod/CarryCapacity", Pointer("alias", "CarryCapacity")),
        ("mods.vintagestory.at/my%20mod", Pointer("alias", "my mod")),
        ("WWW.mods.vintagestory.at/xlib", Pointer("alias", "xlib")),
        (f"{SITE}/api/mod/xlib", Pointer("mod", "xlib")),
        ("vintagestorymodinstall://xlib@0.8.17", Pointer("mod", "xlib", "0.8.17")),
        ("VintageStoryModInstall://xlib@1.0.0-rc.1/", Pointer("mod", "xlib", "1.0.0-rc.1")),
        ("vintagestorymodinstall:xlib", Pointer("mod", "xlib")),
    ],
)
def test_links_to_mods_are_understood(text: str, pointer: Pointer) -> None:
    assert read_link(text) == read_pointer(text) == pointer


@pytest.mark.parametrize(
    ("text", "pointer"),
    [("xlib", Pointer("mod", "xlib")), (" xlib@0.8 ", Pointer("mod", "xlib", "0.8")), ("1234", Pointer("mod", "1234"))],
)
def test_an_id_is_a_pointer_but_no_link(text: str, pointer: Pointer) -> None:
    assert read_pointer(text) == pointer
    assert read_link(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "copper ore",
        "xlib@",
        "@1.0.0",
        "xlib@1@2",
        SITE,
        f"{SITE}/list/mod",
        f"{SITE}/show/mod",
        f"{SITE}/show/mod/",
        f"{SITE}/login",
        f"{SITE}/show/user/7",
        f"{SITE}/download/59176/x.zip",
        "https://mods.vintagestory.at.evil.example/show/mod/1",
        "https://evil.example/mods.vintagestory.at/show/mod/1",
        "https://[::1/show/mod/1",
        "javascript:alert(1)",
        "vintagestorymodinstall://",
        "vintagestorymodinstall://a b@1",
        f"{SITE}/{'x' * 600}",
    ],
)
def test_what_is_neither_link_nor_id_is_no_pointer(text: str) -> None:
    assert read_pointer(text) is None


@given(st.text(max_size=120) | st.text(string.printable, max_size=60).map(lambda text: f"{SITE}/{text}"))
def test_whatever_is_pasted_gives_a_pointer_or_none(text: str) -> None:
    pointer = read_pointer(text)
    assert pointer is None or pointer.value
