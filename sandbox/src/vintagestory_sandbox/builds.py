"""Builds of the stand-in game server: archives in the layout of the real ones, the same bytes every time."""

import io
import json
import tarfile
import zlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import IO, Any

from vintagestory_sandbox.game.edition import Edition, edition_of
from vintagestory_sandbox.game.switches import FILE as SWITCHES_FILE

_PACKAGE = "vintagestory_sandbox"
_MADE = 1_767_225_600  # 2026-01-01
_MEGABYTE = 1_000_000
_NOISE_BYTES, _PADDED_BYTES = 26_000, 65_536
_PADDING_FILE_MEGABYTES = 10
_GZIP = 31
_TAR_RECORD = 10_240

_LIBRARIES = (
    "VintagestoryServer.dll",
    "VintagestoryLib.dll",
    "VintagestoryAPI.dll",
    "Mods/VSEssentials.dll",
    "Mods/VSSurvivalMod.dll",
    "Mods/VSCreativeMod.dll",
    "Lib/0Harmony.dll",
    "Lib/Microsoft.Data.Sqlite.dll",
    "Lib/Newtonsoft.Json.dll",
    "Lib/protobuf-net.dll",
)

# `-I` keeps out what the caller's environment would add, `-B` leaves the install as it is.
_LAUNCHER = """#!/usr/bin/env -S python3 -I -S -B
import os
import sys
from pathlib import Path

install = Path(__file__).resolve().parent
sys.path.insert(0, str(install / "Lib"))

from vintagestory_sandbox.game.program import main

code = main(install)
sys.stdout.flush()
# Not by the interpreter's long way: a backup that runs in a thread is cut off, as in the real program.
os._exit(code & 0xFF)
"""

_SERVER_SH = """#!/bin/sh
# setup | start | stop | restart | status | command: in the real archive this runs the server inside screen.
DATAPATH='/var/vintagestory/data'
cd "$(dirname "$0")" || exit 1
case "$1" in
    start) exec ./VintagestoryServer --dataPath "$DATAPATH" ;;
    *) echo "Usage: $0 {setup|start|stop|restart|status|command}"; exit 1 ;;
esac
"""


def archive_name(version: str) -> str:
    """What the archive for Linux is called, since 1.18.8."""
    return f"vs_server_linux-x64_{version}.tar.gz"


def small_archive(version: str, switches: dict[str, Any] | None = None) -> bytes:
    """The archive of a version without padding. `switches` hold for every server that runs from it."""
    packer, start, length = _packed_program()
    # Going on from the packed program makes it a hundred archives a second, and still one stream.
    packer = packer.copy()
    rest = _rest_of(edition_of(version), switches)
    return start + packer.compress(rest + _end(length + len(rest))) + packer.flush()


def write_archive(version: str, file: IO[bytes], *, megabytes: int, switches: dict[str, Any] | None = None) -> None:
    """Write an archive of about so many megabytes, two and a half times that when unpacked, without having it in memory."""
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    start = _tar(_program()) + _rest_of(edition_of(version), switches)
    length = len(start)
    random = Random(f"padding:{version}")
    file.write(packer.compress(start))
    for number in range(megabytes // _PADDING_FILE_MEGABYTES):
        length += _pad(file, packer, random, f"assets/survival/textures/padding-{number:03}.bin")
    file.write(packer.compress(_end(length)) + packer.flush())


def unpack_build(version: str, folder: Path, switches: dict[str, Any] | None = None) -> Path:
    """Put an install of a version into a folder, for tests that need no download. Returns the program."""
    with tarfile.open(fileobj=io.BytesIO(small_archive(version, switches)), mode="r:gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "VintagestoryServer"


@cache
def _packed_program() -> tuple["zlib._Compress", bytes, int]:
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    program = _tar(_program())
    return packer, packer.compress(program), len(program)


def _rest_of(edition: Edition, switches: dict[str, Any] | None) -> bytes:
    members = _members(edition)
    if switches:
        members[SWITCHES_FILE] = json.dumps(switches, sort_keys=True).encode()
    return _tar(members)


def _tar(members: dict[str, bytes]) -> bytes:
    """Members of a tar stream, folders before what lies in them."""
    parts = []
    for folder in sorted({str(parent) for name in members for parent in Path(name).parents} - {"."}):
        info = _info(folder, 0)
        info.type, info.mode = tarfile.DIRTYPE, 0o755
        parts.append(_header(info))
    for name, data in sorted(members.items()):
        info = _info(name, len(data))
        info.mode = 0o755 if name in {"VintagestoryServer", "server.sh"} else 0o644
        parts += [_header(info), data, b"\0" * (-len(data) % tarfile.BLOCKSIZE)]
    return b"".join(parts)


def _end(length: int) -> bytes:
    """What ends a tar stream of this length: two empty blocks, and as many more as fill a record."""
    ending = 2 * tarfile.BLOCKSIZE
    return b"\0" * (ending + -(length + ending) % _TAR_RECORD)


def _pad(file: IO[bytes], packer: "zlib._Compress", random: Random, name: str) -> int:
    """Add a file of noise and zeros. Returns how much longer the tar stream is."""
    blocks = _PADDING_FILE_MEGABYTES * _MEGABYTE // _NOISE_BYTES
    size = blocks * _PADDED_BYTES
    file.write(packer.compress(_header(_info(name, size))))
    for _ in range(blocks):
        file.write(packer.compress(random.randbytes(_NOISE_BYTES).ljust(_PADDED_BYTES, b"\0")))
    return tarfile.BLOCKSIZE + size


def _header(info: tarfile.TarInfo) -> bytes:
    return info.tobuf(tarfile.GNU_FORMAT)


def _members(edition: Edition) -> dict[str, bytes]:
    """What an install holds beside the program; libraries are a few bytes that say whose place they take."""
    framework = {"name": "Microsoft.NETCore.App", "version": edition.framework}
    runtime = {"runtimeOptions": {"tfm": f"net{edition.framework[:-2]}", "framework": framework}}
    return {
        "VintagestoryServer": _LAUNCHER.encode(),
        "VintagestoryServer.deps.json": b'{"runtimeTarget": {}, "targets": {}, "libraries": {}}\n',
        "VintagestoryServer.runtimeconfig.json": json.dumps(runtime, indent=2).encode(),
        "server.sh": _SERVER_SH.encode(),
        "credits.txt": b"A stand-in of the game server, for tests and demonstrations.\n",
        "Mods/do_not_add_mods_here.txt": b"Mods belong into the Mods folder of the data path.\n",
        f"assets/version-{edition.version}.txt": b"",
        "assets/game/lang/en.json": b'{"game-name": "A stand-in"}\n',
        "assets/survival/blocktypes/stone/rock.json": b'{"code": "rock"}\n',
        "assets/creative/blocktypes/meta.json": b'{"code": "meta"}\n',
        **{name: f"MZ stand-in of {name} {edition.version}\n".encode() for name in _LIBRARIES},
    }


@cache
def _program() -> dict[str, bytes]:
    """The stand-in itself, below Lib/."""
    package = files(_PACKAGE)
    modules = {f"{_PACKAGE}/__init__.py": (package / "__init__.py").read_bytes()}
    for path in (package / "game").iterdir():
        if path.name.endswith(".py"):
            modules[f"{_PACKAGE}/game/{path.name}"] = path.read_bytes()
    return {f"Lib/{name}": data for name, data in modules.items()}


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime = size, _MADE
    info.uname = info.gname = "root"
    return info
