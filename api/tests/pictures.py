"""Pictures for tests: only as much of each as says what it is and how large."""

import struct
import zlib


def png(width: int = 8, height: int = 8) -> bytes:
    """A whole, black one."""
    rows = zlib.compress((b"\0" + b"\0" * ((width + 7) // 8)) * height)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def png_header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0)


def jpeg(width: int, height: int, before: bytes = b"") -> bytes:
    """Up to its frame; `before` are segments that come first."""
    frame = struct.pack(">BHHB", 8, height, width, 3) + bytes(9)
    return b"\xff\xd8" + jpeg_segment(0xE0, b"JFIF\0") + before + jpeg_segment(0xC2, frame) + b"\xff\xd9"


def jpeg_segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content


def gif(width: int, height: int, frame: tuple[int, int, int, int] | None = None, before: bytes = b"") -> bytes:
    """With a palette of two colours, and one frame (left, top, width, height)."""
    left, top, frame_width, frame_height = frame or (0, 0, width, height)
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return b"GIF89a" + screen + before + b"\x2c" + struct.pack("<HHHHB", left, top, frame_width, frame_height, 0) + b"\x02\0;"


def webp(width: int, height: int, kind: bytes = b"VP8X") -> bytes:
    match kind:
        case b"VP8X":
            content = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        case b"VP8L":
            content = b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little")
        case _:
            content = bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", width, height)
    body = b"WEBP" + kind + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(body)) + body
