"""Makes pictures of pages small: 256 colours are enough for them. The browser, which can read PNG, picks the colours."""

import base64
import struct
import zlib
from typing import Any

from playwright.sync_api import Browser

_PICK = """
async (source) => {
  const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${source}`)).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  // The most frequent colours, and for all others the nearest of those.
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) {
    const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const palette = [...counts].sort((one, other) => other[1] - one[1]).slice(0, 256).map(([colour]) => colour);
  const places = new Map(palette.map((colour, place) => [colour, place]));
  const nearest = (colour) => {
    let best = 0, least = Infinity;
    for (const [place, known] of palette.entries()) {
      const red = (colour >> 16) - (known >> 16);
      const green = ((colour >> 8) & 255) - ((known >> 8) & 255);
      const blue = (colour & 255) - (known & 255);
      const distance = 3 * red * red + 4 * green * green + 2 * blue * blue;
      if (distance < least) [best, least] = [place, distance];
    }
    places.set(colour, best);
    return best;
  };
  const indices = new Uint8Array(bitmap.width * bitmap.height);
  for (let at = 0; at < data.length; at += 4) {
    const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    indices[at / 4] = places.get(colour) ?? nearest(colour);
  }
  let text = "";
  for (let at = 0; at < indices.length; at += 32768) text += String.fromCharCode(...indices.subarray(at, at + 32768));
  return { width: bitmap.width, height: bitmap.height, palette, indices: btoa(text) };
}
"""


def small_png(browser: Browser, png: bytes) -> bytes:
    with browser.new_context() as context:
        picked: dict[str, Any] = context.new_page().evaluate(_PICK, base64.b64encode(png).decode())
    width, height = picked["width"], picked["height"]
    indices = base64.b64decode(picked["indices"])
    lines = b"".join(b"\0" + indices[start : start + width] for start in range(0, len(indices), width))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", b"".join(colour.to_bytes(3, "big") for colour in picked["palette"])),
            _chunk(b"IDAT", zlib.compress(lines, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
