"""Paying an order: begin at the gateway, hear from it, refund."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.db.prepared import prepared
from orders import reasons
from orders.lifecycle import ENDED, PAYABLE, Actor, IllegalTransition, Status
from orders.models import Order, Payment, WebhookEvent
from orders.payments.gateways import base
from orders.payments.gateways.base import PaymentUpdate, Result
from orders.transitions import locked


@prepared
def _open(order: int, gateway: str) -> QuerySet[Payment]:
    return QuerySet(Payment).filter(order=order, gateway=gateway, state=Payment.State.OPEN).order_by("-pk")


def start(ref: str, return_url: str) -> str:
    """Begin a payment and return the address of the gateway's page. An open one is gone on with.

    Raises `IllegalTransition` when the order does not wait for money.
    """
    gateway = base.get()
    with transaction.atomic():
        order = locked(ref)
        if order.status not in PAYABLE:
            raise IllegalTransition(_("This order does not wait for a payment."))
        payment = _open.first(order.pk, gateway.name)
        if payment is None:
            payment = Payment.objects.create(order=order, gateway=gateway.name, amount=order.total)
    # Outside the transaction: the order is not locked while another company's server thinks.
    session = gateway.open(
        ref=order.ref,
        amount=payment.amount,
        return_url=return_url,
        webhook_url=f"{settings.SITE_URL}{reverse('orders:webhook', args=[gateway.name])}",
        idempotency_key=f"payment:{payment.pk}",
    )
    Payment.objects.filter(pk=payment.pk).update(session=session.id)
    return session.url


@dataclass(frozen=True)
class WebhookResult:
    """What came of a webhook: an HTTP status for the gateway, and the outcome in words."""

    status: int
    outcome: str


def receive(gateway: str, update: PaymentUpdate, body: str) -> WebhookResult:
    """Act on a verified webhook, once, however often it comes, and keep it whatever comes of it."""
    with transaction.atomic():
        kept, fresh = WebhookEvent.objects.select_for_update().get_or_create(
            gateway=gateway, event_id=update.id, defaults={"body": body, "outcome": ""}
        )
        if not fresh:
            WebhookEvent.objects.filter(pk=kept.pk).update(times=F("times") + 1)
            if kept.outcome not in (_UNKNOWN, _DIFFERS):
                return WebhookResult(200, f"repeated: {kept.outcome}")
        result = _act(gateway, update)
        WebhookEvent.objects.filter(pk=kept.pk).update(outcome=result.outcome)
        return result


_UNKNOWN = "unknown payment"
_DIFFERS = "the amount differs"


def _act(gateway: str, update: PaymentUpdate) -> WebhookResult:
    known = Payment.objects.filter(gateway=gateway, session=update.session).select_related("order").first()
    if known is None:
        return WebhookResult(404, _UNKNOWN)
    order = locked(known.order.ref)  # the order before its payment, everywhere
    payment = Payment.objects.select_for_update().get(pk=known.pk)
    if update.amount != payment.amount:
        return WebhookResult(422, _DIFFERS)
    if payment.state in (Payment.State.SUCCEEDED, Payment.State.REFUNDED):
        return WebhookResult(200, "was completed before")
    succeeded = update.result is Result.SUCCEEDED
    payment.state = Payment.State.SUCCEEDED if succeeded else Payment.State.FAILED
    payment.detail = update.detail.replace("\0", "")[:200]
    payment.completed_at = timezone.now()
    payment.save()
    actor = f"gateway:{payment.gateway}"
    if not succeeded:
        if order.status in PAYABLE:
            order.move(Status.PAYMENT_FAILED, Actor.GATEWAY, actor, reasons.known(update.detail))
            order.save(update_fields=["status", "timeline"])
        return WebhookResult(200, "failed")
    if order.status in PAYABLE:
        order.move(Status.PAID, Actor.GATEWAY, actor)
        order.save(update_fields=["status", "timeline"])
        return WebhookResult(200, "paid")
    # The order was cancelled, or paid another way, while the shopper was at the gateway: the money goes back.
    order.record_unneeded_payment(payment.pk, actor)
    order.save(update_fields=["version"])
    return WebhookResult(200, "paid, but not needed; refunding")


def refund_payments(order: Order, only: int | None = None) -> int:
    """Refund what was paid for the order (or one payment of it), each payment at its gateway.

    Returns how many payments.

    A payment is booked as refunded after its gateway accepted the refund. One gateway that fails does not stop the
    refunds at others; its error is raised at the end. What came past the gateways is left to staff. Talks to another
    company: call it outside a transaction. Repeating it is harmless: the key is the payment's.
    """
    paid = order.payments.filter(state=Payment.State.SUCCEEDED, session__isnull=False)
    if only is not None:
        paid = paid.filter(pk=only)
    count = 0
    problems: list[Exception] = []
    for payment in paid:
        try:
            base.named(payment.gateway).refund(
                session=str(payment.session), amount=payment.amount, idempotency_key=f"refund:{payment.pk}"
            )
        except Exception as problem:
            problems.append(problem)
            continue
        count += Payment.objects.filter(pk=payment.pk, state=Payment.State.SUCCEEDED).update(
            state=Payment.State.REFUNDED
        )
    if problems:
        raise problems[0]
    return count


def book_returned_by_hand(ref: str, actor: str) -> int:
    """Staff have returned what came past the gateways: book it. Returns how many payments; 0 while the order goes on.

    A cancelled order is refunded with it.
    """
    with transaction.atomic():
        order = locked(ref)
        if order.status not in ENDED:
            return 0
        by_hand = order.payments.filter(state=Payment.State.SUCCEEDED, session=None)
        count: int = by_hand.update(state=Payment.State.REFUNDED, detail=actor)
        if count and order.status == Status.CANCELLED:
            order.move(Status.REFUNDED, Actor.STAFF, actor)
            order.save(update_fields=["status", "timeline"])
        return count
