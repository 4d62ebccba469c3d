"""Small archives of the file store, the same bytes for the same name every time."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace

from vintagestory_sandbox.catalogue import Mod
from vintagestory_sandbox.releases import Release

_MADE = (2026, 1, 1, 0, 0, 0)
_BIG_BYTES = 6_000_000


def file_bytes(mod: Mod, release: Release, dependencies: Mapping[str, str]) -> bytes | None:  # noqa: PLR0911 - one per content
    """The file of a release; None when the store has lost it. `dependencies` are what it needs besides the game."""
    modinfo = _modinfo(mod, release, dependencies)
    match release.content:
        case "missing":
            return None
        case "source":
            return f'// {release.filename}\nclass Single {{ public const string Version = "{release.version}"; }}\n'.encode()
        case "broken":
            return _archive({"modinfo.json": modinfo})[:-40]
        case "liar":
            return _archive({"modinfo.json": _modinfo(mod, replace(release, modidstr="somebodyelse"), dependencies)})
        case "otherversion":
            return _archive({"modinfo.json": _modinfo(mod, replace(release, version="9.9.9"), dependencies)})
        case "noinfo":
            return _archive({"readme.txt": b"There is no modinfo.json in here."})
        case "lenient":
            return _archive({"modinfo.json": _lenient_modinfo(mod, release)})
        case "slip":
            return _archive({"modinfo.json": modinfo, "../../outside.txt": b"climbed out", "/rooted.txt": b"from the top"})
        case "big":
            return _archive({"modinfo.json": modinfo, "assets/big/blob.bin": _noise(release.filename, _BIG_BYTES)})
        case _:
            identifier = (release.modidstr or "tool").lower()
            language = json.dumps({f"item-{identifier}": mod.row["name"]}).encode()
            blob = _noise(release.filename, 3000)
            names = {f"assets/{identifier}/lang/en.json": language, f"assets/{identifier}/blob.bin": blob}
            return _archive({"modinfo.json": modinfo, **names})


def _modinfo(mod: Mod, release: Release, dependencies: Mapping[str, str]) -> bytes:
    game = release.game_versions[0] if release.game_versions else ""
    info = {
        "type": "code",
        "modid": release.modidstr or "tool",
        "name": mod.row["name"],
        "authors": [mod.row["author"]],
        "description": mod.row["summary"],
        "version": release.version,
        "side": {"both": "Universal", "server": "Server", "client": "Client"}.get(mod.row["side"], "Universal"),
        "dependencies": {"game": game, **dependencies},
    }
    return json.dumps(info, ensure_ascii=False, indent=2).encode()


def _lenient_modinfo(mod: Mod, release: Release) -> bytes:
    """What only the game's parser takes: a byte order mark, comments, bare and single-quoted names, trailing commas."""
    return (
        f"\ufeff{{\r\n  // made by hand\r\n  Type: 'content',\r\n  modid: \"{release.modidstr}\", /* the id */\r\n"
        f"  'Name': \"{mod.row['name']}\",\r\n  \"version\": '{release.version}',\r\n"
        "  dependencies: { game: '1.21.0', },\r\n}\r\n"
    ).encode()


def _archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _MADE)
            info.compress_type = zipfile.ZIP_DEFLATED if len(data) < 100_000 else zipfile.ZIP_STORED
            archive.writestr(info, data)
    return buffer.getvalue()


def _noise(name: str, length: int) -> bytes:
    return hashlib.shake_128(name.encode()).digest(length)
