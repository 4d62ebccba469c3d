"""Logos and screenshots, the same bytes for the same name every time: most are what they are called, some are not.

The name ends with `.png` always, as a name says nothing. Of 64 pictures about 56 are PNG, three JPEG, two GIF, two WebP, and
one is nothing that a careful client shows.
"""

import hashlib
import struct
import zlib
from typing import Final, Literal

Kind = Literal["png", "jpeg", "gif", "webp", "svg", "html", "large", "wide", "missing"]

_CELLS = 8
_PNG_SIDE = 96
#: JPEG works in blocks of eight, so there a cell is a block.
_SIDE = 64
_BROKEN: Final[tuple[Kind, ...]] = ("svg", "html", "large", "wide", "missing")
_PNG_START = b"\x89PNG\r\n\x1a\n"


def picture_kind(digest: str) -> Kind:
    """What lies under a name with these 32 hexadecimal digits."""
    seed = bytes.fromhex(digest)
    match seed[15] & 63:
        case 63:
            return _BROKEN[seed[14] % len(_BROKEN)]
        case 60 | 61 | 62:
            return "jpeg"
        case 58 | 59:
            return "gif"
        case 56 | 57:
            return "webp"
        case _:
            return "png"


def picture(digest: str) -> bytes | None:  # noqa: PLR0911 - one per kind
    """The file under a name with these digits; None where the store has lost it."""
    seed = bytes.fromhex(digest)
    first, second = seed[:3], seed[3:6]
    bits = int.from_bytes(seed[6:14], "big")
    cells = [[bits >> (line * _CELLS + column) & 1 for column in range(_CELLS)] for line in range(_CELLS)]
    match picture_kind(digest):
        case "png":
            return _png(first, second, cells)
        case "jpeg":
            return _jpeg(first, second, cells)
        case "gif":
            return _gif(first, second, cells)
        case "webp":
            return _webp(first, second, cells)
        case "svg":
            return b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert("logo")</script></svg>\n'
        case "html":
            return b"<!DOCTYPE html>\n<title>Not a picture</title><script>alert('logo')</script>\n"
        case "large":
            return _png(first, second, cells) + hashlib.shake_128(seed).digest(3_000_000)
        case "wide":
            return _png_file(20_000, 20_000, b"")
        case "missing":
            return None


def _png(first: bytes, second: bytes, cells: list[list[int]]) -> bytes:
    step = _PNG_SIDE // _CELLS
    rows = b"".join((b"\0" + b"".join((second if cell else first) * step for cell in line)) * step for line in cells)
    return _png_file(_PNG_SIDE, _PNG_SIDE, rows)


def _png_file(width: int, height: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return _PNG_START + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _jpeg(first: bytes, second: bytes, cells: list[list[int]]) -> bytes:
    """Baseline, three full planes, and of each block of eight by eight only its mean."""
    tables = (
        _segment(0xDB, b"\0" + b"\x08" * 64),
        _segment(0xC0, struct.pack(">BHHB", 8, _SIDE, _SIDE, 3) + b"".join(bytes((number, 0x11, 0)) for number in (1, 2, 3))),
        # Differences: the twelve sizes in four bits each. Everything else of a block: one sign for "no more", one bit.
        _segment(0xC4, b"\x00" + bytes((0, 0, 0, 12)) + bytes(12) + bytes(range(12))),
        _segment(0xC4, b"\x10" + bytes((1,)) + bytes(15) + b"\0"),
        _segment(0xDA, b"\x03" + b"\1\0\2\0\3\0" + b"\0\x3f\0"),
    )
    bits: list[str] = []
    before = [0, 0, 0]
    means = (_ycbcr(first), _ycbcr(second))
    for line in cells:
        for cell in line:
            for plane, mean in enumerate(means[cell]):
                difference = mean - before[plane]
                before[plane] = mean
                size = abs(difference).bit_length()
                value = difference if difference >= 0 else difference + (1 << size) - 1
                bits.append(f"{size:04b}" + (f"{value:0{size}b}" if size else "") + "0")
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    coded = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")
    start = _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    return b"\xff\xd8" + start + b"".join(tables) + coded + b"\xff\xd9"


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _ycbcr(colour: bytes) -> tuple[int, int, int]:
    """Around zero, as JPEG counts."""
    red, green, blue = colour
    y = 0.299 * red + 0.587 * green + 0.114 * blue
    return round(y - 128), round((blue - y) * 0.564), round((red - y) * 0.713)


def _gif(first: bytes, second: bytes, cells: list[list[int]]) -> bytes:
    """Without compression: the dictionary is cleared before it could make the codes longer."""
    clear, end = 4, 5
    step = _SIDE // _CELLS
    pixels = [cell for line in cells for _ in range(step) for cell in line for _ in range(step)]
    codes = [code for place in range(0, len(pixels), 2) for code in (clear, *pixels[place : place + 2])]
    data = _packed([(code, 3) for code in (*codes, end)])
    blocks = b"".join(bytes((len(data[start : start + 255]),)) + data[start : start + 255] for start in range(0, len(data), 255))
    screen = struct.pack("<HHBBB", _SIDE, _SIDE, 0x81, 0, 0) + first + second + bytes(6)
    return b"GIF89a" + screen + b"\x2c" + struct.pack("<HHHHB", 0, 0, _SIDE, _SIDE, 0) + b"\x02" + blocks + b"\0;"


def _webp(first: bytes, second: bytes, cells: list[list[int]]) -> bytes:
    """Lossless, with a code of one bit for each channel in which the two colours differ, and of none for the others."""
    parts = [(0x2F, 8), (_SIDE - 1, 14), (_SIDE - 1, 14), (0, 1), (0, 3), (0, 1), (0, 1), (0, 1)]
    channels = (1, 0, 2)  # green, red, blue
    values = [sorted({first[channel], second[channel]}) for channel in channels]
    for symbols in (*values, [255], [0]):
        parts += [(1, 1), (len(symbols) - 1, 1), (1, 1), *((symbol, 8) for symbol in symbols)]
    step = _SIDE // _CELLS
    coded = [
        [
            (symbols.index(colour[channel]), 1)
            for channel, symbols in zip(channels, values, strict=True)
            if len(symbols) == 2
        ]
        for colour in (first, second)
    ]  # fmt: skip
    for line in cells:
        row = [part for cell in line for _ in range(step) for part in coded[cell]]
        parts += row * step
    data = _packed(parts)
    data += b"\0" * (len(data) % 2)
    chunk = b"WEBPVP8L" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(chunk)) + chunk


def _packed(parts: list[tuple[int, int]]) -> bytes:
    """Numbers of so many bits one after the other, the lowest bit first."""
    text = "".join(f"{value:0{count}b}"[::-1] for value, count in parts)
    return bytes(int(text[start : start + 8][::-1], 2) for start in range(0, len(text), 8))
