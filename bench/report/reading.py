"""A figure of a run, or why there is none: what was not measured, or is void, cannot reach a target."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.figures import carried, kept_up

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Reading:
    """A value and, if it was measured repeatedly, each; else why there is none."""

    value: float | None = None
    each: tuple[float, ...] = ()
    why: str = ""


def dig(found: Any, *path: str) -> Any:
    """What is at this place of a run; `None` if the run lacks it."""
    for key in path:
        if not isinstance(found, Mapping) or key not in found:
            return None
        found = found[key]
    return found


def void(row: Mapping[str, Any]) -> str:
    """Why a row of latencies says nothing: its rate was not reached, something was lost, or work was put off.

    Empty if it is good.
    """
    asked, achieved = row.get("asked_per_second"), row.get("changes_per_second")
    if row.get("lost"):
        return f"void: {row['lost']} lost"
    if asked is None or achieved is None:
        return ""
    if not kept_up(asked, achieved):
        return f"void: {achieved / asked:.0%} of the asked rate"
    behind = row.get("behind_seconds", 0.0)
    if not carried(asked, achieved, 0, behind, row.get("seconds", 0.0)):
        return f"void: what follows was {behind:.1f} s behind"
    return ""


def quantile(row: Mapping[str, Any] | None, name: str) -> Reading:
    """A latency in milliseconds."""
    if row is None:
        return Reading(why=NOT_MEASURED)
    if reason := void(row):
        return Reading(why=reason)
    if row.get(name) is None:
        return Reading(why=f"not measured: {row.get('n', 'too few')} samples are too few for a {name}")
    return Reading(row[name])


def spread_of(row: Mapping[str, Any] | None) -> Reading:
    """A median of repeated measurements."""
    return Reading(row["median"], tuple(row["each"])) if row else Reading(why=NOT_MEASURED)


def rate(row: Mapping[str, Any] | None) -> Reading:
    """Events or tasks a second; void if any of them ran twice."""
    if row and row.get("doubled"):
        return Reading(why=f"void: {row['doubled']} ran twice")
    return spread_of(row)


def better(readings: Mapping[str, Reading], *, low: bool) -> tuple[str, Reading]:
    """Of the forms of a peer, the one that does best, by name: the lowest or the highest value.

    A form without a value cannot win.
    """
    there = {name: reading for name, reading in readings.items() if reading.value is not None}
    if not there:
        reasons = [reading.why for reading in readings.values()] or [NOT_MEASURED]
        return "", Reading(why=next((why for why in reasons if why.startswith("void")), reasons[0]))
    choose = min if low else max
    name = choose(there, key=lambda key: there[key].value)
    return name, there[name]


def ratio(above: Reading, below: Reading) -> Reading:
    """`above` ÷ `below`; of rounds that were taken in turns, each by itself as well.

    A reason on either side is the answer's.
    """
    for reading in (above, below):
        if reading.value is None:
            return Reading(why=reading.why)
    if not below.value:
        return Reading(why=NOT_MEASURED)
    assert above.value is not None
    each = tuple(a / b for a, b in zip(above.each, below.each, strict=False) if b)
    return Reading(above.value / below.value, each if len(each) > 1 else ())


def times(reading: Reading) -> str:
    """A ratio as it is written, or why there is none."""
    return reading.why or f"{reading.value:.2f} ×"


def mean(*readings: Reading) -> Reading:
    """Of the same thing measured at several moments."""
    values = [reading.value for reading in readings if reading.value is not None]
    return Reading(statistics.mean(values)) if values else Reading(why=NOT_MEASURED)
