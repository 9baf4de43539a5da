"""What is late is noticed before the shopper asks: a new range, an apology, a place in the staff's queue."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from events.operations.periodic import periodic
from orders.domain_events import OrderDelayed
from orders.lifecycle import EXPECTED, IN_HAND, Status
from orders.locking import locked
from orders.models import Order
from orders.shipping import estimate

NOT_SENT = IN_HAND - {Status.PARTLY_SHIPPED}
"""The statuses of an order of which nothing is on its way: it needs its whole time yet."""
BATCH = 500


def late(order: Order, today: date) -> bool:
    """Whether the promise of an order cannot be kept: its last day is over, or not even the fastest way makes it."""
    if order.status not in EXPECTED:
        return False
    if order.promised_by < today:
        return True
    if order.status not in NOT_SENT:
        return False
    return _again(order, today).first > order.promised_by


def _again(order: Order, today: date) -> estimate.Range:
    """The range for the order as it stands today."""
    country, region, method = order.country.code, order.region, order.delivery_method
    if order.status in NOT_SENT:
        return estimate.promised(method, today, country, region)
    return estimate.remaining(method, timezone.localdate(order.placed_at), today, country, region)


def announce(ref: str) -> bool:
    """Give a late order a new range, and tell it. Whether it was late."""
    with transaction.atomic():
        order = locked(ref)
        today = timezone.localdate()
        if not late(order, today):
            return False
        found = _again(order, today)
        order.promised_from, order.promised_by = found.first, max(found.last, today + timedelta(days=1))
        order.promise_measured = found.measured
        order.delays += 1
        order.record(OrderDelayed(**order.facts("system")))
        order.save(update_fields=["promised_from", "promised_by", "promise_measured", "delays"])
        return True


@periodic("late orders", every=timedelta(hours=1))
def look() -> int:
    """Announce every order that is late today. Returns how many."""
    today = timezone.localdate()
    # What cannot make it any more is found by its last day, too: the fastest method takes some days.
    soon = today + timedelta(days=3)
    waiting = Order.objects.filter(Q(promised_by__lt=today) | Q(promised_by__lte=soon, status__in=NOT_SENT))
    refs = waiting.filter(status__in=EXPECTED).order_by("promised_by").values_list("ref", flat=True)
    return sum(announce(ref) for ref in list(refs[:BATCH]))
