"""Orders with a past, made as the shop makes them, and what their figures must be, added up from their rows."""

import random
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from djmoney.money import Money

from orders.lifecycle import Actor, Status
from orders.models import Order, OrderLine, Payment, Refund
from orders.payments import service as payments
from orders.returns import reversals
from orders.transitions import transition
from shop.insight.models import DayFigure
from shop.pricing.amounts import minor
from tests.support.factories import make_order

WAYS = (
    (Status.CANCELLED,),
    (Status.PAID,),
    (Status.PAID, Status.CANCELLED),
    (Status.PAID, Status.PREPARING, Status.SHIPPED),
    (Status.PAID, Status.PREPARING, Status.SHIPPED, Status.OUT_FOR_DELIVERY, Status.DELIVERED),
    (Status.PAID, Status.PREPARING, Status.SHIPPED, Status.DELIVERED, Status.REFUNDED),
)

NOUGHT = (
    "discount",
    "delivery_price",
    "delivery_discount",
    "delivery_net",
    "delivery_tax",
    "tax",
    "captured",
    "refunded",
)


def move(order: Order, target: Status, at: datetime) -> None:
    """A step of the order's life, at that time."""
    transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
    timeline = Order.objects.get(pk=order.pk).timeline
    timeline[-1]["at"] = at.isoformat()
    rewrite(order, timeline)


def rewrite(order: Order, timeline: list[dict[str, Any]]) -> None:
    """Past the verbs, which know only the present."""
    QuerySet(Order).filter(pk=order.pk).update(timeline=timeline)


def placed(at: datetime, currency: str = "EUR", total: str = "24.90", sku: str = "TP-1", **fields: Any) -> Order:
    amount = Money(total, currency)
    order = make_order(
        placed_at=at,
        promised_by=timezone.localdate(at) + timedelta(days=4),
        total=amount,
        subtotal=amount,
        **dict.fromkeys(NOUGHT, amount * 0),
        **{"cart_id": 7} | fields,
    )
    order.lines.all().delete()
    half = Money(minor(amount) // 200, currency)
    for name, part in ((sku, half), (f"{sku}-B", amount - half)):
        OrderLine.objects.create(
            order=order,
            sku=name,
            title=name,
            quantity=2,
            unit_price=part / 2,
            net=part,
            tax=part * 0,
            discount=part * 0,
        )
    return order


def paid_back(order: Order, amount: Money, at: datetime) -> None:
    """Staff return a part of what came past the gateways."""
    payment = Payment.objects.get(order=order)
    refund = payments.request_refund(payment.pk, amount, "staff:1")
    payments.book_returned_by_hand(order.ref, "staff:1")
    Refund.objects.filter(pk=refund.pk).update(completed_at=at)


def random_orders(chance: random.Random, number: int) -> list[Order]:
    """Orders of some weeks in two currencies, each gone some way, with some refunds and some lines taken out."""
    made = []
    for n in range(number):
        at = timezone.now() - timedelta(days=chance.randrange(40), minutes=chance.randrange(1440))
        currency = chance.choice(["EUR", "USD"])
        order = placed(
            at, currency, chance.choice(["24.90", "7.00", "103.37"]), sku=f"S-{n % 3}", cart_id=chance.choice([None, 7])
        )
        made.append(order)
        for target in chance.choice(WAYS):
            at += timedelta(minutes=chance.choice([0, 3, 90, 2_000, 5_000]))
            if target == Status.DELIVERED and chance.random() < 0.3:
                take_out(order, chance)
            move(order, target, at)
        order.refresh_from_db()
        if order.status == Status.DELIVERED and chance.random() < 0.5:
            paid_back(order, Money("1.50", currency), at)
    return made


def take_out(order: Order, chance: random.Random) -> None:
    line = chance.choice(list(order.lines.all()))
    reversals.reverse(
        order.ref,
        {line.pk: 1},
        kind="paid_back",
        reason="goodwill",
        restock=False,
        actor="staff:1",
        with_delivery=False,
    )


def kept() -> dict[tuple[str, str, str, str], tuple[int, int]]:
    """The figures that the handlers keep, without zeros."""
    rows = DayFigure.objects.values_list("currency", "kind", "day", "key", "count", "amount")
    return {(c, kind, str(day), key): (n, amount) for c, kind, day, key, n, amount in rows if n or amount}


def day_of(order: Order, *statuses: Status) -> date | None:
    for entry in order.timeline:
        if entry["status"] in statuses:
            return timezone.localdate(datetime.fromisoformat(entry["at"]))
    return None


def straight() -> dict[str, Counter[Any]]:
    """The same from the rows of orders, refunds and lines, each asked for by itself."""
    found: dict[str, Counter[Any]] = {}

    def add(name: str, key: Any, number: int) -> None:
        found.setdefault(name, Counter())[key] += number

    for order in Order.objects.all():
        code = order.currency
        add("placed", (code, timezone.localdate(order.placed_at)), 1)
        if day := day_of(order, Status.PAID):
            add("sale", (code, day), 1)
            add("sales", (code, day), minor(order.total))
            add("from_cart", (code, day), order.cart_id is not None)
        if day := day_of(order, Status.DELIVERED):
            add("delivered", (code, day), 1)
            add("late", (code, day), day > order.promised_by)
    for refund in Refund.objects.filter(state="succeeded"):
        assert refund.completed_at
        add("refunded", (refund.amount.currency.code, timezone.localdate(refund.completed_at)), minor(refund.amount))
    for line in OrderLine.objects.select_related("order"):
        if day := day_of(line.order, Status.PAID):
            add("pieces", (line.order.currency, line.sku, day), line.quantity)
            add("sold", (line.order.currency, line.sku, day), minor(line.net))
            if over := day_of(line.order, Status.CANCELLED, Status.REFUNDED):
                add("taken_back", (line.order.currency, line.sku, over), line.quantity - line.reversed)
            for part in line.reversals.select_related("reversal"):
                day = timezone.localdate(part.reversal.created)
                add("taken_back", (line.order.currency, line.sku, day), part.quantity)
    return {name: +counter for name, counter in found.items()}


def kept_as_straight() -> dict[str, Counter[Any]]:
    """The kept figures in the form of `straight`."""
    found: dict[str, Counter[Any]] = {}
    names = {
        "placed": ("placed", None),
        "sale": ("sale", "sales"),
        "from_cart": ("from_cart", None),
        "delivered": ("delivered", None),
        "late": ("late", None),
        "refund": (None, "refunded"),
        "sold": ("pieces", "sold"),
        "taken_back": ("taken_back", None),
    }
    for (code, kind, day, key), values in kept().items():
        for name, value in zip(names.get(kind, (None, None)), values, strict=True):
            if name:
                where = (code, key, date.fromisoformat(day)) if key else (code, date.fromisoformat(day))
                found.setdefault(name, Counter())[where] += value
    return {name: +counter for name, counter in found.items()}
