"""The archives of the game: their layout, their bytes, and how the file store gives them out."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.asking import Sandbox, ask, ask_raw
from vintagestory_sandbox.builds import small_archive, unpack_build, write_archive
from vintagestory_sandbox.upstream import SandboxError, start_upstream

CHANNELS = ("stable", "unstable", "pre")


def entry(sandbox: Sandbox, version: str, channel: str = "stable") -> dict[str, Any]:
    found: dict[str, Any] = sandbox.get(f"/{channel}.json").json[version]["linuxserver"]
    return found


def path_of(sandbox: Sandbox, version: str, channel: str = "stable") -> str:
    return str(entry(sandbox, version, channel)["urls"]["cdn"]).removeprefix(sandbox.url)


def names_in(data: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        return archive.getnames()


def test_every_listed_archive_can_be_had_with_its_checksum(sandbox: Sandbox) -> None:
    count = 0
    for channel in CHANNELS:
        for version, platforms in sandbox.get(f"/{channel}.json").json.items():
            if "linuxserver" in platforms:
                told = platforms["linuxserver"]
                data = sandbox.get(f"/local/gamefiles/{channel}/{told['filename']}").body
                assert hashlib.md5(data).hexdigest() == told["md5"], version
                count += 1
    assert count > 40


def test_an_archive_lies_flat_as_the_real_one(sandbox: Sandbox) -> None:
    names = names_in(sandbox.get(path_of(sandbox, "1.22.7")).body)
    assert {
        "VintagestoryServer",
        "VintagestoryServer.dll",
        "VintagestoryServer.runtimeconfig.json",
        "VintagestoryServer.deps.json",
        "VintagestoryLib.dll",
        "VintagestoryAPI.dll",
        "Mods/VSEssentials.dll",
        "Mods/do_not_add_mods_here.txt",
        "assets/game/lang/en.json",
        "assets/version-1.22.7.txt",
        "server.sh",
        "credits.txt",
    } <= set(names)
    assert [name for name in names if name.startswith("assets/version-")] == ["assets/version-1.22.7.txt"]
    assert not [name for name in names if "__pycache__" in name]


def test_the_install_names_its_runtime(tmp_path: Path) -> None:
    for version, wanted in (("1.20.12", "7.0.0"), ("1.21.6", "8.0.0"), ("1.22.0-pre.1", "10.0.0")):
        unpack_build(version, tmp_path / version)
        config = json.loads((tmp_path / version / "VintagestoryServer.runtimeconfig.json").read_text())
        assert config["runtimeOptions"]["framework"] == {"name": "Microsoft.NETCore.App", "version": wanted}


def test_only_programs_may_be_run(tmp_path: Path) -> None:
    program = unpack_build("1.22.7", tmp_path)
    assert program.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "server.sh").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "VintagestoryServer.dll").stat().st_mode & 0o777 == 0o644


def test_an_archive_has_the_same_bytes_in_every_process() -> None:
    script = "import hashlib, sys; from vintagestory_sandbox.builds import small_archive; "
    script += "sys.stdout.write(hashlib.md5(small_archive('1.21.6', {'seed': 3, 'players': 1})).hexdigest())"
    told = {
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert told == {hashlib.md5(small_archive("1.21.6", {"players": 1, "seed": 3})).hexdigest()}
    assert small_archive("1.21.6") != small_archive("1.21.5")


def test_a_large_archive_is_large_and_the_same_every_time() -> None:
    made = []
    for _ in range(2):
        buffer = io.BytesIO()
        write_archive("1.22.7", buffer, megabytes=10)
        made.append(buffer.getvalue())
    assert made[0] == made[1]
    assert 10_000_000 < len(made[0]) < 11_500_000
    assert "assets/survival/textures/padding-000.bin" in names_in(made[0])


def test_what_the_file_store_gives_out_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "archive.tar.gz").write_bytes(sandbox.get(path_of(sandbox, "1.22.0-rc.9", "unstable")).body)
    subprocess.run(["tar", "xzf", "archive.tar.gz"], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "VintagestoryServer", "-v"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "\n1.22.0-rc.9\n")


@pytest.mark.parametrize("version", ["1.22.7", "9.9.9"])
def test_ranges_add_up_to_the_whole(version: str) -> None:
    with start_upstream(mods=0) as upstream:
        sandbox = Sandbox(upstream)
        if version == "9.9.9":
            upstream.add_version(version, megabytes=10)
        path = path_of(sandbox, version)
        whole = sandbox.get(path)
        assert whole.headers["accept-ranges"] == "bytes"
        assert int(whole.headers["content-length"]) == len(whole.body)
        assert hashlib.md5(whole.body).hexdigest() == entry(sandbox, version)["md5"]
        first = sandbox.get(path, headers={"Range": "bytes=0-9999"})
        etag = first.headers["etag"]
        rest = sandbox.get(path, headers={"Range": "bytes=10000-", "If-Range": etag})
        assert (first.status, rest.status) == (206, 206)
        assert rest.headers["content-range"] == f"bytes 10000-{len(whole.body) - 1}/{len(whole.body)}"
        assert first.body + rest.body == whole.body
        other = sandbox.get(path, headers={"Range": "bytes=10000-", "If-Range": '"another"'})
        assert (other.status, other.body) == (200, whole.body)
        assert sandbox.get(path, headers={"Range": "bytes=99999999-"}).status == 416


@pytest.mark.parametrize(
    "path",
    [
        "/gamefiles/unstable/vs_server_linux-x64_1.22.7.tar.gz",
        "/gamefiles/stable/vs_server_linux-x64_1.20.2.tar.gz",
        "/gamefiles/stable/vs_server_win-x64_1.22.7.zip",
        "/gamefiles/stable/",
    ],
)
def test_what_was_never_built_is_not_found(sandbox: Sandbox, path: str) -> None:
    assert sandbox.get(path).status == 404


def test_a_version_taken_away_takes_its_archive_along() -> None:
    with start_upstream(mods=0) as upstream:
        sandbox = Sandbox(upstream)
        path = path_of(sandbox, "1.22.6")
        upstream.remove_version("1.22.6")
        assert sandbox.get(path).status == 404


def test_downloads_can_be_cut_off_and_be_wrong(sandbox: Sandbox) -> None:
    path = path_of(sandbox, "1.22.7")
    sandbox.upstream.fault("truncate", "/gamefiles/", bytes=10_000, times=1)
    received = ask_raw(sandbox.url, f"GET {path} HTTP/1.1\r\nHost: sandbox\r\n\r\n".encode())
    head, _, body = received.partition(b"\r\n\r\n")
    assert len(body) == 10_000
    assert b"content-length: 10000\r\n" not in head.lower()
    sandbox.upstream.fault("rubbish", "/gamefiles/", times=1)
    wrong = ask(sandbox.url, path).body
    assert hashlib.md5(wrong).hexdigest() != entry(sandbox, "1.22.7")["md5"]
    assert hashlib.md5(ask(sandbox.url, path).body).hexdigest() == entry(sandbox, "1.22.7")["md5"]
    assert sandbox.upstream.stats()["peak_by_upstream"]["gamefiles"] == 1


def test_servers_from_a_store_can_be_told_what_to_do(tmp_path: Path) -> None:
    with start_upstream(mods=0, game_switches={"players": 7, "speed": 4}) as upstream:
        sandbox = Sandbox(upstream)
        data = sandbox.get(path_of(sandbox, "1.22.7")).body
        assert hashlib.md5(data).hexdigest() == entry(sandbox, "1.22.7")["md5"]
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        member = archive.extractfile("vss.json")
        assert member is not None
        assert json.load(member) == {"players": 7, "speed": 4}


def test_a_switch_that_does_not_exist_keeps_the_store_from_starting() -> None:
    with pytest.raises(SandboxError, match="there is no switch colour"), start_upstream(mods=0, game_switches={"colour": 1}):
        pass
