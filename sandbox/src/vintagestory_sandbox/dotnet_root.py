"""A folder that looks like an installed .NET: enough for whoever checks for the runtime of a game server."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

DEFAULT_VERSIONS: Final = ("7.0.20", "8.0.20", "10.0.10")

_NAME = "Microsoft.NETCore.App"
_PROGRAM = """#!/usr/bin/env -S python3 -I -S -B
import os
import sys
from pathlib import Path

root = Path(__file__).resolve().parent / "shared" / "Microsoft.NETCore.App"
if sys.argv[1:] == ["--list-runtimes"]:
    for folder in sorted(root.iterdir(), key=lambda path: [int(part) for part in path.name.split(".")]):
        print(f"Microsoft.NETCore.App {folder.name} [{root}]")
elif sys.argv[1:2] and sys.argv[1].endswith("VintagestoryServer.dll"):
    os.environ["DOTNET_ROOT"] = str(root.parents[1])
    os.execv(Path(sys.argv[1]).resolve().with_suffix(""), ["VintagestoryServer", *sys.argv[2:]])
else:
    sys.exit("This stand-in of dotnet lists runtimes and runs VintagestoryServer.dll, no more.")
"""


def make_dotnet_root(folder: Path, versions: Sequence[str] = DEFAULT_VERSIONS) -> Path:
    """Lay down runtimes of these versions and a `dotnet` that knows them. Returns the folder, to be used as DOTNET_ROOT."""
    for version in versions:
        (folder / "shared" / _NAME / version).mkdir(parents=True, exist_ok=True)
    program = folder / "dotnet"
    program.write_text(_PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    return folder
