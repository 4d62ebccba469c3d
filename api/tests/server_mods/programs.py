"""Program libraries as compilers write them, as far as their attributes go (ECMA-335, II.22 to II.24)."""

import struct
from collections.abc import Mapping, Sequence


def library(*values: bytes, names: Sequence[str] = ("ModInfoAttribute", "ModDependencyAttribute")) -> bytes:
    """A file with a heap of names and one of attribute values."""
    heap = b"\0" + b"".join(_packed(value) for value in (b"\x06\x0e", *values))
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in names)
    header = b"BSJB" + struct.pack("<2HII", 1, 1, 0, 12) + b"v4.0.30319\0\0" + struct.pack("<2H", 0, 2)
    first = len(header) + 8 + 12 + 8 + 8
    streams = struct.pack("<2I", first, len(strings)) + b"#Strings\0\0\0\0"
    streams += struct.pack("<2I", first + len(strings), len(heap)) + b"#Blob\0\0\0"
    return b"MZ" + bytes(510) + header + streams + strings + heap


def attribute(*texts: str | None, **named: str | bool | Sequence[str]) -> bytes:
    """The value of one attribute: what its constructor gets, then what is set by name."""
    value = b"\x01\x00" + b"".join(_text(text) for text in texts) + struct.pack("<H", len(named))
    return value + b"".join(_named(name, what) for name, what in named.items())


def mod_library(modid: str, name: str, dependencies: Mapping[str, str], **named: str | bool | Sequence[str]) -> bytes:
    needed = [attribute(other, version) for other, version in dependencies.items()]
    return library(attribute("RepositoryUrl", "https://mods.example"), attribute(name, modid, **named), *needed)


def _named(name: str, what: str | bool | Sequence[str]) -> bytes:
    if isinstance(what, bool):
        return b"\x54\x02" + _text(name) + bytes([what])
    if isinstance(what, str):
        return b"\x54\x0e" + _text(name) + _text(what)
    return b"\x54\x1d\x0e" + _text(name) + struct.pack("<I", len(what)) + b"".join(map(_text, what))


def _text(text: str | None) -> bytes:
    return b"\xff" if text is None else _packed(text.encode())


def _packed(data: bytes) -> bytes:
    size = len(data)
    if size < 0x80:
        return bytes([size]) + data
    return struct.pack(">H", size | 0x8000) + data if size < 0x4000 else struct.pack(">I", size | 0xC0000000) + data
