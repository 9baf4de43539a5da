"""What we hold ourselves to, as ratios within one run.

What is missed says missed; what is void or was not measured is never reached.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.report.cells import Table, number
from bench.report.names import (
    BROKERS,
    FLOOR,
    HALF,
    NINE_TENTHS,
    OSCARS,
    OURS,
    SHOP,
    SLOW,
    THEIR_HALF,
    TUTORIALS,
    USUAL,
)
from bench.report.reading import Reading, better, dig, mean, quantile, rate, ratio, spread_of, times


@dataclass(frozen=True)
class Target:
    """A ratio, and what is wanted of it: at least or at most so much."""

    what: str
    wanted: float
    got: Reading
    least: bool = True
    of: str = ""
    """Which form of a peer it was measured against."""

    def good(self, value: float) -> bool:
        return value >= self.wanted if self.least else value <= self.wanted

    @property
    def verdict(self) -> str:
        """`reached` only if the median is on the right side; a round that is not is said as well."""
        if self.got.value is None:
            return "missed" if self.got.why.startswith("void") else "not measured"
        if not self.good(self.got.value):
            return "missed"
        wrong = sum(1 for value in self.got.each if not self.good(value))
        return f"reached, but not in {wrong} of {len(self.got.each)} rounds" if wrong else "reached"


def like_for_like(found: dict[str, Any]) -> Iterator[Target]:
    """One event, one task: nothing is put together."""
    for broker, name in BROKERS.items():
        rows = dig(found, f"throughput_{broker}", "rows") or {}
        ours = rate(rows.get("one an order"))
        on = f"one event, one task on {name}"
        yield Target(f"{on}: our events/s ÷ bare Celery's tasks/s", 1, ratio(ours, rate(rows.get("bare Celery"))))
        if broker == "valkey":
            for peer in ("Procrastinate", "django-celery-outbox"):
                yield Target(f"{on}: our events/s ÷ {peer}'s tasks/s", 1, ratio(ours, rate(rows.get(peer))))


def idle(found: dict[str, Any]) -> Iterator[Target]:
    """Commit → browser."""
    for broker, name in BROKERS.items():
        rows = dig(found, f"latency_{broker}", "idle") or {}
        for q, most in (("p50", 3), ("p99", 6)):
            got = ratio(quantile(rows.get(OURS), q), quantile(rows.get(FLOOR), q))
            if q == "p50" and got.value is not None:
                mine, floor = (spread_of(dig(rows, title, "p50_of_rounds")) for title in (OURS, FLOOR))
                got = Reading(got.value, ratio(mine, floor).each)
            yield Target(f"commit → browser, idle, {name}: {q} ÷ floor", most, got, least=False)
    rows = dig(found, "latency_valkey", "idle") or {}
    for q, least in (("p50", 3), ("p99", 4)):
        title, theirs = better({title: quantile(rows.get(title), q) for title in TUTORIALS}, low=True)
        got = ratio(theirs, quantile(rows.get(OURS), q))
        yield Target(f"commit → browser, idle: the tutorials' {q} ÷ ours", least, got, of=title)


def loaded(found: dict[str, Any]) -> Iterator[Target]:
    """From the moment in which a change was due, under load."""
    rows = dig(found, "latency_valkey", "loaded") or {}

    def p99(title: str, share: str) -> Reading:
        row = rows.get(title)
        if row and row["carries_per_second"] is None and share in (HALF, NINE_TENTHS):
            return Reading(why=f"void: no rate of {title} was held")
        return quantile(dig(row, "at", share), "p99")

    def theirs(share: str) -> tuple[str, Reading]:
        return better({title: p99(title, share) for title in TUTORIALS if title in rows}, low=True)

    for share, at, words in (
        (HALF, HALF, "each at half of what it carries"),
        (NINE_TENTHS, NINE_TENTHS, "each at nine tenths of what it carries"),
        (HALF, THEIR_HALF, "both at half of what theirs carries"),
    ):
        title, peer = theirs(share)
        got = ratio(peer, p99(OURS, at))
        yield Target(f"due → browser: the tutorials' p99 ÷ ours, {words}", 4, got, of=title)


def throughput(found: dict[str, Any]) -> Iterator[Target]:
    """Where several events of an order wait, one message handles them together."""
    rows = dig(found, "throughput_valkey", "rows") or {}
    celery, five, fifty = (rate(rows.get(name)) for name in ("bare Celery", "five an order", "fifty an order"))
    yield Target("a backlog of five events an order: our events/s ÷ bare Celery's tasks/s", 1, ratio(five, celery))
    yield Target("a backlog of fifty events an order: our events/s ÷ bare Celery's tasks/s", 1, ratio(fifty, celery))
    procrastinate = rate(rows.get("Procrastinate"))
    yield Target(
        "a backlog of fifty events an order: our events/s ÷ Procrastinate's tasks/s", 5, ratio(fifty, procrastinate)
    )
    two = ratio(five, rate(rows.get("five an order by 1 worker")))
    yield Target("2 workers ÷ 1, on the two cores that all share", 1.7, two)
    two = ratio(rate(rows.get("waiting by 2 workers")), rate(rows.get("waiting by 1 worker")))
    yield Target("2 workers ÷ 1, of handlers that wait for somebody else", 1.7, two)


def shop(found: dict[str, Any]) -> Iterator[Target]:
    """Oscar's figure is that of its better server, in each row."""
    shops = dig(found, "shop", "oscar", "shops") or {}
    ours = shops.get(SHOP)

    def median(row: dict[str, Any] | None) -> Reading:
        return spread_of(dig(row, "purchase_p50_of_rounds"))

    title, theirs = better({t: median(shops.get(t)) for t in OSCARS}, low=True)
    yield Target("a guest's purchase: Oscar's p50 ÷ ours", 4, ratio(theirs, median(ours)), of=title)
    for what, words in (("orders_per_second", "orders/s"), ("pages_per_second", "product pages/s")):
        title, theirs = better({t: spread_of(dig(shops, t, what)) for t in OSCARS}, low=False)
        yield Target(f"our {words} ÷ Oscar's", 5, ratio(spread_of(dig(ours, what)), theirs), of=title)
    paces = dig(found, "shop", "checkouts", "paces") or {}

    def wait(pace: str, title: str, q: str) -> Reading:
        return quantile(dig(paces, pace, title, "wait"), q)

    got = ratio(wait(USUAL, "synchronous", "p95"), wait(USUAL, "event-driven", "p95"))
    yield Target(f"the wait at checkout, {USUAL}: the synchronous p95 ÷ ours", 5, got)
    got = ratio(wait(SLOW, "event-driven", "p50"), wait(USUAL, "event-driven", "p50"))
    yield Target("our wait with mail that takes 2 s ÷ 50 ms, p50", 1.1, got, least=False)


