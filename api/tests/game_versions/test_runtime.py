"""Which .NET a version needs is read from the version itself; where it lacks, the message says how to get it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.upstreams import FakeClock
from vintagestory_api.game_versions import runtime as runtime_module
from vintagestory_api.game_versions.runtime import CONFIG_NAME, Runtime, Runtimes
from vintagestory_sandbox.builds import unpack_build
from vintagestory_sandbox.dotnet_root import make_dotnet_root


@pytest.fixture(autouse=True)
def _a_machine_without_dotnet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(runtime_module, "_PLACES", (str(tmp_path / "share"), str(tmp_path / "lib")))
    monkeypatch.setattr(runtime_module, "_INSTALL_LOCATION", tmp_path / "install_location")
    monkeypatch.setattr(runtime_module, "_OS_RELEASE", tmp_path / "os-release")


def install_with(tmp_path: Path, config: Any) -> Path:
    (tmp_path / "install").mkdir(exist_ok=True)
    text = config if isinstance(config, bytes) else json.dumps(config).encode()
    (tmp_path / "install" / CONFIG_NAME).write_bytes(text)
    return tmp_path / "install"


def needing(version: str, name: str = "Microsoft.NETCore.App") -> Any:
    return {"runtimeOptions": {"tfm": "net10.0", "framework": {"name": name, "version": version}}}


async def look(install: Path, **environment: str) -> Runtime:
    return await Runtimes({"PATH": "", **environment}).of(install)


async def test_a_runtime_in_the_root_that_is_named_is_found(tmp_path: Path) -> None:
    root = make_dotnet_root(tmp_path / "dotnet")
    unpack_build("1.22.7", tmp_path / "game")
    found = await look(tmp_path / "game", DOTNET_ROOT=str(root), PATH="/usr/bin:/bin")
    assert (found.needed, found.is_there, found.message, found.root) == ("10.0.0", True, None, root)
    assert found.found == ("10.0.10", "8.0.20", "7.0.20")


@pytest.mark.parametrize(
    ("needed", "there", "fits"),
    [
        ("8.0.0", "8.0.20", True),
        ("8.0.20", "8.0.20", True),
        ("8.0.21", "8.0.20", False),
        ("8.1.0", "8.0.20", False),
        ("8.0.0", "8.3.1", True),
        ("8.0.0", "9.0.0", False),
        ("8.0.0", "7.0.20", False),
        ("10.0.0", "10.0.0-rc.1.25451.107", False),
        ("8.0.0", "18.0.0", False),
    ],
)
async def test_the_same_major_version_fits_from_that_patch_on(tmp_path: Path, needed: str, there: str, fits: bool) -> None:
    (tmp_path / "dotnet/shared/Microsoft.NETCore.App" / there).mkdir(parents=True)
    found = await look(install_with(tmp_path, needing(needed)), DOTNET_ROOT=str(tmp_path / "dotnet"))
    assert found.is_there is fits
    assert (found.message is None) is fits


async def test_the_root_that_has_it_is_taken_among_several(tmp_path: Path) -> None:
    make_dotnet_root(tmp_path / "share", ["8.0.20"])
    home = make_dotnet_root(tmp_path / "home" / ".dotnet", ["10.0.1"])
    runtimes = Runtimes({"PATH": "", "HOME": str(tmp_path / "home")})
    found = await runtimes.of(install_with(tmp_path, needing("10.0.0")))
    assert found.root == home
    assert runtimes.root(found) == home
    assert runtimes.root() == tmp_path / "share"


async def test_a_dotnet_on_the_path_is_followed_to_its_folder(tmp_path: Path) -> None:
    root = make_dotnet_root(tmp_path / "opt", ["10.0.1"])
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "dotnet").symlink_to(root / "dotnet")
    found = await look(install_with(tmp_path, needing("10.0.0")), PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert (found.is_there, found.root) == (True, root)


async def test_what_dotnet_itself_lists_counts_too_and_one_that_hangs_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "dotnet" / "dotnet"
    program.parent.mkdir()
    elsewhere = f"[{tmp_path}/far/shared/Microsoft.NETCore.App]"
    program.write_text(f"#!/bin/sh\necho 'Microsoft.NETCore.App 10.0.3 {elsewhere}'\necho 'no line [of ours'\n")
    program.chmod(0o755)
    install = install_with(tmp_path, needing("10.0.0"))
    found = await look(install, DOTNET_ROOT=str(tmp_path / "dotnet"))
    assert (found.is_there, found.root) == (True, tmp_path / "far")
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(runtime_module, "_ASK_SECONDS", 0.05)
    assert (await look(install, DOTNET_ROOT=str(tmp_path / "dotnet"))).is_there is False


@pytest.mark.parametrize(
    "config",
    [b"", b"\xff\xfe", b"[]", b"{}", b'{"runtimeOptions": null}', b'{"runtimeOptions": {"framework": {"name": 1}}}', b"[" * 5_000,
     b'{"runtimeOptions": {"framework": {"name": "../x", "version": "8.0.0"}}}', b" " * 70_000],
    ids=["empty", "binary", "list", "object", "null", "number", "deep", "path", "large"],
)  # fmt: skip
async def test_a_file_that_makes_no_sense_leaves_it_open(tmp_path: Path, config: bytes) -> None:
    found = await look(install_with(tmp_path, config))
    assert found.is_there is None
    assert found.message is not None
    assert "can't be read" in found.message


async def test_an_install_without_the_file_leaves_it_open(tmp_path: Path) -> None:
    found = await look(tmp_path)
    assert (found.is_there, found.needed) == (None, None)


async def test_an_install_that_brings_its_own_runtime_needs_none(tmp_path: Path) -> None:
    config = {"runtimeOptions": {"includedFrameworks": [{"name": "Microsoft.NETCore.App", "version": "10.0.1"}]}}
    assert (await look(install_with(tmp_path, config))).is_there is True


async def test_all_frameworks_that_are_named_have_to_be_there(tmp_path: Path) -> None:
    config = {
        "runtimeOptions": {
            "frameworks": [
                {"name": "Microsoft.NETCore.App", "version": "10.0.0"},
                {"name": "Microsoft.AspNetCore.App", "version": "10.0.0"},
            ]
        }
    }
    root = make_dotnet_root(tmp_path / "dotnet")
    found = await look(install_with(tmp_path, config), DOTNET_ROOT=str(root), PATH="/usr/bin:/bin")
    assert found.is_there is False
    assert found.message is not None
    assert "Microsoft.AspNetCore.App" in found.message


@pytest.mark.parametrize(
    ("release", "needed", "said"),
    [
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', "10.0.0", "apt-get install -y dotnet-runtime-10.0"),
        ('ID=debian\nVERSION_ID="13"\n', "8.0.0", "config/debian/13/packages-microsoft-prod.deb"),
        ("ID=fedora\n", "10.0.0", "dnf install -y dotnet-runtime-10.0"),
        ("ID=arch\n", "8.0.0", "pacman -S dotnet-runtime-8.0"),
        ("ID=nothing-we-know\n", "10.0.0", "--runtime dotnet --channel 10.0"),
        ("ID=ubuntu\n", "7.0.0", "Run as the user of the manager: curl -sSL https://dot.net/v1/dotnet-install.sh"),
    ],
)  # fmt: skip
async def test_the_message_names_the_command_for_this_machine(tmp_path: Path, release: str, needed: str, said: str) -> None:
    (tmp_path / "os-release").write_text(release)
    found = await look(install_with(tmp_path, needing(needed)))
    assert found.message is not None
    assert said in found.message
    assert f"needs .NET {needed}" in found.message


async def test_a_runtime_counts_as_soon_as_it_is_there_and_no_longer(tmp_path: Path) -> None:
    runtimes = Runtimes({"PATH": "/usr/bin:/bin"})
    install = install_with(tmp_path, needing("10.0.0"))
    assert (await runtimes.of(install)).is_there is False
    make_dotnet_root(tmp_path / "share")
    assert (await runtimes.of(install)).is_there is True
    shutil.rmtree(tmp_path / "share")
    assert (await runtimes.of(install)).is_there is False


async def test_dotnet_is_not_started_for_each_version_of_a_list(tmp_path: Path) -> None:
    clock = FakeClock()
    program = tmp_path / "dotnet" / "dotnet"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho x >> {tmp_path}/starts\n")
    program.chmod(0o755)
    runtimes = Runtimes({"PATH": "/usr/bin:/bin", "DOTNET_ROOT": str(program.parent)}, clock=clock)
    install = install_with(tmp_path, needing("10.0.0"))
    for _ in range(3):
        assert (await runtimes.of(install)).is_there is False
    assert (tmp_path / "starts").read_text() == "x\n"
    clock.advance(10)
    await runtimes.of(install)
    assert (tmp_path / "starts").read_text() == "x\nx\n"
