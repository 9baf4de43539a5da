"""What one order adds to the figures: worked out from its rows alone, so the same however often it is asked."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone

from orders.lifecycle import ENDED, Status
from orders.models import Order, Payment, Refund
from orders.steps import standing
from shop.insight.lead_times import class_of
from shop.insight.models import DayFigure
from shop.pricing.amounts import minor

Kind = DayFigure.Kind

Key = tuple[str, str, str, str]
"""Currency, kind, day (ISO 8601), key: one row of `DayFigure`."""
Figures = dict[Key, tuple[int, int]]
"""Count and amount of each."""

STEPS: dict[Kind, tuple[Status, Status]] = {
    Kind.TO_PAID: (Status.PLACED, Status.PAID),
    Kind.TO_PREPARING: (Status.PAID, Status.PREPARING),
    Kind.TO_SHIPPED: (Status.PREPARING, Status.SHIPPED),
    Kind.TO_DELIVERED: (Status.SHIPPED, Status.DELIVERED),
    Kind.IN_ALL: (Status.PLACED, Status.DELIVERED),
}
"""From which status to which a lead time goes. It is counted on the day on which it ended."""


def read(refs: Iterable[str]) -> list[Order]:
    """These orders with all that `figures_of` looks at. Six queries for any number; one where none was ever paid."""
    found = list(Order.objects.filter(ref__in=list(refs)).order_by())
    paid = [order for order in found if Status.PAID in _first_times(order)]
    prefetch_related_objects(paid, "lines", "payments__refunds", "reversals__lines")
    return found


def figures_of(order: Order) -> Figures:
    """All that the order adds to the figures, as it is now.

    The replacement that ends a return by an exchange is no sale: it has no cart and no price, and adds nothing.
    """
    if order.cart_id is None and not order.total:
        return {}
    times = _first_times(order)
    counted = _Counted(order.currency)
    counted.add(Kind.PLACED, order.placed_at, amount=minor(order.total))
    for kind, (start, end) in STEPS.items():
        if start in times and end in times:
            took = (times[end] - times[start]).total_seconds()
            counted.add(kind, times[end], str(class_of(took)))
    if delivered := times.get(Status.DELIVERED):
        counted.add(Kind.DELIVERED, delivered)
        if order.delays or timezone.localdate(delivered) > order.promised_by:
            counted.add(Kind.LATE, delivered)
    if paid := times.get(Status.PAID):
        counted.add(Kind.SALE, paid, amount=minor(order.total))
        if order.cart_id is not None and order.timeline[0].get("actor") == "shopper":  # not by phone
            counted.add(Kind.FROM_CART, paid)
        ended = min((times[status] for status in ENDED if status in times), default=None)
        _count_goods(order, counted, paid, ended)
        _count_refunds(order, counted, ended)
    return {key: (count, amount) for key, (count, amount) in counted.figures.items()}


class _Counted:
    """Figures of one currency that are being added up."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.figures: defaultdict[Key, list[int]] = defaultdict(lambda: [0, 0])

    def add(self, kind: Kind, at: datetime, key: str = "", count: int = 1, amount: int = 0) -> None:
        figure = self.figures[self.currency, kind.value, timezone.localdate(at).isoformat(), key]
        figure[0] += count
        figure[1] += amount


def _first_times(order: Order) -> dict[Status, datetime]:
    """When the order reached each status for the first time, but for moves that were undone."""
    times = {Status.PLACED: order.placed_at}
    for entry in standing(order.timeline, lambda entry: "undoes" in entry):
        times.setdefault(Status(entry["status"]), datetime.fromisoformat(entry["at"]))
    return times


def _count_goods(order: Order, counted: _Counted, paid: datetime, ended: datetime | None) -> None:
    """The goods that were paid for, and those of them that were cancelled or paid back."""
    left: dict[int, list[int]] = {}
    skus: dict[int, str] = {}
    for line in order.lines.all():
        counted.add(Kind.SOLD, paid, line.sku, line.quantity, minor(line.gross))
        left[line.pk], skus[line.pk] = [line.quantity, minor(line.gross)], line.sku
    for reversal in order.reversals.all():
        for part in reversal.lines.all():
            quantity, amount = part.quantity, minor(part.amount)
            counted.add(Kind.TAKEN_BACK, reversal.created, skus[part.line_id], quantity, amount)
            left[part.line_id][0] -= quantity
            left[part.line_id][1] -= amount
    if ended:
        for pk, (quantity, amount) in left.items():
            if quantity or amount:
                counted.add(Kind.TAKEN_BACK, ended, skus[pk], quantity, amount)


def _count_refunds(order: Order, counted: _Counted, ended: datetime | None) -> None:
    """What went back of the order's price.

    Money that came beside it, such as a second payment, was never a sale: its return, which is the first, is no refund.
    """
    back: list[tuple[datetime, int]] = []
    came = minor(order.captured)
    for payment in order.payments.all():
        gone = [refund for refund in payment.refunds.all() if refund.state == Refund.State.SUCCEEDED]
        back += [(refund.completed_at or refund.created, minor(refund.amount)) for refund in gone]
        if payment.state == Payment.State.VOIDED:  # authorised, and let go: as good as returned
            came += minor(payment.amount)
            rest = minor(payment.amount) - sum(minor(refund.amount) for refund in gone)
            back.append((ended or payment.completed_at or payment.created, rest))
    beside = max(0, came - minor(order.total))
    for at, amount in sorted(back):
        absorbed = min(beside, amount)
        beside -= absorbed
        if amount > absorbed:
            counted.add(Kind.REFUND, at, amount=amount - absorbed)


def stored(figures: Figures) -> list[Any]:
    """The figures as JSON."""
    return [[*key, *values] for key, values in sorted(figures.items())]


def restored(rows: list[Any]) -> Figures:
    """The figures that `stored` made the rows of."""
    return {(row[0], row[1], row[2], row[3]): (row[4], row[5]) for row in rows}
