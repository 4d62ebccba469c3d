"""What some bytes are, whatever they are called."""

import pytest

from tests.pictures import gif, jpeg, jpeg_segment, png, png_header, webp
from vintagestory_api.kit.raster import GIF, JPEG, PNG, WEBP, RasterImage, read_raster


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (png(8, 9), RasterImage(PNG, 8, 9)),
        (png_header(100_000, 3), RasterImage(PNG, 100_000, 3)),
        (jpeg(640, 480), RasterImage(JPEG, 640, 480)),
        (jpeg(640, 480, before=jpeg_segment(0xE1, bytes(60_000)) * 20), RasterImage(JPEG, 640, 480)),
        (jpeg(64, 48, before=jpeg_segment(0xC4, bytes(20)) + b"\xff\xff" + jpeg_segment(0xDB, b"\0")), RasterImage(JPEG, 64, 48)),
        (gif(20, 10), RasterImage(GIF, 20, 10)),
        (gif(20, 10, before=b"\x21\xf9\x04\0\0\0\0\0\x21\xfe\x02hi\x03you\0"), RasterImage(GIF, 20, 10)),
        (gif(1, 1, frame=(5_000, 2, 60_000, 60_000)), RasterImage(GIF, 65_000, 60_002)),
        (webp(300, 200), RasterImage(WEBP, 300, 200)),
        (webp(300, 200, b"VP8L"), RasterImage(WEBP, 300, 200)),
        (webp(300, 200, b"VP8 "), RasterImage(WEBP, 300, 200)),
        (webp(16_000_000, 2), RasterImage(WEBP, 16_000_000, 2)),
    ],
)  # fmt: skip
def test_a_picture_says_what_it_is_and_how_large(data: bytes, expected: RasterImage) -> None:
    assert read_raster(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"<!doctype html><img src=x>",
        b"\xef\xbb\xbf<svg/>",
        b" " + png(),
        b"BM" + bytes(60),
        b"\0\0\1\0" + bytes(60),
        b"RIFF\0\0\0\0WAVEfmt ",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIDAT" + bytes(20),
        png_header(0, 5),
        jpeg(5, 0),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\0\x01",
        b"\xff\xd8\xff\xda\0\x02" + jpeg(5, 5)[2:],
        b"GIF89a\1\0\1\0\0\0\0;",
        webp(5, 5, b"VP8L").replace(b"\x2f", b"\0"),
        webp(5, 5)[:12] + b"ANIM" + bytes(40),
    ],
)
def test_what_is_no_picture_of_these_kinds_is_none(data: bytes) -> None:
    assert read_raster(data) is None


@pytest.mark.parametrize("data", [png_header(8, 8), jpeg(8, 8), gif(8, 8), webp(8, 8), webp(8, 8, b"VP8L"), webp(8, 8, b"VP8 ")])
def test_a_picture_that_is_cut_off_anywhere_harms_nothing(data: bytes) -> None:
    sizes = {read_raster(data[:length]) for length in range(len(data))}
    assert sizes <= {None, read_raster(data)}
    assert None in sizes


def test_endless_parts_come_to_an_end() -> None:
    assert read_raster(b"\xff\xd8" + b"\xff\xd0" * 1_000_000) is None
    assert read_raster(b"GIF89a" + bytes(7) + b"\x21\xfe\0" * 600_000) is None


def test_a_picture_of_countless_tiny_parts_is_none_rather_than_long_to_look_at() -> None:
    assert read_raster(jpeg(8, 8, before=b"\xff" * 90_000)) == RasterImage(JPEG, 8, 8)
    assert read_raster(jpeg(8, 8, before=b"\xff" * 1_900_000)) is None
    assert read_raster(gif(8, 8, before=b"\x21\xfe" + b"\x01a" * 90_000 + b"\0")) == RasterImage(GIF, 8, 8)
    assert read_raster(gif(8, 8, before=b"\x21\xfe" + b"\x01a" * 900_000 + b"\0")) is None
