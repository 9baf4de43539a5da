"""The times at which simulated orders arrive: by a rate and a shape, or from the records of a real day."""

import csv
import gzip
import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

SHAPES = ("steady", "random", "bursts", "wave")
BURST = 20  # orders that come at once in the shape `bursts`


def arrivals(count: int, rate: float, shape: str, seed: int) -> list[float]:
    """`count` times in seconds from the start, ascending, at `rate` a second on average.

    `steady`: evenly; `random`: independently of each other (a Poisson process); `bursts`: twenty at once, then a pause;
    `wave`: calm, a peak of twice the rate, calm, as a day is. Raises `ValueError` for another shape.
    """
    chance = random.Random(seed)
    match shape:
        case "steady":
            return [n / rate for n in range(count)]
        case "random":
            at, found = 0.0, []
            for _ in range(count):
                found.append(at)
                at += chance.expovariate(rate)
            return found
        case "bursts":
            return [n // BURST * BURST / rate for n in range(count)]
        case "wave":
            # The inverse of the share that has arrived by x, (2πx − sin 2πx) / 2π, whose slope is 1 − cos 2πx: from 0
            # to 2 and back.
            return [_wave((n + 0.5) / count) * count / rate for n in range(count)]
    raise ValueError(f"no shape {shape!r}; there are {', '.join(SHAPES)}")


def _wave(share: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if middle - math.sin(2 * math.pi * middle) / (2 * math.pi) < share:
            low = middle
        else:
            high = middle
    return low


@dataclass(frozen=True)
class Step:
    """What happened to a real order, scaled: seconds `after` its purchase.

    The keys are `paid`, `shipped`, `delivered` and `cancelled`.
    """

    kind: str
    after: float


@dataclass(frozen=True)
class History:
    """The recorded steps of a real order."""

    steps: tuple[Step, ...]


class BadDay(ValueError):
    """The file is not a list of orders. The message names the line and the reason."""


COLUMNS = {"approved": "paid", "carrier": "shipped", "delivered": "delivered"}


def read_day(path: Path, speed: float, waits: float, limit: int = 0) -> tuple[list[float], list[History]]:
    """Arrival times and histories of a CSV (or .csv.gz) with the columns `purchased`, `approved`, `carrier`,
    `delivered`, `status`.

    Purchases come `speed` times as fast as they did, what follows them `waits` times as fast. Times are as they were,
    also where they are out of order: a hand-over before the approval, a delivery before the hand-over. Raises `BadDay`,
    `OSError`.
    """
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        try:
            rows = sorted(_rows(csv.DictReader(file), waits), key=lambda row: row[0])
        except (UnicodeDecodeError, csv.Error, EOFError) as problem:
            raise BadDay(f"{path} is not a CSV: {problem}") from problem
    if not rows:
        raise BadDay(f"{path} has no orders")
    rows = rows[:limit] if limit else rows
    first = rows[0][0]
    return [(at - first) / speed for at, _ in rows], [history for _, history in rows]


def _rows(reader: Iterable[dict[str, str]], waits: float) -> Iterable[tuple[float, History]]:
    for number, row in enumerate(reader, start=2):
        try:
            bought = _seconds(row["purchased"])
            steps = [
                Step(kind, max(0.0, _seconds(row[column]) - bought) / waits)
                for column, kind in COLUMNS.items()
                if row[column]
            ]
            known = {step.kind for step in steps}
            if ("shipped" in known and "paid" not in known) or ("delivered" in known and "shipped" not in known):
                steps = [step for step in steps if step.kind == "paid"]
            if row["status"] == "canceled" and "shipped" not in {step.kind for step in steps}:
                steps.append(Step("cancelled", max((step.after for step in steps), default=0.0) + 3600 / waits))
        except (KeyError, TypeError, ValueError) as problem:
            raise BadDay(f"line {number}: {type(problem).__name__} {problem}") from problem
        yield bought, History(tuple(steps))


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
