"""Text as people edit it, and the files that it comes from: their encoding and line ends stay as they are."""

import codecs
from dataclasses import dataclass
from typing import Final

from vintagestory_api.errors import Invalid

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class NoText(Invalid):
    code = "not_text"


@dataclass(frozen=True)
class TextStyle:
    """How a file is written: the mark at its start, its encoding, its line ends."""

    mark: bytes = b""
    encoding: str = "utf-8"
    newline: str = "\n"

    def encode(self, text: str) -> bytes:
        """Raises `NoText`."""
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        try:
            return self.mark + lines.replace("\n", self.newline).encode(self.encoding)
        except UnicodeEncodeError:
            raise NoText("The text holds half of a character. Send complete characters.") from None


def decode_text(data: bytes) -> tuple[str, TextStyle]:
    """Line ends are `\\n` in the text. Raises `NoText`."""
    mark, encoding = next(((mark, encoding) for mark, encoding in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise NoText("This file is no text, so it can't be shown or changed here.")
    newline = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    return text.replace("\r\n", "\n"), TextStyle(mark, encoding, newline)
