"""The version API."""

import re
from typing import Any

import pytest

from tests.asking import Sandbox
from vintagestory_sandbox.packed_version import pack
from vintagestory_sandbox.upstream import SandboxError, start_upstream


def listed(sandbox: Sandbox, name: str) -> dict[str, Any]:
    answer = sandbox.get(f"/{name}.json")
    assert answer.headers["content-type"] == "application/json"
    versions: dict[str, Any] = answer.json
    return versions


def newest(versions: dict[str, Any]) -> str:
    return max(versions, key=lambda version: pack(version) or 0)


def test_each_channel_has_its_versions(sandbox: Sandbox) -> None:
    stable, unstable, pre = (listed(sandbox, name) for name in ("stable", "unstable", "pre"))
    assert {"1.18.8", "1.19.8", "1.20.12", "1.21.6", "1.22.7"} <= set(stable)
    assert "1.18.7" not in stable
    assert all("-rc." in version for version in unstable)
    assert all("-pre." in version for version in pre)
    assert listed(sandbox, "stable-unstable").keys() == stable.keys() | unstable.keys()


@pytest.mark.parametrize("name", ["stable", "unstable", "pre"])
def test_the_first_version_is_not_the_newest(sandbox: Sandbox, name: str) -> None:
    versions = listed(sandbox, name)
    assert next(iter(versions)) != newest(versions)


def test_only_the_newest_is_marked_in_two_different_ways(sandbox: Sandbox) -> None:
    for name, mark in (("stable", 1), ("unstable", True)):
        versions = listed(sandbox, name)
        marked = {
            version: archive["latest"] for version, entry in versions.items() for archive in entry.values() if "latest" in archive
        }
        assert marked == {newest(versions): mark}
        assert type(marked[newest(versions)]) is type(mark)


def test_some_versions_lack_a_platform_and_one_has_no_cdn(sandbox: Sandbox) -> None:
    stable = listed(sandbox, "stable")
    assert any("linuxserver" not in entry for entry in stable.values())
    assert any("mac" not in entry for entry in stable.values())
    assert [
        version for version, entry in stable.items() if entry.get("linuxserver", {}).get("urls", {}).get("cdn", "") is None
    ] == ["1.21.5"]


def test_archives_have_a_name_a_size_as_text_and_a_checksum(sandbox: Sandbox) -> None:
    archive = listed(sandbox, "stable")["1.22.7"]["linuxserver"]
    assert archive["filename"] == "vs_server_linux-x64_1.22.7.tar.gz"
    assert re.fullmatch(r"\d+\.\d MB", archive["filesize"])
    assert re.fullmatch("[0-9a-f]{32}", archive["md5"])
    assert archive["urls"]["cdn"].endswith("/stable/vs_server_linux-x64_1.22.7.tar.gz")


def test_the_latest_versions_are_plain_text(sandbox: Sandbox) -> None:
    assert sandbox.get("/lateststable.txt").body == b"1.22.7"
    assert sandbox.get("/latestunstable.txt").body == b"1.22.0-rc.9"


def test_a_version_can_be_published_and_taken_away() -> None:
    with start_upstream(mods=0) as upstream:
        fresh = Sandbox(upstream)
        upstream.add_version("1.22.8", platforms=["linuxserver"])
        upstream.add_version("1.23.0-pre.1", "pre")
        assert listed(fresh, "stable")["1.22.8"]["linuxserver"]["latest"] == 1
        assert "latest" not in listed(fresh, "stable")["1.22.7"]["linuxserver"]
        assert fresh.get("/lateststable.txt").body == b"1.22.8"
        assert "1.23.0-pre.1" in listed(fresh, "pre")
        upstream.remove_version("1.22.8")
        assert "1.22.8" not in listed(fresh, "stable")


@pytest.mark.parametrize(
    "wrong", [{"version": "newest"}, {"version": "1.22.8", "platforms": ["amiga"]}, {"version": "9.9.9", "channel": "x"}]
)
def test_a_version_that_can_not_be_is_refused(sandbox: Sandbox, wrong: dict[str, Any]) -> None:
    with pytest.raises(SandboxError, match="refused"):
        sandbox.upstream.add_version(**wrong)
