"""Installing over HTTP, and through a killed manager."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.managers import ManagerProcess, running_manager, start_manager
from tests.waiting import wait_until
from vintagestory_sandbox.builds import small_archive, unpack_build
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream


@pytest.fixture(scope="module")
def upstream() -> Iterator[SandboxUpstream]:
    with start_upstream(mods=0) as running:
        running.add_version("1.22.90", megabytes=20)
        yield running


def install(manager: ManagerProcess, version: str) -> str:
    answer = manager.post("/installed-versions", {"version": version})
    assert answer.status == 202, answer.json
    run_id: str = answer.json["id"]
    return run_id


def test_versions_are_installed_listed_and_removed_over_http(tmp_path: Path, upstream: SandboxUpstream) -> None:
    archive = tmp_path / "own.tar.gz"
    archive.write_bytes(small_archive("1.21.6"))
    unpack_build("1.20.12", tmp_path / "by-hand")
    with running_manager(tmp_path / "data", upstream=upstream.url, VS_HOST_ROOTS=str(tmp_path)) as manager:
        run = manager.wait_for_run(install(manager, "1.22.7"))
        assert (run["state"], run["report"]["version"]) == ("succeeded", "1.22.7")
        answer = manager.post("/installed-versions", {"archive": str(archive)})
        assert manager.wait_for_run(answer.json["id"])["report"]["version"] == "1.21.6"
        answer = manager.post("/installed-versions", {"folder": str(tmp_path / "by-hand")})
        assert manager.wait_for_run(answer.json["id"])["report"]["source"] == "by-hand"

        told = manager.get("/installed-versions")
        assert [item["version"] for item in told["items"]] == ["1.22.7", "1.21.6", "1.20.12"]
        assert told["items"][0]["channel"] == "stable"
        assert told["items"][0]["runtime"]["needed"] == "10.0.0"
        assert told["disk_free_bytes"] > 0

        for body, status in (
            ({"version": "1.22.7"}, 409),
            ({"version": "9.9.9"}, 404),
            ({"version": "nonsense"}, 422),
            ({}, 422),
            ({"archive": "/etc/passwd"}, 403),
            ({"archive": f"{tmp_path}/../etc/passwd"}, 403),
            ({"archive": str(tmp_path / "nothing.tar.gz")}, 404),
            ({"folder": "/etc"}, 403),
            ({"folder": str(tmp_path / "nothing")}, 404),
            ({"folder": str(tmp_path)}, 422),
            ({"folder": str(tmp_path / "by-hand")}, 409),
            ({"folder": str(tmp_path / "by-hand"), "archive": str(archive)}, 422),
        ):
            assert manager.post("/installed-versions", body).status == status, body

        removed = manager.request("DELETE", "/api/v1/installed-versions/1.21.6")
        assert manager.wait_for_run(removed.json["id"])["state"] == "succeeded"
        assert manager.request("DELETE", "/api/v1/installed-versions/1.21.6").status == 404
        assert [item["version"] for item in manager.get("/installed-versions")["items"]] == ["1.22.7", "1.20.12"]


def test_several_versions_are_asked_for_at_once(tmp_path: Path, upstream: SandboxUpstream) -> None:
    with running_manager(tmp_path / "data", upstream=upstream.url) as manager:
        runs = [install(manager, version) for version in ("1.22.90", "1.22.6", "1.22.90", "1.22.5")]
        assert [manager.wait_for_run(run)["state"] for run in runs] == ["succeeded"] * 4
        assert [item["version"] for item in manager.get("/installed-versions")["items"]] == ["1.22.90", "1.22.6", "1.22.5"]


def test_a_version_that_a_server_uses_is_not_removed(tmp_path: Path, upstream: SandboxUpstream) -> None:
    with running_manager(tmp_path / "data", upstream=upstream.url) as manager:
        answer = manager.post("/servers", {"name": "Home", "version": "1.22.7"})
        assert manager.wait_for_run(answer.json["operation"]["run_id"])["state"] == "succeeded"
        refused = manager.request("DELETE", "/api/v1/installed-versions/1.22.7")
        assert (refused.status, refused.json["code"]) == (409, "game_version_in_use")


def test_a_manager_killed_while_it_downloads_goes_on_with_it(tmp_path: Path, upstream: SandboxUpstream) -> None:
    data = tmp_path / "data"
    part = data / "versions" / ".download-1.22.90"
    upstream.reset()
    # In pieces of 64 kB, ten a second.
    upstream.fault("drip", "/gamefiles/", bytes_per_second=1_000_000, times=1)
    manager = start_manager(data, upstream=upstream.url)
    try:
        install(manager, "1.22.90")
        wait_until(lambda: part.exists() and part.stat().st_size > 1_000_000, "a part of it is there")
    finally:
        manager.kill()
    assert not (data / "versions" / "1.22.90").exists()
    kept = part.stat().st_size
    with running_manager(data, upstream=upstream.url) as manager:
        wait_until(lambda: not list((data / "versions").glob(".unpack-*")), "what was half done is gone")
        assert part.stat().st_size == kept
        assert manager.wait_for_run(install(manager, "1.22.90"))["state"] == "succeeded"
        assert sorted(path.name for path in (data / "versions").iterdir()) == ["1.22.90"]


def test_a_manager_killed_while_it_unpacks_leaves_no_program_and_the_next_try_succeeds(
    tmp_path: Path, upstream: SandboxUpstream
) -> None:
    data = tmp_path / "data"
    versions = data / "versions"
    upstream.reset()
    # In pieces of 64 kB, ten a second.
    upstream.fault("drip", "/gamefiles/", bytes_per_second=1_000_000, times=1)
    manager = start_manager(data, upstream=upstream.url)
    try:
        install(manager, "1.22.90")
        wait_until(lambda: list(versions.glob(".unpack-*/assets/survival/textures/*")), "it unpacks")
    finally:
        manager.kill()
    wait_until(lambda: not _programs_on(versions), "the program that unpacked is gone")
    assert not (versions / "1.22.90").exists()
    with running_manager(data, upstream=upstream.url) as manager:
        assert manager.wait_for_run(install(manager, "1.22.90"))["state"] == "succeeded"
        assert sorted(path.name for path in versions.iterdir()) == ["1.22.90"]
        assert os.access(versions / "1.22.90" / "VintagestoryServer", os.X_OK)


def _programs_on(folder: Path) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found
