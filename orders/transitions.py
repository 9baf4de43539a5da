"""The verbs that move an order.

Each locks its row, takes one edge of `lifecycle`, and saves – which emits the event.
"""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import limits
from orders.lifecycle import Actor, IllegalTransition, Status, edge
from orders.locking import locked
from orders.models import Order, Payment, Scan
from orders.money import MANUAL
from orders.shipping import parcels, scans


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
    those of `Order.move`. Shipping puts all that is left into one parcel (for a part see `orders.shipping.parcels`).
    Staff who say that an order is paid book a payment that no gateway knows of, with its `reference` and the day it
    came. They move no more money than their roles allow (`orders.limits`).
    """
    with transaction.atomic():
        order = locked(ref)
        now = timezone.now()
        taken = edge(order.status, target)
        parcel = None
        if taken is not None and by == Actor.STAFF and not taken.verb:
            raise IllegalTransition(_("Say which goods go into the parcel."))
        if taken is not None and by in taken.by:
            if by == Actor.STAFF:
                limits.hold_move(order, actor, taken)
            if target == Status.SHIPPED:
                parcel = parcels.add(order, None, tracking, now)
            elif by == Actor.STAFF and target == Status.PAID:
                _book_manual_payment(order, now, reference, received_on)
            elif by == Actor.STAFF and target in (Status.OUT_FOR_DELIVERY, Status.DELIVERED):
                scans.all_to(order, Scan.Kind(target.value), now)
        # The timeline is extended before the state is taken, so that the event shows the parcel too.
        more = {"parcel": parcel.pk} if parcel else {}
        order.move(target, by, actor, reason, now, note=note, message=message, **more)
        order.save(update_fields=["status", "timeline", "captured"])
        if parcel:
            scans.book_waiting(order, parcel)
        return order


def _book_manual_payment(order: Order, at: datetime, reference: str, received_on: date | None) -> None:
    """What staff have seen: money by the way that waits for people, such as a transfer, or by any other."""
    if order.payments.filter(state__in=Payment.HELD).exists():
        return
    waiting = order.payments.filter(state=Payment.State.OPEN, session=None).last()
    payment = waiting or Payment(order=order, gateway=MANUAL)
    # What the order costs by now: the row may be older than a change of the lines.
    payment.amount, payment.state, payment.completed_at = order.total, Payment.State.CAPTURED, at
    payment.reference, payment.received_on = reference, received_on or timezone.localdate(at)
    payment.save()
    order.captured += payment.amount
