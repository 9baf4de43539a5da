"""The figures of **Insight**, as many as so many orders make: one order a minute, each of the next variant."""

from bench.copies import copy

ORDERS_A_DAY = 1440
CLASSES = 60  # of lead times that occur on a day


def fill(there: int, orders: int) -> None:
    """Add the rows that the orders after the first `there` would have made."""
    from django.utils import timezone

    from shop.insight.models import DayFigure

    kind = DayFigure.Kind
    template, _ = DayFigure.objects.get_or_create(
        currency="EUR",
        kind=kind.SALE,
        day=timezone.localdate(),
        key="",
        defaults={"count": ORDERS_A_DAY, "amount": ORDERS_A_DAY * 2490},
    )
    first, last = there // ORDERS_A_DAY + 1, orders // ORDERS_A_DAY
    days = f"generate_series({first}, {last}) day"
    for each in (kind.SALE, kind.PLACED, kind.FROM_CART, kind.CART, kind.REFUND, kind.DELIVERED, kind.LATE):
        copy(DayFigure, template.pk, f"(SELECT * FROM {days}) g", kind=f"'{each.value}'", day="t.day - g.day")
    for each in DayFigure.STEPS:
        classes = f"(SELECT * FROM {days}, generate_series(1, {CLASSES}) number) g"
        columns = {"kind": f"'{each.value}'", "day": "t.day - g.day", "key": "g.number"}
        copy(DayFigure, template.pk, classes, **columns, count="20")
    # Every variant in its turn: a day has no more figures of goods than it has orders.
    numbered = "(SELECT sku, row_number() OVER (ORDER BY id) AS number, count(*) OVER () AS n FROM catalog_variant) v"
    turn = f"(v.number + day * {ORDERS_A_DAY}) %% v.n < {ORDERS_A_DAY}"
    goods = f"(SELECT day, v.sku FROM {days} JOIN {numbered} ON {turn}) g"
    for each in (kind.SOLD, kind.TAKEN_BACK):
        copy(DayFigure, template.pk, goods, kind=f"'{each.value}'", day="t.day - g.day", key="g.sku", count="3")
    words = f"(SELECT * FROM {days}, generate_series(1, 200) number) g"
    columns = {"currency": "''", "kind": f"'{kind.MISSED.value}'", "day": "t.day - g.day", "key": "'word ' || g.number"}
    copy(DayFigure, template.pk, words, **columns)
