"""What follows from an order's events. Each function is one reaction; none of them knows the others."""

from datetime import timedelta

from django.conf import settings

from events.delivery.registry import handler
from events.log.envelope import Received
from orders.lifecycle import PAYABLE, Actor, Status, edge
from orders.models import Order, Payment
from orders.notifications import mail, webpush
from orders.payments import service as payments
from orders.reasons import Reason
from orders.transitions import locked, transition
from shop.catalog import stock
from shop.vouchers import claims


@handler("order.shipped", "order.cancelled", "order.refunded", queue="orders", name="stock")
def move_stock(event: Received) -> None:
    """Take shipped goods out of stock, or release the stock of a cancelled or refunded order.

    One handler does both, because there is no order between two handlers. A refund that is processed before the
    shipping would release goods that are in the parcel.
    """
    if event.type == "order.shipped":
        stock.ship(event.subject)
    else:
        stock.release(event.subject)


@handler("order.cancelled", queue="orders", name="vouchers")
def release_vouchers(event: Received) -> None:
    """What a cancelled or expired order has claimed can be used by others."""
    claims.release(event.subject)


@handler("order.placed", queue="orders", name="orders.expire", after=timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES))
def expire_unpaid(event: Received) -> None:
    """Cancel an order that nobody paid in time, which lets its stock go."""
    # Under the lock: a payment that arrives in this very moment wins or waits, and is never cancelled over.
    if locked(event.subject).status in PAYABLE:
        transition(
            event.subject,
            Status.CANCELLED,
            by=Actor.SYSTEM,
            actor="system",
            reason=Reason.PAYMENT_LATE.value,
        )


@handler(
    "order.cancelled", "order.refunded", "payment.unneeded", queue="payments", name="payments.refund", external=True
)
def refund(event: Received) -> None:
    """Return what was paid, through the gateways that took it.

    A cancelled order is refunded once all has been returned.
    """
    order = Order.objects.get(ref=event.subject)
    only = event.data.payment if event.type == "payment.unneeded" else None
    payments.refund_payments(order, only)
    states = set(order.payments.values_list("state", flat=True))
    all_returned = Payment.State.REFUNDED in states and Payment.State.SUCCEEDED not in states
    if all_returned and order.status == Status.CANCELLED and edge(order.status, Status.REFUNDED):
        transition(order.ref, Status.REFUNDED, by=Actor.SYSTEM, actor="system", reason=event.data.reason)


@handler(*mail.SUBJECTS, queue="mail", name="mail", external=True)
def send_mail(event: Received) -> None:
    """Tell the shopper by mail, in the order's language."""
    mail.send(Order.objects.select_related("delivery_method").get(ref=event.subject), event)


@handler(*webpush.TOLD, queue="webhooks", name="webpush", external=True, when=webpush.anybody_asked)
def push_to_browsers(event: Received) -> None:
    """Tell browsers whose tab is closed, where somebody asked for it."""
    from orders.notifications import webpush_sending  # loaded when somebody is told: see there

    webpush_sending.tell(event)
