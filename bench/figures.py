"""Statistics with their basis: quantiles with their sample count, medians with their lowest and highest."""

import statistics
from collections.abc import Sequence
from typing import Any

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

NEEDED = {"p50": 1, "p95": 100, "p99": 1000}
"""Samples that a quantile needs.

A p99 of fewer than 1,000 has fewer than ten samples beyond it: it would be a maximum.
"""

KEPT_UP = 0.97
"""The share of an asked rate that must be achieved. Below it, a latency at that rate says nothing: its row is void."""


def quantiles(seconds: Sequence[float]) -> dict[str, Any]:
    """The count `n`, the quantiles and the maximum, in milliseconds. A quantile that lacks samples is `None`."""
    ordered = sorted(value * 1000 for value in seconds)
    count = len(ordered)
    found: dict[str, Any] = {"n": count}
    for name, share in QUANTILES.items():
        enough = count >= NEEDED[name]
        found[name] = round(ordered[min(count - 1, int(count * share))], 2) if enough else None
    return found | {"max": round(ordered[-1], 2) if ordered else None}


def curve(seconds: Sequence[float], points: int = 40) -> list[list[float]]:
    """A distribution for a plot: [quantile, milliseconds], denser towards the tail, up to the last quantile with ten
    samples beyond it.
    """
    ordered = sorted(value * 1000 for value in seconds)
    end = max(0.5, 1 - 10 / max(1, len(ordered)))
    shares = [1 - (1 - end) ** (n / (points - 1)) for n in range(points)]
    return [[round(q, 5), round(ordered[min(len(ordered) - 1, int(len(ordered) * q))], 3)] for q in shares]


def spread(values: Sequence[float], digits: int = 1) -> dict[str, Any]:
    """The median of repeated measurements, the lowest and the highest, and each in the order in which it was taken."""
    each = [round(value, digits) for value in values]
    return {"median": round(statistics.median(values), digits), "low": min(each), "high": max(each), "each": each}


BEHIND = 1.0
"""Seconds that all that follows the last change may take at any rate: acknowledgements are written ten times a second,
a mail takes its time.
"""


def kept_up(asked: float, achieved: float) -> bool:
    """Whether the achieved rate is the asked one, within 3 %."""
    return achieved >= KEPT_UP * asked


def carried(asked: float, achieved: float, lost: int, behind: float, seconds: float) -> bool:
    """Whether a rate was carried: made as asked, with nothing lost, and with everything that follows over soon after
    the last change.
    """
    return kept_up(asked, achieved) and not lost and behind <= max(BEHIND, (1 - KEPT_UP) * seconds)
