"""Lead times in classes: each is 5 % longer than the one before, so a median of thousands needs few rows.

A quantile is told by the middle of its class, at most 2.5 % away from the exact one.
"""

import math
from collections.abc import Mapping

SHORTEST = 60  # seconds; whatever took less is in the first class
WIDER = math.log(1.05)


def class_of(seconds: float) -> int:
    """The class of a lead time."""
    return 0 if seconds < SHORTEST else 1 + int(math.log(seconds / SHORTEST) / WIDER)


def middle(number: int) -> float:
    """The seconds for which a class stands."""
    return SHORTEST / 2 if number == 0 else SHORTEST * math.exp(WIDER * (number - 0.5))


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """The seconds within which this share of the orders was; `counts` has the orders of each class. None: no orders."""
    wanted = math.ceil(share * sum(counts.values()))
    if wanted <= 0:
        return None
    seen = 0
    for number in sorted(counts):
        seen += counts[number]
        if seen >= wanted:
            return middle(number)
    return None
