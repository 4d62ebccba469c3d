"""What patterns of values ask for, in words."""

from typing import Final

_WORDS: Final = {
    r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$": "has to be of small letters, digits and dashes, at most 40 of them",
    r"^[A-Za-z0-9_-]{1,40}$": "has to be of letters, digits, - and _, at most 40 of them",
    r"^[0-9a-f]{64}$": "has to be a SHA-256: 64 digits and letters from a to f",
    r"^/[^\x00-\x1f\x7f]*$": "has to be a whole path, from / on, without control characters",
    r"^[^\x00-\x1f\x7f]*$": "has to be without line breaks and other control characters",
}


def asked_for(pattern: object) -> str:
    """The end of a sentence that begins with the place of a value which does not match."""
    return _WORDS.get(str(pattern), f"has to match the pattern {pattern}")
