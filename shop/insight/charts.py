"""Bar charts as numbers for an SVG, so that the page needs no script. Each bar has a mark: the value before."""

from collections.abc import Sequence
from dataclasses import dataclass

SLOT, BAR, TALL = 10.0, 7.0, 100.0


@dataclass(frozen=True)
class Bar:
    """One step: its bar, and a mark at the height of the same step of the period before. `words` say both."""

    x: float
    y: float
    height: float
    mark: float | None
    mark_from: float
    mark_to: float
    words: str


@dataclass(frozen=True)
class Chart:
    """A chart of `width` × 100. `top` is the highest value in words, `first` and `last` are the ends of the axis."""

    title: str
    width: float
    bars: Sequence[Bar]
    top: str
    first: str
    last: str
    bar: float = BAR


@dataclass(frozen=True)
class Point:
    """What a bar is made of. `before` is None where the period before has no such step."""

    label: str
    value: int
    before: int | None
    words: str


def chart(title: str, points: Sequence[Point], top: str, highest: int) -> Chart:
    """The bars of these points, the highest as tall as the chart."""
    scale = TALL / highest if highest > 0 else 0.0
    bars = []
    for place, point in enumerate(points):
        x = place * SLOT
        height = round(max(0, point.value) * scale, 2)
        mark = round(TALL - point.before * scale, 2) if point.before else None
        start = x + (SLOT - BAR) / 2
        bars.append(Bar(start, round(TALL - height, 2), height, mark, x + 0.5, x + SLOT - 0.5, point.words))
    ends = (points[0].label, points[-1].label) if points else ("", "")
    return Chart(title, max(1, len(points)) * SLOT, bars, top, *ends)
