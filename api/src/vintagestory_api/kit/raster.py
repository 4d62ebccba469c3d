"""What kind of picture some bytes are and how large it is, told from the bytes alone; nothing is decoded."""

import struct
from dataclasses import dataclass
from typing import Final

PNG: Final = "image/png"
JPEG: Final = "image/jpeg"
GIF: Final = "image/gif"
WEBP: Final = "image/webp"
RASTER_TYPES: Final = (PNG, JPEG, GIF, WEBP)

_PNG_START = b"\x89PNG\r\n\x1a\n"
#: Start-of-frame markers of JPEG: C0 to CF without the tables DHT (C4), JPG (C8) and DAC (CC).
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: JPEG markers without a length: TEM, RST0 to RST7, and a second SOI.
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
#: All that is looked at, however small it is: this is done on the way of requests, and with what strangers made.
_MAX_PARTS = 100_000


@dataclass(frozen=True)
class RasterImage:
    content_type: str
    width: int
    height: int


def read_raster(data: bytes) -> RasterImage | None:
    """The picture that `data` begins with; None for anything that is no PNG, JPEG, GIF or WebP with a size, whatever its
    sender calls it."""
    try:
        return _read(data)
    except (struct.error, IndexError):
        return None  # it ends before it says how large it is


def _read(data: bytes) -> RasterImage | None:
    found: tuple[str, tuple[int, int] | None]
    if data.startswith(_PNG_START):
        found = PNG, _png_size(data)
    elif data.startswith(b"\xff\xd8\xff"):
        found = JPEG, _jpeg_size(data)
    elif data.startswith((b"GIF87a", b"GIF89a")):
        found = GIF, _gif_size(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        found = WEBP, _webp_size(data)
    else:
        return None
    content_type, size = found
    return RasterImage(content_type, *size) if size is not None and min(size) > 0 else None


def _png_size(data: bytes) -> tuple[int, int] | None:
    length, kind, width, height = struct.unpack_from(">I4sII", data, 8)
    return (width, height) if (length, kind) == (13, b"IHDR") else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    place = 2
    for _ in range(_MAX_PARTS):
        if data[place] != 0xFF:
            return None
        place += 1
        marker = data[place]
        if marker == 0xFF:  # a marker may have fill bytes before it
            continue
        place += 1
        if marker in _JPEG_BARE:
            continue
        (length,) = struct.unpack_from(">H", data, place)
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 3)
            return width, height
        if length < 2 or marker in {0xD9, 0xDA}:  # the end, or the pixels, before the size
            return None
        place += length
    return None


def _gif_size(data: bytes) -> tuple[int, int] | None:
    """The screen, or what the first frame makes of it: browsers make room for a frame that is larger."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    place = 13 + _colour_table_bytes(flags)
    is_inside = False
    for _ in range(_MAX_PARTS):
        start = data[place]
        if is_inside:  # an extension, which is a row of parts; the last one is empty
            is_inside = start != 0
            place += 1 + start
        elif start == 0x2C:
            left, top, frame_width, frame_height = struct.unpack_from("<HHHH", data, place + 1)
            return max(width, left + frame_width), max(height, top + frame_height)
        elif start == 0x21:
            is_inside = True
            place += 2
        else:
            return None
    return None


def _colour_table_bytes(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _webp_size(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(_exactly(data, 24, 3), "little") + 1, int.from_bytes(_exactly(data, 27, 3), "little") + 1
    if kind == b"VP8L":
        signature, bits = struct.unpack_from("<BI", data, 20)
        return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1) if signature == 0x2F else None
    if kind == b"VP8 ":
        start, width, height = struct.unpack_from("<3sHH", data, 23)
        return (width & 0x3FFF, height & 0x3FFF) if start == b"\x9d\x01\x2a" else None
    return None


def _exactly(data: bytes, start: int, count: int) -> bytes:
    part = data[start : start + count]
    if len(part) != count:
        raise IndexError(start)
    return part
