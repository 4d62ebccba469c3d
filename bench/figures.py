"""Figures and their limits, and the few statistics they need."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Figure:
    """One measured value and what it has to be. Names are documented in docs/performance.md."""

    name: str
    value: float
    limit: float
    unit: str
    wanted: Literal["at most", "at least"] = "at most"

    @property
    def is_met(self) -> bool:
        return self.value <= self.limit if self.wanted == "at most" else self.value >= self.limit

    def told(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.is_met}


@dataclass(frozen=True)
class Measured:
    """What a benchmark found: the figures to reach, and everything else worth knowing."""

    figures: Sequence[Figure]
    details: dict[str, Any]

    def told(self) -> dict[str, Any]:
        return {"figures": [figure.told() for figure in self.figures], "details": self.details}


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that `part` (0 to 1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def spread(values: Sequence[float], digits: int = 3) -> dict[str, float]:
    return {
        "p50": round(percentile(values, 0.5), digits),
        "p99": round(percentile(values, 0.99), digits),
        "max": round(max(values), digits),
    }
