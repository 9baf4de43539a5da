"""Read the figures of a period, beside those of the period before. The number of queries depends on nothing."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum

from shop.catalog.models import Stock, Variant
from shop.insight.lead_times import quantile
from shop.insight.models import DayFigure
from shop.insight.ranges import Period, Wanted, start_of
from shop.lib.currencies import decimals_of

Kind = DayFigure.Kind

SINGLE = (Kind.PLACED, Kind.SALE, Kind.FROM_CART, Kind.CART, Kind.REFUND, Kind.DELIVERED, Kind.LATE)
"""The kinds of which a day has one number."""
SEARCHED = 2
"""How often a text must have been searched for to be shown: what one person typed once is nobody's business."""


@dataclass
class Sums:
    """The figures of some days together."""

    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    amounts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    from_counted_carts: int = 0
    """Orders paid that began as a cart. A day on which no carts were counted says nothing of how many became orders."""

    @property
    def orders(self) -> int:
        return self.counts[Kind.SALE]

    @property
    def sales(self) -> int:
        """Minor units, with tax and delivery."""
        return self.amounts[Kind.SALE]

    @property
    def average(self) -> int | None:
        """What an order was worth, in minor units."""
        return round(self.sales / self.orders) if self.orders else None

    @property
    def conversion(self) -> float | None:
        """The share of the carts that became paid orders. None where no carts were counted."""
        carts = self.counts[Kind.CART]
        return min(1.0, self.from_counted_carts / carts) if carts else None

    @property
    def late(self) -> float | None:
        """The share of what was delivered."""
        delivered = self.counts[Kind.DELIVERED]
        return self.counts[Kind.LATE] / delivered if delivered else None


@dataclass(frozen=True)
class LeadTime:
    """How long a step took: of how many orders, and the seconds within which half and 95 % of them were."""

    kind: Kind
    orders: int
    median: float | None
    p95: float | None
    median_before: float | None


@dataclass(frozen=True)
class Goods:
    """What was sold of one SKU. Amounts in minor units."""

    sku: str
    title: str
    pieces: int
    amount: int
    taken_back: int
    amount_before: int


@dataclass(frozen=True)
class StockValue:
    """What lies in stock, at the prices at which it is sold now."""

    pieces: int
    amount: int


def sums(wanted: Wanted) -> tuple[Sums, Sums, dict[date, Sums], dict[date, Sums]]:
    """The period, the one before, and both in steps, each step under its first day. One query."""
    now, before = wanted.period, wanted.period.before
    rows = _figures(wanted.currency, SINGLE, Period(before.first, now.last))
    days: defaultdict[date, Sums] = defaultdict(Sums)
    for kind, day, count, amount in rows.values_list("kind", "day", "count", "amount"):
        days[day].counts[kind] += count
        days[day].amounts[kind] += amount
    for each in days.values():
        if each.counts[Kind.CART]:
            each.from_counted_carts = each.counts[Kind.FROM_CART]
    in_steps = [
        {start: _together(days[day] for day in inside if day in days) for start, inside in _steps(each, wanted.step)}
        for each in (now, before)
    ]
    whole = [_together(steps.values()) for steps in in_steps]
    return whole[0], whole[1], in_steps[0], in_steps[1]


def _steps(period: Period, step: str) -> Iterable[tuple[date, list[date]]]:
    inside: defaultdict[date, list[date]] = defaultdict(list)
    for day in period:
        inside[max(period.first, start_of(day, step))].append(day)
    return inside.items()


def _together(parts: Iterable[Sums]) -> Sums:
    found = Sums()
    for part in parts:
        for kind in part.counts:
            found.counts[kind] += part.counts[kind]
            found.amounts[kind] += part.amounts[kind]
        found.from_counted_carts += part.from_counted_carts
    return found


def lead_times(wanted: Wanted) -> list[LeadTime]:
    """Each step. One query."""
    classes: dict[str, tuple[dict[int, int], dict[int, int]]] = {kind: ({}, {}) for kind in DayFigure.STEPS}
    rows = _both(wanted, DayFigure.STEPS).values("kind", "key").annotate(now=_now(wanted), before=_before(wanted))
    for row in rows:
        for place, name in enumerate(("now", "before")):
            classes[row["kind"]][place][int(row["key"])] = row[name] or 0
    return [
        LeadTime(kind, sum(now.values()), quantile(now, 0.5), quantile(now, 0.95), quantile(before, 0.5))
        for kind, (now, before) in ((kind, classes[kind]) for kind in DayFigure.STEPS)
    ]


def best_sellers(wanted: Wanted, by: str, most: int) -> list[Goods]:
    """What was sold most, by `pieces` or by `amount`. Three queries."""
    sold = _figures(wanted.currency, [Kind.SOLD], wanted.period).values("key")
    best = list(
        sold.annotate(pieces=Sum("count"), worth=Sum("amount"))
        .filter(pieces__gt=0)
        .order_by("-pieces" if by == "pieces" else "-worth", "-worth", "key")[:most]
    )
    skus = [row["key"] for row in best]
    others = _both(wanted, [Kind.SOLD, Kind.TAKEN_BACK]).filter(key__in=skus).values("kind", "key")
    beside = {
        (row["kind"], row["key"]): row
        for row in others.annotate(now=_now(wanted), before=_before(wanted, "amount")).order_by()
    }
    titles = {each.sku: str(each) for each in Variant.objects.filter(sku__in=skus).select_related("product")}
    return [
        Goods(
            sku=row["key"],
            title=titles.get(row["key"], ""),
            pieces=row["pieces"],
            amount=row["worth"],
            taken_back=beside.get((Kind.TAKEN_BACK, row["key"]), {}).get("now") or 0,
            amount_before=beside.get((Kind.SOLD, row["key"]), {}).get("before") or 0,
        )
        for row in best
    ]


def missed_searches(period: Period, most: int) -> list[tuple[str, int]]:
    """What was searched for more than once, and not found. Searches have no currency. One query."""
    rows = _figures("", [Kind.MISSED], period).values_list("key").annotate(times=Sum("count"))
    return list(rows.filter(times__gte=SEARCHED).order_by("-times", "key")[:most])


def stock_value(currency: str) -> StockValue:
    """What lies in stock now and has a price in this currency. One query."""
    there = Stock.objects.filter(on_hand__gt=0, variant__prices__amount_currency=currency)
    worth = ExpressionWrapper(F("on_hand") * F("variant__prices__amount"), DecimalField())
    found = there.aggregate(pieces=Sum("on_hand"), worth=Sum(worth))
    units = Decimal(found["worth"] or 0).scaleb(decimals_of(currency))
    return StockValue(found["pieces"] or 0, round(units))


def _figures(currency: str, kinds: Iterable[Kind], period: Period) -> QuerySet[DayFigure]:
    return DayFigure.objects.filter(currency=currency, kind__in=list(kinds), day__range=(period.first, period.last))


def _both(wanted: Wanted, kinds: Iterable[Kind]) -> QuerySet[DayFigure]:
    return _figures(wanted.currency, kinds, Period(wanted.period.before.first, wanted.period.last)).order_by()


def _now(wanted: Wanted, column: str = "count") -> Sum:
    return Sum(column, filter=Q(day__gte=wanted.period.first))


def _before(wanted: Wanted, column: str = "count") -> Sum:
    return Sum(column, filter=Q(day__lt=wanted.period.first))
