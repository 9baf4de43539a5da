"""The verbs that move an order.

Each locks its row, takes one edge of `lifecycle`, and saves – which emits the event.
"""

import secrets
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from events.db.prepared import prepared
from orders.lifecycle import Actor, IllegalTransition, Status, edge
from orders.models import Order, Parcel, Payment, Scan
from orders.money import MANUAL

# The words of a scan that moves the order too, if the edge is legal.
_MOVES = {
    Scan.Kind.OUT_FOR_DELIVERY: Status.OUT_FOR_DELIVERY,
    Scan.Kind.ATTEMPTED: Status.OUT_FOR_DELIVERY,
    Scan.Kind.DELIVERED: Status.DELIVERED,
}


def locked(ref: str) -> Order:
    """The order, its row locked for this transaction. Raises `Order.DoesNotExist`."""
    order = _locked.first(ref)
    if order is None:
        raise Order.DoesNotExist(ref)
    return order


@prepared
def _locked(ref: str) -> QuerySet[Order]:
    return QuerySet(Order).select_for_update().filter(ref=ref).order_by()


def transition(
    ref: str,
    target: Status,
    *,
    by: Actor,
    actor: str,
    reason: str = "",
    note: str = "",
    message: str = "",
    tracking: str = "",
    reference: str = "",
    received_on: date | None = None,
) -> Order:
    """Move the order to `target`. Raises `IllegalTransition`, `Order.DoesNotExist`; nothing is written then.

    `by` is the role that the lifecycle checks, `actor` the name that is recorded; `reason`, `note` and `message` are
    those of `Order.move`. Shipping makes the parcel; without a `tracking` number it gets one of ours. Staff who say
    that an order is paid book a payment that no gateway knows of, with its `reference` and the day it came.
    """
    with transaction.atomic():
        order = locked(ref)
        now = timezone.now()
        taken = edge(order.status, target)
        if taken is not None and by in taken.by:
            if target == Status.SHIPPED:
                number = tracking.strip() or f"MF{secrets.randbelow(10**10):010d}"
                if Parcel.objects.filter(tracking=number).exists():
                    raise IllegalTransition(
                        _("The tracking number %(number)s is another parcel's already.") % {"number": number}
                    )
                parcel = Parcel.objects.create(order=order, carrier=order.delivery_method.carrier, tracking=number)
                Scan.objects.create(parcel=parcel, kind=Scan.Kind.PRE_TRANSIT, at=now)
            elif by == Actor.STAFF and target == Status.PAID:
                _book_manual_payment(order, now, reference, received_on)
            elif by == Actor.STAFF and target in (Status.OUT_FOR_DELIVERY, Status.DELIVERED):
                last = order.parcels.order_by("pk").last()
                if last:
                    Scan.objects.create(parcel=last, kind=Scan.Kind(target.value), at=now)
        # The timeline is extended before the state is taken, so that the event shows the parcel too.
        order.move(target, by, actor, reason, now, note=note, message=message)
        order.save(update_fields=["status", "timeline", "captured"])
        return order


def _book_manual_payment(order: Order, at: datetime, reference: str, received_on: date | None) -> None:
    """What staff have seen: money by the way that waits for people, such as a transfer, or by any other."""
    if order.payments.filter(state__in=Payment.HELD).exists():
        return
    waiting = order.payments.filter(state=Payment.State.OPEN, session=None).last()
    payment = waiting or Payment(order=order, gateway=MANUAL, amount=order.total)
    payment.state, payment.completed_at = Payment.State.CAPTURED, at
    payment.reference, payment.received_on = reference, received_on or timezone.localdate(at)
    payment.save()
    order.captured += payment.amount


def scan(tracking: str, kind: Scan.Kind, at: datetime, *, place: str = "", carrier: str = "carrier") -> Order:
    """Keep what a carrier says of a parcel, and move the order along if that is news.

    A repeat of the same scan changes nothing; a late one is kept under its own time, and the order does not move
    backwards. Raises `Parcel.DoesNotExist`.
    """
    with transaction.atomic():
        parcel = Parcel.objects.select_related("order").get(tracking=tracking)
        order = locked(parcel.order.ref)
        _scan, fresh = Scan.objects.get_or_create(parcel=parcel, kind=kind, at=at, defaults={"place": place})
        if not fresh:
            return order
        target = _MOVES.get(kind)
        taken = edge(order.status, target) if target else None
        if target and taken and Actor.CARRIER in taken.by:
            order.move(target, Actor.CARRIER, f"carrier:{carrier}", "", at)
            order.save(update_fields=["status", "timeline"])
        else:
            order.record_scan(f"carrier:{carrier}", kind.value)
            order.save(update_fields=["version"])
        return order
