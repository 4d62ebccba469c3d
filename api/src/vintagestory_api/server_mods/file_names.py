"""Names of files among the mods: which can be written down, and how the others are shown."""

import os
import re
from typing import Final

_MAX_NAME_BYTES = 255
#: Control characters, what would let a line of text look like another one, and bytes that are no UTF-8.
_UNUSABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def is_plain_name(name: str) -> bool:
    """A name for one file in a folder, which can be written down, and nothing that leads elsewhere."""
    return (
        name not in {"", ".", ".."}
        and "/" not in name
        and _UNUSABLE.search(name) is None
        and len(os.fsencode(name)) <= _MAX_NAME_BYTES
    )


def shown_name(name: str) -> str:
    """A plain name, as far as this one is text; its end, where that would be too long."""
    return _UNUSABLE.sub("\ufffd", name).encode()[-_MAX_NAME_BYTES:].decode(errors="ignore")
