"""The .NET that isn't one."""

import os
import subprocess
from pathlib import Path

from tests.game.playing import Installs
from vintagestory_sandbox.dotnet_root import make_dotnet_root


def run(root: Path, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "VSS_DOTNET": "check"}
    return subprocess.run([root / "dotnet", *arguments], capture_output=True, text=True, check=False, env=environment)


def test_it_lists_its_runtimes_in_their_order(tmp_path: Path) -> None:
    root = make_dotnet_root(tmp_path)
    place = tmp_path / "shared" / "Microsoft.NETCore.App"
    assert run(root, "--list-runtimes").stdout.splitlines() == [
        f"Microsoft.NETCore.App {version} [{place}]" for version in ("7.0.20", "8.0.20", "10.0.10")
    ]


def test_it_runs_the_server_whose_runtime_it_has(installs: Installs, tmp_path: Path) -> None:
    root = make_dotnet_root(tmp_path, ["8.0.20"])
    for version, code in (("1.21.6", 0), ("1.22.7", 150)):
        done = run(root, installs(version).with_suffix(".dll"), "--version")
        assert done.returncode == code
        assert done.stdout == ("" if code else f"\n{version}\n")


def test_it_says_what_it_can_not_do(tmp_path: Path) -> None:
    done = run(make_dotnet_root(tmp_path), "build")
    assert done.returncode == 1
    assert "no more" in done.stderr
