"""Versions as the mod database keeps them: 16 bits each for major, minor, patch, suffix (source: vsmoddb lib/version.php)."""

import re

STABLE = 0xFFFF
PRIMARY_MASK = 0xFFFF_FFFF_0000_0000

_KINDS = {"dev": 0x4, "pre": 0x8, "rc": 0xC}
_NAMES = {number: name for name, number in _KINDS.items()}
_FULL = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)(?:-(dev|pre|rc)\.([0-9]+))?")
_PRIMARY = re.compile(r"([0-9]+)\.([0-9]+)")


def pack(version: str) -> int | None:
    """The sortable number of a version, None when it does not parse. Parts above 65,535 wrap around, as on the real site."""
    parts = _FULL.fullmatch(version)
    if parts is None:
        return None
    suffix = STABLE if parts[4] is None else _KINDS[parts[4]] << 12 | int(parts[5]) & 0xFFF
    return _packed_primary(parts[1], parts[2]) | (int(parts[3]) & 0xFFFF) << 16 | suffix


def pack_primary(version: str) -> int | None:
    """The number of a minor line ("1.21"); None for anything else, a full version included."""
    parts = _PRIMARY.fullmatch(version)
    return None if parts is None else _packed_primary(parts[1], parts[2])


def unpack(number: int) -> str:
    """The text of a packed version."""
    text = f"{number >> 48}.{number >> 32 & 0xFFFF}.{number >> 16 & 0xFFFF}"
    kind = _NAMES.get(number >> 12 & 0xF)
    return f"{text}-{kind}.{number & 0xFFF}" if kind else text


def is_stable(number: int) -> bool:
    """Whether a packed version is no pre-release."""
    return number & 0xFFFF == STABLE


def _packed_primary(major: str, minor: str) -> int:
    return (int(major) & 0xFFFF) << 48 | (int(minor) & 0xFFFF) << 32
