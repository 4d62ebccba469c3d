"""The .NET runtime that an install asks for: the stand-in needs none, but can be told to look for it."""

import json
from collections.abc import Mapping
from pathlib import Path

_PLACES = ("/usr/share/dotnet", "/usr/lib/dotnet", "/usr/local/share/dotnet")
_NAME = "Microsoft.NETCore.App"


def missing_runtime(install: Path, mode: str, environment: Mapping[str, str]) -> str | None:
    """What the program says when its runtime is missing; None when it is there, or nobody looks (`mode` is a switch)."""
    if mode == "ignore":
        return None
    config = json.loads((install / "VintagestoryServer.runtimeconfig.json").read_text(encoding="utf-8"))
    wanted: str = config["runtimeOptions"]["framework"]["version"]
    found = [] if mode == "missing" else _found(environment)
    if any(version.partition(".")[0] == wanted.partition(".")[0] for version, _ in found):
        return None
    listed = [f"  {version} at [{place}]" for version, place in found]
    lines = [
        "You must install or update .NET to run this application.",
        "",
        f"App: {install / 'VintagestoryServer'}",
        "Architecture: x64",
        f"Framework: '{_NAME}', version '{wanted}' (x64)",
        f".NET location: {environment.get('DOTNET_ROOT', _PLACES[0])}",
        "",
        *(["The following frameworks were found:", *listed] if listed else ["No frameworks were found."]),
        "",
        "Learn more:",
        "https://aka.ms/dotnet/app-launch-failed",
        "",
        "To install missing framework, download:",
        f"https://aka.ms/dotnet-core-applaunch?framework={_NAME}&framework_version={wanted}&arch=x64",
    ]
    return "\n".join(lines) + "\n"


def _found(environment: Mapping[str, str]) -> list[tuple[str, Path]]:
    roots = [environment["DOTNET_ROOT"]] if environment.get("DOTNET_ROOT") else _PLACES
    folders = [Path(root) / "shared" / _NAME for root in roots]
    return [(path.name, folder) for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
