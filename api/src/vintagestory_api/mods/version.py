"""Order of mod versions, which authors write freely."""

import re
from dataclasses import dataclass
from typing import Self

from vintagestory_api.kit.release_version import STABLE, STAGES

_PATTERN = re.compile(
    r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-(dev|alpha|beta|pre|rc)[.-]?(\d{1,9})?)?(?:\+[0-9A-Za-z.-]*)?",
    re.ASCII | re.IGNORECASE,
)
# The game knows dev, pre and rc only; alpha and beta are what people mean by dev and pre.
_STAGE_NAMES = {"dev": "dev", "alpha": "dev", "beta": "pre", "pre": "pre", "rc": "rc"}


@dataclass(frozen=True, order=True)
class ModVersion:
    """`1.2.0-rc.9` < `1.2.0-rc.10` < `1.2.0` = `v1.2` < `1.2.0.1`."""

    numbers: tuple[int, int, int, int]
    stage: int = STABLE
    build: int = 0

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None for what has no place in the order ("vNext", "{version}", "1.0-hotfix"); never raises."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            return None
        major, minor, patch, revision, stage, build = match.groups()
        rank = STABLE if stage is None else STAGES.index(_STAGE_NAMES[stage.lower()])
        return cls((int(major), int(minor or 0), int(patch or 0), int(revision or 0)), rank, int(build or 0))


def compare_mod_versions(left: str, right: str) -> int | None:
    """-1, 0 or 1 as `left` is older than, the same as or newer than `right`; None when one of them can't be placed."""
    if left.strip() == right.strip():
        return 0
    first, second = ModVersion.parse(left), ModVersion.parse(right)
    if first is None or second is None:
        return None
    return (first > second) - (first < second)
