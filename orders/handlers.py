"""What follows from an order's events. Each function is one reaction; none of them knows the others."""

import logging
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from events.delivery.registry import handler
from events.log.envelope import Received
from orders import troubles
from orders.bulk import work
from orders.documents import issuing
from orders.lifecycle import PAYABLE, Actor, Status, edge
from orders.locking import locked
from orders.models import Document, Order, OrderMail, Payment, Refund, Return, Reversal
from orders.notifications import kept_mails, mail, webpush
from orders.payments import service as payments
from orders.payments import windows
from orders.questions import mail as question_mail
from orders.reasons import Reason
from orders.returns import reversals
from orders.returns import service as returns
from orders.shipping import estimate, parcels, tours
from orders.transitions import transition
from shop.catalog import stock
from shop.vouchers import claims

logger = logging.getLogger(__name__)

SENT = ("order.partly_shipped", "parcel.sent", "order.shipped")
"""A parcel was handed to a carrier."""


@handler(
    *SENT,
    "order.lines_reversed",
    "order.cancelled",
    "order.refunded",
    "return.received",
    queue="orders",
    name="stock",
)
def move_stock(event: Received) -> None:
    """What leaves the house leaves the stock; what is not sent after all is for others; what comes back may be, too.

    One handler does all of it, because there is no order between two handlers. A refund that is processed before the
    shipping would release goods that are in the parcel.
    """
    if event.type == "order.lines_reversed":
        _stock_of_reversal(event)
    elif event.type == "return.received":
        stock.put_back(event.subject, returns.sellable(event.data.sent_back), f"return:{event.data.sent_back}")
    elif event.type not in SENT:
        stock.release(event.subject)
    elif event.data.parcel is None:  # an event of the time when an order had one parcel
        stock.ship(event.subject)
    else:
        stock.take_part(event.subject, parcels.contents(event.data.parcel), f"parcel:{event.data.parcel}")


def _stock_of_reversal(event: Received) -> None:
    made = Reversal.objects.get(pk=event.data.reversal)
    quantities, by = reversals.contents(made.pk), f"reversal:{made.pk}"
    if made.kind == Reversal.Kind.CANCELLED:
        move = stock.release_part if made.restock else stock.take_part
        move(event.subject, quantities, by)
    elif made.restock:
        stock.put_back(event.subject, quantities, by)


@handler("tour.started", "tour.changed", "tour.ended", queue="orders", name="tours.tell")
def tell_of_tour(event: Received) -> None:
    """Shoppers whose parcel a rider has see how many stops come before theirs."""
    tour = event.data
    if event.type == "tour.ended":
        tours.forget(tour.parcels)
        return
    if event.type == "tour.started":
        tours.take_along(tour.parcels, tour.rider, event.time)
    tours.tell(tour.parcels, event.time)


@handler("order.cancelled", queue="orders", name="vouchers")
def release_vouchers(event: Received) -> None:
    """What a cancelled or expired order has claimed can be used by others."""
    claims.release(event.subject)


WINDOW = timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES)


@handler("order.placed", queue="payments", name="orders.expire", after=WINDOW, external=True)
def expire_unpaid(event: Received) -> None:
    """Cancel an order that nobody paid in time, which lets its stock go."""
    _expire(event, within=WINDOW)


if windows.longest() > WINDOW:

    @handler("order.placed", queue="payments", name="orders.expire_slow", after=windows.longest(), external=True)
    def expire_unpaid_by_slow_ways(event: Received) -> None:
        """The same for the way to pay that is given the most time, such as a bank transfer."""
        _expire(event, within=windows.longest())


@handler(*mail.LINKS, queue="payments", name="orders.expire_link", after=windows.LINK, external=True)
def expire_unpaid_after_a_link(event: Received) -> None:
    """The same for an order whose link to pay staff have mailed, counted from the newest one."""
    _expire(event, within=windows.LINK)


def _expire(event: Received, within: timedelta) -> None:
    """Unless its way to pay is given more time than that.

    First its gateways are asked: a webhook may have got lost. One that does not answer keeps nothing waiting; money
    that comes later goes back.
    """
    try:
        payments.ask(event.subject)
    except Exception:
        logger.warning("%s: its gateway could not be asked before it expired", event.subject, exc_info=True)
    with transaction.atomic():
        # Under the lock: a payment that arrives in this very moment wins or waits, and is never cancelled over.
        order = locked(event.subject)
        kept = order.kept_until and order.kept_until > event.time + within
        if order.status in PAYABLE and windows.of(order.gateway) <= within and not kept:
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
    payments.void_payments(order.ref, only)
    payments.refund_payments(order, only)
    states = set(order.payments.values_list("state", flat=True))
    all_returned = Payment.State.REFUNDED in states and not states & Payment.HELD
    if all_returned and order.status == Status.CANCELLED and edge(order.status, Status.REFUNDED):
        transition(order.ref, Status.REFUNDED, by=Actor.SYSTEM, actor="system", reason=event.data.reason)


