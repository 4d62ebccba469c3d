"""What a mod that is a single program (.dll or .cs) says of itself: the game keeps that in attributes of the program."""

import re
import struct
from collections.abc import Iterator
from typing import Any, Final

from vintagestory_api.server_mods.modinfo import ModInfo, modinfo_of

#: Attributes stand at the beginning of a source; nothing is searched in what is longer.
_MAX_SOURCE_BYTES = 2_000_000
_TEXT = r'"((?:[^"\\\n]|\\.)*)"'
_INFO_IN_SOURCE = re.compile(rf"\[\s*assembly\s*:\s*ModInfo(?:Attribute)?\s*\(\s*{_TEXT}\s*(?:,\s*{_TEXT})?")
_DEPENDENCY_IN_SOURCE = re.compile(
    rf"\[\s*assembly\s*:\s*ModDependency(?:Attribute)?\s*\(\s*{_TEXT}\s*(?:,\s*(?:version\s*:\s*)?{_TEXT})?"
)
_NAMED_IN_SOURCE = re.compile(rf"\b(Version|Side|Description|Website|NetworkVersion)\s*=\s*{_TEXT}")
_AUTHORS_IN_SOURCE = re.compile(r"\bAuthors\s*=\s*new\s*(?:string\s*)?\[\s*\]\s*\{([^}]{0,2000})\}")
_NAMED: Final = frozenset(
    {"Version", "Side", "Description", "Website", "NetworkVersion", "Authors", "Contributors", "IconPath", "WorldConfig"}
    | {"RequiredOnClient", "RequiredOnServer", "CoreMod", "ModID", "Name"}
)
_STRING, _BOOLEAN, _ARRAY, _FIELD, _PROPERTY = 0x0E, 0x02, 0x1D, 0x53, 0x54
_GOOD_ID = re.compile(r"[A-Za-z][A-Za-z0-9]{0,99}", re.ASCII)
_DEPENDENCY_ID = re.compile(r"[a-z][a-z0-9]{0,99}", re.ASCII)
_DEPENDENCY_VERSION = re.compile(r"\*?|\d{1,9}(\.\d{1,9}){1,3}(-\w{1,20}(\.\d{1,9})?)?", re.ASCII)
_NO_TEXT = 0xFF
#: Large libraries have some ten thousand.
_MAX_BLOBS = 200_000


def read_source(data: bytes) -> ModInfo | None:
    """From a .cs file; None where it does not tell."""
    text = data[:_MAX_SOURCE_BYTES].decode("utf-8-sig", "replace")
    found = _INFO_IN_SOURCE.search(text)
    if found is None:
        return None
    rest = text[found.end() : found.end() + 5_000].partition(")]")[0]
    fields: dict[str, Any] = {"type": "code", "name": found[1], "modid": found[2]}
    fields |= {named[1].lower(): named[2] for named in _NAMED_IN_SOURCE.finditer(rest)}
    if authors := _AUTHORS_IN_SOURCE.search(rest):
        fields["authors"] = re.findall(_TEXT, authors[1])
    fields["dependencies"] = {one[1]: one[2] or "" for one in _DEPENDENCY_IN_SOURCE.finditer(text)}
    return _info(fields)


def read_dll(data: bytes) -> ModInfo | None:
    """From a program library; None where it does not tell, or not in the way that compilers write it.

    Not the whole of its tables is read, only the heap of values: what the mod's attribute holds has a shape of its own.
    """
    if b"ModInfoAttribute" not in data:
        return None
    try:
        blobs = list(_blobs(data))
    except (struct.error, IndexError, ValueError):
        return None
    found: dict[str, Any] | None = None
    dependencies: dict[str, str] = {}
    for blob in blobs:
        try:
            texts, named = _attribute(blob)
        except (struct.error, IndexError, ValueError):
            continue
        if named and len(texts) == 2 and _GOOD_ID.fullmatch(texts[1]) and named.keys() <= _NAMED:
            told = {"type": "code", "name": texts[0], "modid": texts[1]}
            found = found or told | {name.lower(): value for name, value in named.items()}
        elif not named and len(texts) == 2 and _is_dependency(*texts):
            dependencies[texts[0]] = texts[1]
    if found is None:
        return None
    return _info(found | {"dependencies": dependencies if b"ModDependencyAttribute" in data else {}})