def growth(found: dict[str, Any]) -> Iterator[Target]:
    """The first size is measured before and after the largest: a machine that has become slower meanwhile is not
    growth.
    """
    rows = dig(found, "growth", "events") or []
    sizes = sorted({row["rows"] for row in rows})
    if len(sizes) < 2:
        yield Target("an event with a full log ÷ with an empty one", 1.2, Reading(why="not measured"), least=False)
        return
    few, many = sizes[0], sizes[-1]

    def costs(size: int) -> Reading:
        return mean(*(spread_of(row["both"]) for row in rows if row["rows"] == size))

    what = f"an event with {number(many)} in the log ÷ with {number(few)}"
    yield Target(what, 1.2, ratio(costs(many), costs(few)), least=False)


def targets(found: dict[str, Any]) -> list[Target]:
    """All of them; like for like comes first."""
    return [target for part in (like_for_like, idle, loaded, throughput, shop, growth) for target in part(found)]


def table(found: dict[str, Any]) -> Table:
    """With the spread of the rounds where there were rounds."""
    result = Table("What we hold ourselves to", ("what", "wanted", "this run", "lowest–highest round", "verdict"))
    for target in targets(found):
        each = target.got.each
        rounds = f"{min(each):.2f}–{max(each):.2f}" if each else "–"
        what = f"{target.what} ({target.of})" if target.of else target.what
        sign = "≥" if target.least else "≤"
        result.rows.append((what, f"{sign} {target.wanted:g} ×", times(target.got), rounds, target.verdict))
    result.note = (
        "Ratios within one run; of rounds in turns, the ratio of the medians. A peer's figure is that of its better "
        "form, named in brackets. A rate of which less than 97 % was achieved makes its row void, and a void row "
        "misses its target."
    )
    return result
