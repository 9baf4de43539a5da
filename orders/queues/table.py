"""The queues: one table, for the figures on **Today**, the chips over the list of orders, and its columns."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import chain

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from events.models import Delivery
from orders.lifecycle import ENDED, EXPECTED, Status
from orders.models import Order, Parcel, Payment, Refund, Return
from orders.returns.lifecycle import State

BEING_PACKED = frozenset({Status.PREPARING, Status.PARTLY_SHIPPED})
ON_THE_WAY = frozenset({Status.SHIPPED, Status.OUT_FOR_DELIVERY})


@dataclass(frozen=True)
class Queue:
    """Orders that wait for the same work.

    `among` are the statuses that an order in it can have, none where it can have any; `narrowed` says which of those
    orders are in it. `order` says who comes first. `columns` are what the work needs to see of each order.
    """

    key: str
    title: Promise
    who: Promise
    order: tuple[str, ...]
    columns: tuple[str, ...]
    among: frozenset[Status] = frozenset()
    narrowed: Callable[[], Q] = Q
    urgent: bool = False
    """Whether anything in it is bad news."""

    def condition(self) -> Q:
        """Which orders are in it."""
        return Q(status__in=self.among) & self.narrowed() if self.among else self.narrowed()


def is_late(order: Order, today: date) -> bool:
    """Whether a paid order has not come by the promised day, or a new day was promised already (`late`)."""
    return order.status in EXPECTED and (order.promised_by < today or order.delays > 0)


def late() -> Q:
    """Of what is expected: past the day that was promised – or promised anew already."""
    return Q(promised_by__lt=timezone.localdate()) | Q(delays__gt=0)


# What waits for staff is little beside all orders. So each reason is looked up by an index of its own, and the orders
# are named by their keys: one condition over all reasons would read every order.


def parcel() -> Iterable[int]:
    """The orders of parcels that are held up, or on their way back."""
    return Parcel.objects.filter(state__in=Parcel.TROUBLED).values_list("order", flat=True)


def noted() -> Iterable[int]:
    """The orders whose refund failed or payment is disputed, and those that have not come, as the shopper says."""
    missing = Order.objects.filter(missing_at__isnull=False).order_by().values_list("pk", flat=True)
    return Order.objects.exclude(money_problem="").order_by().values_list("pk", flat=True).union(missing)


def money() -> Iterable[int]:
    """The orders where staff have to return something themselves."""
    asked = Refund.objects.filter(state=Refund.State.REQUESTED, payment__session=None)
    yield from asked.values_list("payment__order", flat=True)
    held = Payment.objects.filter(session=None, state=Payment.State.CAPTURED, order__status__in=ENDED)
    yield from held.values_list("order", flat=True)


def stopped() -> Iterable[int]:
    """The orders from whose events something should have followed and did not: a mail, a refund, a document."""
    streams = Delivery.objects.dead_letters().filter(stream__startswith="order:").values_list("stream", flat=True)
    refs = [stream.removeprefix("order:") for stream in streams.distinct()]
    return Order.objects.filter(ref__in=refs).values_list("pk", flat=True) if refs else ()


def returned() -> Iterable[int]:
    """The orders of returns that wait for an answer, or for their end."""
    return Return.objects.filter(state__in=[State.REQUESTED, State.RECEIVED]).values_list("order", flat=True)


def keys(*reasons: Callable[[], Iterable[int]]) -> Q:
    """The orders that one of the reasons names."""
    return Q(pk__in=set(chain.from_iterable(reason() for reason in reasons)))


QUEUES: tuple[Queue, ...] = (
    Queue(
        "to_pack",
        _("To pack"),
        _("Paid, and nobody has begun. The first promise comes first."),
        ("promised_by", "placed_at"),
        ("ref", "promised", "delivery_method", "items", "name"),
        among=frozenset({Status.PAID}),
    ),
    Queue(
        "to_ship",
        _("To ship"),
        _("Being packed, or sent in part."),
        ("delivery_method", "promised_by", "placed_at"),
        ("ref", "delivery_method", "items", "promised", "where"),
        among=BEING_PACKED,
    ),
    Queue(
        "problems",
        _("Problems"),
        _("A refund failed, a payment does not fit, a parcel is in trouble or not there, or something did not follow."),
        ("placed_at",),
        ("ref", "status_badge", "problem", "name", "total", "placed_at"),
        narrowed=lambda: keys(noted, money, parcel, stopped),
        urgent=True,
    ),
    Queue(
        "late",
        _("Late"),
        _("Not there by the promised day. Who waits longest comes first."),
        ("promised_by", "placed_at"),
        ("ref", "status_badge", "promised", "delivery_method", "where", "name"),
        among=EXPECTED,
        narrowed=late,
        urgent=True,
    ),
    Queue(
        "returns",
        _("Returns"),
        _("A return waits for an answer, or has arrived."),
        ("placed_at",),
        ("ref", "status_badge", "items", "name", "total", "placed_at"),
        narrowed=lambda: keys(returned),
    ),
    Queue(
        "on_the_way",
        _("On the way"),
        _("With the carrier."),
        ("promised_by", "placed_at"),
        ("ref", "status_badge", "promised", "numbers", "delivery_method", "where"),
        among=ON_THE_WAY,
    ),
)

BY_KEY: dict[str, Queue] = {queue.key: queue for queue in QUEUES}
