"""Passwords of games kept out of what is shown of consoles and log files: the game writes down each command and its answer."""

import re
from collections.abc import Iterator
from typing import Final

from vintagestory_api.kit.redaction import MASK

_BEFORE: Final = (
    r"(?:/(?:serverconfig|sc)[ \t]+password[ \t]+"  # a command, of whomever
    r"|\bcurrent password is[ \t]+|\bpassword set to[ \t]+"  # its answer
    r"|\bserver config password to[ \t]+)"  # what the game notes of a player who set it
)
_TEXT: Final = re.compile(rf"({_BEFORE})(?!(?:null|off)\s*$)[^\r\n]+", re.IGNORECASE | re.MULTILINE)
_BYTES: Final = re.compile(_TEXT.pattern.encode(), re.IGNORECASE | re.MULTILINE)
#: A longer line is looked at in parts.
_LONGEST_LINE_BYTES: Final = 1 << 20


def without_passwords(text: str) -> str:
    """Of any number of whole lines. There are as many of them afterwards."""
    return _TEXT.sub(rf"\g<1>{MASK}", text) if "password" in text.lower() else text


class PasswordFilter:
    """The same for the bytes of a file, which come in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def pass_on(self, data: bytes) -> Iterator[bytes]:
        """What can be told by now; nothing of `data` at the end of the file (empty) stays behind."""
        whole = self._rest + data
        cut = len(whole) if not data or len(whole) > len(data) + _LONGEST_LINE_BYTES else whole.rfind(b"\n") + 1
        self._rest = whole[cut:]
        if cut:
            known = whole[:cut]
            yield _BYTES.sub(rb"\g<1>" + MASK.encode(), known) if b"password" in known.lower() else known