@handler("refund.requested", "payment.captured", queue="payments", name="payments.refund_part", external=True)
def refund_part(event: Received) -> None:
    """Ask the gateway for a refund that staff want. Of money that is only authorised, once it is taken."""
    asked = Refund.objects.filter(state=Refund.State.REQUESTED)
    if event.type == "payment.captured":
        payments.carry_out(asked.filter(payment=event.data.payment))
    else:
        payments.carry_out(asked.filter(pk=event.data.refund))


@handler(*SENT, queue="payments", name="payments.capture", external=True)
def capture(event: Received) -> None:
    """Take the money that was authorised, now that goods leave."""
    payments.capture_payments(event.subject)


@handler("order.paid", "payment.captured", "order.shipped", "payment.refunded", queue="orders", name="documents.issue")
def issue_documents(event: Received) -> None:
    """Give the order its invoice, and each refund its credit note. One handler does both, in their order."""
    if event.type == "payment.refunded":
        issuing.issue_credit_note(event.data.refund)
    else:
        issuing.issue_invoice(event.subject, shipped=event.type == "order.shipped")


@handler("invoice.issued", "credit_note.issued", queue="mail", name="documents.send", external=True)
def send_document(event: Received) -> None:
    """Make the file of a document, keep it, and mail it."""
    mail.send_document(Document.objects.select_related("order").get(pk=event.data.document), event)


@handler("order.delivered", queue="orders", name="delivery_times")
def keep_delivery_time(event: Received) -> None:
    """How long it took, for the ranges that are promised to others."""
    order = Order.objects.select_related("delivery_method").get(ref=event.subject)
    estimate.record(order, max(step.at for step in event.data.order.steps if step.status == Status.DELIVERED))


@handler(*mail.RETURNS, queue="mail", name="returns.mail", external=True)
def send_return_mail(event: Received) -> None:
    """Tell the shopper how far a return is, with its label once the shop agrees."""
    mail.send_return(Return.objects.select_related("order").get(pk=event.data.sent_back), event)


@handler("question.asked", "question.answered", queue="mail", name="questions.mail", external=True)
def send_answer(event: Received) -> None:
    """Mail what staff answered, and confirm a withdrawal."""
    question_mail.send(event)


@handler(*mail.SUBJECTS, queue="mail", name="mail", external=True)
def send_mail(event: Received) -> None:
    """Tell the shopper by mail, in the order's language."""
    mail.send(Order.objects.select_related("delivery_method", "user").get(ref=event.subject), event)


@handler(*troubles.EVENTS, queue="mail", name="parcels.mail", external=True, when=troubles.anywhere)
def send_trouble(event: Received) -> None:
    """Tell the shopper that something is wrong with a parcel, before they ask."""
    send_mail(event)


MAILERS = {
    "mail": send_mail,
    "parcels.mail": send_trouble,
    "documents.send": send_document,
    "returns.mail": send_return_mail,
}
"""The handlers that mail about an order, by their names."""


@handler("order.mail_requested", queue="mail", name=kept_mails.AGAIN, external=True)
def send_mail_again(event: Received) -> None:
    """Write a mail anew from the event that it told of, to the order's address and in its language of today."""
    told = kept_mails.event_of(OrderMail.objects.select_related("order").get(pk=event.data.mail))
    # Under the key of this press: mail programs drop a second mail with the Message-ID of the first.
    MAILERS[told.handler](replace(told, id=event.id, handler=event.handler))


@handler(*webpush.TOLD, queue="webhooks", name="webpush", external=True, when=webpush.anybody_asked)
def push_to_browsers(event: Received) -> None:
    """Tell browsers whose tab is closed, where somebody asked for it."""
    from orders.notifications import webpush_sending  # loaded when somebody is told: see there

    webpush_sending.tell(event)


@handler("bulk_move.started", "bulk_move.advanced", queue="orders", name="bulk_moves", external=True)
def go_on_with_bulk_move(event: Received) -> None:
    """Move the next orders of it. Each is moved in a transaction of its own, so this one needs none around all."""
    work.portion(int(event.subject))