def _info(fields: dict[str, Any]) -> ModInfo | None:
    info = modinfo_of(fields)
    return info if isinstance(info, ModInfo) else None


def _is_dependency(modid: str, version: str) -> bool:
    return _DEPENDENCY_ID.fullmatch(modid) is not None and _DEPENDENCY_VERSION.fullmatch(version) is not None


def _blobs(data: bytes) -> Iterator[bytes]:
    """The heap `#Blob` of a .NET library (ECMA-335, II.24.2)."""
    root = data.index(b"BSJB\x01\x00\x01\x00")
    (version_size,) = struct.unpack_from("<I", data, root + 12)
    position = root + 16 + version_size
    _flags, streams = struct.unpack_from("<2H", data, position)
    position += 4
    for _number in range(min(streams, 16)):
        offset, size = struct.unpack_from("<2I", data, position)
        name_end = data.index(b"\0", position + 8, position + 8 + 33)
        if data[position + 8 : name_end] == b"#Blob":
            yield from _blobs_of(data[root + offset : root + offset + size])
        position = name_end + 4 - (name_end - position) % 4


def _blobs_of(heap: bytes) -> Iterator[bytes]:
    position = 0
    for _number in range(_MAX_BLOBS):
        if position >= len(heap):
            return
        size, start = _packed_number(heap, position)
        if heap[start : start + 2] == b"\x01\x00":  # an attribute's value begins so
            yield heap[start : start + size]
        position = start + size


def _packed_number(data: bytes, position: int) -> tuple[int, int]:
    """A number, and where the next thing begins."""
    first = data[position]
    if first < 0x80:
        return first, position + 1
    if first < 0xC0:
        return (first & 0x3F) << 8 | data[position + 1], position + 2
    return int.from_bytes(bytes((first & 0x1F, *data[position + 1 : position + 4])), "big"), position + 4


def _attribute(blob: bytes) -> tuple[list[str], dict[str, Any]]:
    """The leading texts and the named values. Raises `ValueError`, `IndexError` or `struct.error` for any other shape."""
    first, position = _packed_text(blob, 2)
    texts = [first]
    if len(blob) - position > 2:
        second, position = _packed_text(blob, position)
        texts.append(second)
    (count,) = struct.unpack_from("<H", blob, position)
    position += 2
    named: dict[str, Any] = {}
    for _number in range(count):
        member, kind = blob[position], blob[position + 1]
        of_what = blob[position + 2] if kind == _ARRAY else None
        name, position = _packed_text(blob, position + (3 if kind == _ARRAY else 2))
        if member not in {_FIELD, _PROPERTY} or of_what not in {None, _STRING}:
            raise ValueError
        if kind == _STRING:
            named[name], position = _packed_text(blob, position)
        elif kind == _BOOLEAN:
            named[name], position = blob[position] != 0, position + 1
        elif kind == _ARRAY:
            (length,) = struct.unpack_from("<I", blob, position)
            position += 4
            named[name] = []
            for _item in range(0 if length == 0xFFFFFFFF else length):
                item, position = _packed_text(blob, position)
                named[name].append(item)
        else:
            raise ValueError
    if position != len(blob):
        raise ValueError
    return texts, named


def _packed_text(blob: bytes, position: int) -> tuple[str, int]:
    if blob[position] == _NO_TEXT:
        return "", position + 1
    size, start = _packed_number(blob, position)
    if start + size > len(blob):
        raise ValueError
    return blob[start : start + size].decode(), start + size
