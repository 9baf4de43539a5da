"""Paying an order: begin at a gateway, hear from it, ask it, capture, void, refund.

Whatever comes of a payment is booked under the lock of its order, with an event. Companies are talked to outside of any
transaction: no order is locked while another server thinks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.db.prepared import prepared
from orders import limits, reasons
from orders.domain_events import (
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDisputed,
    PaymentLinkSent,
    PaymentMethodChosen,
    PaymentProblemSolved,
    PaymentRefunded,
    PaymentVoided,
    RefundFailed,
    RefundRequested,
    amount,
)
from orders.lifecycle import ENDED, PAYABLE, Actor, IllegalTransition, Status
from orders.locking import locked
from orders.models import Order, Payment, Refund, WebhookEvent
from orders.payments import windows
from orders.payments.gateways import base
from orders.payments.gateways.base import PaymentGateway, PaymentUpdate, Result
from shop.markets import places

State = Payment.State


def gateways_for(country: str) -> list[PaymentGateway]:
    """What a shopper of that country may pay with, in the order of the settings."""
    place = places.place(country)
    return base.offered(place.market.gateways if place else ())


@prepared
def _open(order: int, gateway: str) -> QuerySet[Payment]:
    return QuerySet(Payment).filter(order=order, gateway=gateway, state=State.OPEN).order_by("-pk")


def start(ref: str, return_url: str, gateway: str = "") -> str:
    """Begin a payment and return the address of the gateway's page. An open one is gone on with.

    Without a `gateway` it is the one that was chosen before, else the first that the market offers. Raises
    `IllegalTransition` when the order does not wait for money, or not for money by that gateway.
    """
    with transaction.atomic():
        order = locked(ref)
        if order.status not in PAYABLE:
            raise IllegalTransition(_("This order does not wait for a payment."))
        offered = gateways_for(order.country.code)
        wanted = gateway or order.gateway
        chosen = next((each for each in offered if each.name == wanted), None)
        if chosen is None:
            if gateway or not offered:
                raise IllegalTransition(_("This order cannot be paid in that way."))
            chosen = offered[0]
        payment = _open.first(order.pk, chosen.name)
        if payment is None or payment.amount != order.total:  # one of before its lines were changed stays as it is
            payment = Payment.objects.create(order=order, gateway=chosen.name, amount=order.total)
        if gateway and order.gateway != gateway:
            order.gateway = chosen.name
            order.record(PaymentMethodChosen(**order.facts("shopper")))
            order.save(update_fields=["gateway"])
    session = chosen.open(
        ref=order.ref,
        amount=payment.amount,
        return_url=return_url,
        webhook_url=f"{settings.SITE_URL}{reverse('orders:webhook', args=[chosen.name])}",
        idempotency_key=f"payment:{payment.pk}",
    )
    if session.id:
        Payment.objects.filter(pk=payment.pk).update(session=session.id)
    return session.url


def send_link(ref: str, actor: str) -> None:
    """The shopper gets a mail with a link to pay, and the goods are kept for longer.

    Raises `IllegalTransition` for an order that waits for no money.
    """
    with transaction.atomic():
        order = locked(ref)
        if order.status not in PAYABLE:
            raise IllegalTransition(_("This order does not wait for a payment."))
        order.kept_until = timezone.now() + windows.LINK
        order.record(PaymentLinkSent(**order.facts(actor)))
        order.save(update_fields=["kept_until"])


@dataclass(frozen=True)
class WebhookResult:
    """What came of a webhook: an HTTP status for the gateway, and the outcome in words."""

    status: int
    outcome: str


UNKNOWN = "unknown payment"
DIFFERS = "the amount differs"
NOT_ABOUT_A_PAYMENT = "not about a payment"


def receive(gateway: str, update: PaymentUpdate, body: str) -> WebhookResult:
    """Act on a verified webhook, once, however often it comes, and keep it whatever comes of it."""
    with transaction.atomic():
        kept, fresh = WebhookEvent.objects.select_for_update().get_or_create(
            gateway=gateway, event_id=update.id, defaults={"body": body, "outcome": ""}
        )
        if not fresh:
            WebhookEvent.objects.filter(pk=kept.pk).update(times=F("times") + 1)
            if kept.outcome not in (UNKNOWN, DIFFERS):
                return WebhookResult(200, f"repeated: {kept.outcome}")
        result = apply(gateway, update)
        WebhookEvent.objects.filter(pk=kept.pk).update(outcome=result.outcome)
        return result


def apply(gateway: str, update: PaymentUpdate) -> WebhookResult:
    """Book what a gateway said of a payment, whether it came by webhook or was asked for. Needs a transaction.

    Repeated, late or out of order it changes nothing that is right already.
    """
    known = Payment.objects.filter(gateway=gateway, session=update.session).select_related("order").first()
    if known is None:
        return WebhookResult(404, UNKNOWN)
    order = locked(known.order.ref)  # the order before its payment, everywhere
    payment = Payment.objects.select_for_update().get(pk=known.pk)
    actor = f"gateway:{payment.gateway}"
    if update.result is Result.DISPUTED:
        return _disputed(order, payment, update, actor)
    if payment.state in Payment.CAME and update.amount <= payment.amount:
        return WebhookResult(200, "was completed before")
    part = payment.state == State.AUTHORISED and update.amount == payment.to_capture
    if update.amount != payment.amount and not part:
        QuerySet(Order).filter(pk=order.pk, money_problem="").update(money_problem=Order.MoneyProblem.AMOUNT)
        return WebhookResult(422, DIFFERS)
    if update.result is Result.FAILED:
        return _failed(order, payment, update, actor)
    if update.result is Result.AUTHORISED:
        return _authorised(order, payment, update, actor)
    return _captured(order, payment, update, actor)


def _failed(order: Order, payment: Payment, update: PaymentUpdate, actor: str) -> WebhookResult:
    if payment.state == State.VOIDED:
        return WebhookResult(200, "was voided before")
    _complete(payment, State.FAILED, update)
    if order.status in PAYABLE:
        order.move(Status.PAYMENT_FAILED, Actor.GATEWAY, actor, reasons.known(update.detail))
        order.save(update_fields=["status", "timeline"])
    return WebhookResult(200, "failed")


def _authorised(order: Order, payment: Payment, update: PaymentUpdate, actor: str) -> WebhookResult:
    if payment.state in (State.AUTHORISED, State.VOIDED):
        return WebhookResult(200, "was authorised before")
    _complete(payment, State.AUTHORISED, update)
    if order.status in PAYABLE and payment.amount >= order.total:
        order.record(PaymentAuthorised(**order.facts(actor), payment=payment.pk))
        order.move(Status.PAID, Actor.GATEWAY, actor)
        if payment.amount > order.total:  # begun before something was taken out of the order
            _new_refund(order, payment, payment.amount - order.total, actor)
        order.save(update_fields=["status", "timeline", "money_problem"])
        return WebhookResult(200, "authorised")
    order.record_unneeded_payment(payment.pk, actor)
    order.save(update_fields=["version"])
    return WebhookResult(200, "authorised, but not needed; voiding")


def _captured(order: Order, payment: Payment, update: PaymentUpdate, actor: str) -> WebhookResult:
    was_authorised = payment.state == State.AUTHORISED
    _complete(payment, State.CAPTURED, update)
    if was_authorised and order.status not in ENDED | PAYABLE:
        _book_capture(order, payment, update.amount, actor)
        return WebhookResult(200, "captured")
    order.captured += payment.amount
    if order.status in PAYABLE:
        return _paid_or_too_little(order, payment, actor)
    # The order was cancelled, or paid another way, while the shopper was at the gateway: the money goes back.
    order.record_unneeded_payment(payment.pk, actor)
    order.save(update_fields=["captured"])
    return WebhookResult(200, "paid, but not needed; refunding")


def _paid_or_too_little(order: Order, payment: Payment, actor: str) -> WebhookResult:
    """Book money for an order that waits for it. A payment that was begun before its lines were changed may not fit.

    What is too much goes back. What is too little goes back, too, and the order waits on: a gateway's page takes the
    whole sum or nothing.
    """
    changed = ["status", "timeline", "captured", "money_problem"]
    if payment.amount == order.total == order.captured:
        order.move(Status.PAID, Actor.GATEWAY, actor)
        order.save(update_fields=changed)
        return WebhookResult(200, "paid")
    spare = order.captured - limits.given_back(order) - order.total
    if spare.amount < 0:
        _new_refund(order, payment, payment.amount, actor)
        order.save(update_fields=changed)
        return WebhookResult(200, "too little by now; refunding")
    order.move(Status.PAID, Actor.GATEWAY, actor)
    if spare.amount > 0:
        _new_refund(order, payment, min(spare, payment.amount), actor)
    order.save(update_fields=changed)
    return WebhookResult(200, "paid")


def _disputed(order: Order, payment: Payment, update: PaymentUpdate, actor: str) -> WebhookResult:
    if payment.state == State.DISPUTED or payment.state not in Payment.CAME:
        return WebhookResult(200, "disputed" if payment.state == State.DISPUTED else "disputed before it was paid")
    _complete(payment, State.DISPUTED, update)
    order.money_problem = Order.MoneyProblem.DISPUTED
    order.record(PaymentDisputed(**order.facts(actor), payment=payment.pk))
    order.save(update_fields=["money_problem"])
    return WebhookResult(200, "disputed")


def _complete(payment: Payment, state: str, update: PaymentUpdate) -> None:
    payment.state = state
    payment.detail = update.detail.replace("\0", "")[:200]
    payment.completed_at = timezone.now()
    payment.save(update_fields=["state", "detail", "completed_at"])


def ask(ref: str) -> list[str]:
    """Ask the gateways what became of the order's open payments, and book it. Returns what was found, in words.

    Talks to other companies: call it outside a transaction.
    """
    found = []
    waiting = Payment.objects.filter(order__ref=ref, state__in=(State.OPEN, State.AUTHORISED), session__isnull=False)
    for payment in waiting.order_by("pk"):
        update = base.named(payment.gateway).ask(str(payment.session))
        if update is not None:
            with transaction.atomic():
                found.append(apply(payment.gateway, update).outcome)
    return found


def capture_payments(ref: str) -> int:
    """Take the money that was authorised for the order. Returns of how many payments."""
    return _for_each(_authorised_of(ref), _capture)


def _capture(payment: Payment) -> None:
    """Take what was authorised, but for what is to be returned already: that part is never taken."""
    wanted = payment.to_capture
    if not wanted:
        _void(payment)
        return
    base.named(payment.gateway).capture(
        session=str(payment.session), amount=wanted, idempotency_key=f"capture:{payment.pk}:{wanted.amount:f}"
    )
    with transaction.atomic():
        order = locked(payment.order.ref)
        held = Payment.objects.select_for_update().get(pk=payment.pk)
        if held.state == State.AUTHORISED:
            held.state = State.CAPTURED
            held.save(update_fields=["state"])
            _book_capture(order, held, wanted, "system")


def _book_capture(order: Order, payment: Payment, taken: Any, actor: str) -> None:
    """Book that `taken` of an authorised payment was taken. What was not counts as returned: the papers say so, too."""
    order.captured += payment.amount
    order.record(PaymentCaptured(**order.facts(actor), payment=payment.pk))
    order.save(update_fields=["captured"])
    not_taken = payment.amount - taken
    for refund in payment.refunds.filter(state=Refund.State.REQUESTED).order_by("pk"):
        if refund.amount <= not_taken:
            not_taken -= refund.amount
            _book_locked(order, refund, Refund.State.SUCCEEDED, "was never taken", actor)


def void_payments(ref: str, only: int | None = None) -> int:
    """Let go of the money that was authorised for the order. Returns of how many payments."""
    return _for_each([p for p in _authorised_of(ref) if only in (None, p.pk)], _void)


def _void(payment: Payment) -> None:
    base.named(payment.gateway).void(session=str(payment.session), idempotency_key=f"void:{payment.pk}")
    with transaction.atomic():
        order = locked(payment.order.ref)
        if Payment.objects.filter(pk=payment.pk, state=State.AUTHORISED).update(state=State.VOIDED):
            # What was to be returned of it was never taken: there is nothing more to do for it.
            payment.refunds.filter(state=Refund.State.REQUESTED).update(
                state=Refund.State.SUCCEEDED, detail="was never taken", completed_at=timezone.now()
            )
            order.record(PaymentVoided(**order.facts("system"), payment=payment.pk))
            order.save(update_fields=["version"])


def _authorised_of(ref: str) -> list[Payment]:
    held = Payment.objects.filter(order__ref=ref, state=State.AUTHORISED, session__isnull=False)
    return list(held.select_related("order").order_by("pk"))


def _for_each(payments: Iterable[Payment], work: Any) -> int:
    """Do it for each. One gateway that fails does not stop the others; its error is raised at the end."""
    done, problems = 0, []
    for payment in payments:
        try:
            work(payment)
        except Exception as problem:
            problems.append(problem)
            continue
        done += 1
    if problems:
        raise problems[0]
    return done


def book_transfer(ref: str, money: Any, *, gateway: str, reference: str, received_on: date, actor: str) -> Payment:
    """Money that came past the gateways, such as a transfer, whatever the order needs of it.

    An order that waits is paid once all has come. What it does not need is to be returned by staff.
    """
    with transaction.atomic():
        order = locked(ref)
        # The row that waits for it; another transfer of the same order is a payment of its own.
        payment = order.payments.filter(gateway=gateway, state=State.OPEN, session=None).order_by("pk").last()
        payment = payment or Payment(order=order, gateway=gateway)
        payment.amount, payment.state, payment.completed_at = money, State.CAPTURED, timezone.now()
        payment.reference, payment.received_on = reference[:80], received_on
        payment.save()
        waited = order.status in PAYABLE
        order.captured += money
        # What is going back already, such as a payment of before the lines were changed, does not count.
        spare = order.captured - limits.given_back(order) - order.total if waited else money
        if waited and spare.amount >= 0:
            order.move(Status.PAID, Actor.SYSTEM, actor)
        else:
            order.record(PaymentCaptured(**order.facts(actor), payment=payment.pk))
        if spare.amount > 0 and order.status not in ENDED:
            # Nobody chose to give it back: the order never wanted it.
            _new_refund(order, payment, min(spare, money), actor)
        order.save(update_fields=["status", "timeline", "captured", "money_problem"])
        return payment


# -- Refunds --------------------------------------------------------------------------------------


def request_refund(payment: int, money: Any, actor: str) -> Refund:
    """Staff want a part of a payment, or all of it, to go back through its gateway. A handler does it.

    What came past the gateways staff return themselves, and say so (`book_returned_by_hand`). Raises
    `IllegalTransition` for more than is left, another currency, or nothing.
    """
    with transaction.atomic():
        found = Payment.objects.select_related("order").get(pk=payment)
        order = locked(found.order.ref)
        held = Payment.objects.select_for_update().get(pk=payment)
        if money.currency != held.amount.currency:
            raise IllegalTransition(_("The payment was in %(currency)s.") % {"currency": held.amount.currency})
        if not 0 < money.amount <= held.left.amount:
            raise IllegalTransition(_("%(left)s can be returned at most.") % {"left": held.left})
        made = make_refund(order, held, money, actor)
        order.save(update_fields=["money_problem"])
        return made


def make_refund(order: Order, payment: Payment, money: Any, actor: str) -> Refund:
    """The refund's row and its event. The caller holds both locks, knows that as much is left, and saves the order.

    What was authorised only is never taken then; what came past the gateways staff return, and say so. Raises
    `OverLimit` for more than the roles of the person allow.
    """
    limits.hold_refund(order, actor, money)
    return _new_refund(order, payment, money, actor)


def _new_refund(order: Order, payment: Payment, money: Any, actor: str) -> Refund:
    made = Refund.objects.create(payment=payment, amount=money, actor=actor)
    order.money_problem = ""
    order.record(RefundRequested(**order.facts(actor), refund=made.pk, amount=amount(money)))
    return made


def try_again(refund: int, actor: str) -> Refund:
    """A refund that failed is asked for once more, as a refund of its own. Raises `IllegalTransition`."""
    with transaction.atomic():
        failed = Refund.objects.select_related("payment__order").get(pk=refund)
        if failed.state != Refund.State.FAILED:
            raise IllegalTransition(_("This refund did not fail."))
        return request_refund(failed.payment_id, failed.amount, actor)


def looked_at(ref: str, actor: str) -> None:
    """Staff have dealt with the problem of an order's money."""
    with transaction.atomic():
        order = locked(ref)
        if order.money_problem:
            order.money_problem = ""
            order.record(PaymentProblemSolved(**order.facts(actor)))
            order.save(update_fields=["money_problem"])


def _request_what_is_left(ref: str, only: int | None) -> None:
    """A refund for what the gateways still have of the order's money."""
    with transaction.atomic():
        order = locked(ref)
        held = order.payments.select_for_update().filter(state__in=Payment.HELD, session__isnull=False).order_by("pk")
        for payment in held:
            if only in (None, payment.pk) and payment.left:
                Refund.objects.create(payment=payment, amount=payment.left, actor="system")


def refund_payments(order: Order, only: int | None = None) -> int:
    """Return what the gateways have of the order's money (or of one payment of it). Returns how many payments.

    Each refund is a row before its gateway is asked, and is booked when the gateway has accepted it. One gateway that
    fails does not stop the refunds at others; its error is raised at the end, and repeating it is harmless: the key is
    the refund's. What came past the gateways is left to staff.
    """
    _request_what_is_left(order.ref, only)
    waiting = Refund.objects.filter(payment__order=order, payment__session__isnull=False)
    waiting = waiting.filter(state=Refund.State.REQUESTED)
    if only is not None:
        waiting = waiting.filter(payment=only)
    return carry_out(waiting)


def carry_out(refunds: QuerySet[Refund]) -> int:
    """Ask the gateways for these refunds, and book what they say. Call it outside a transaction."""
    return _for_each(refunds.select_related("payment__order").order_by("pk"), _carry_out)  # type: ignore[arg-type]


def _carry_out(refund: Any) -> None:
    payment = refund.payment
    if payment.by_hand or payment.state == State.AUTHORISED:
        return  # staff return it; or it is never taken (`_capture`)
    try:
        base.named(payment.gateway).refund(
            session=str(payment.session), amount=refund.amount, idempotency_key=refund.idempotency_key
        )
    except base.Refused as refusal:
        _book(refund, Refund.State.FAILED, str(refusal))
    else:
        _book(refund, Refund.State.SUCCEEDED)


def _book(refund: Refund, state: str, detail: str = "", actor: str = "system") -> None:
    with transaction.atomic():
        order = locked(refund.payment.order.ref)
        _book_locked(order, refund, state, detail, actor)


def _book_locked(order: Order, refund: Refund, state: str, detail: str, actor: str) -> None:
    """The same under a lock that the caller holds."""
    row = Refund.objects.select_for_update().get(pk=refund.pk)
    if row.state != Refund.State.REQUESTED:
        return
    row.state, row.detail, row.completed_at = state, detail[:200], timezone.now()
    row.save(update_fields=["state", "detail", "completed_at"])
    payment = Payment.objects.select_for_update().get(pk=refund.payment_id)
    if state == Refund.State.FAILED:
        order.money_problem = Order.MoneyProblem.REFUND_FAILED
        order.record(RefundFailed(**order.facts(actor), refund=row.pk, amount=amount(row.amount)))
    else:
        order.refunded += row.amount
        done = payment.refunds.filter(state=Refund.State.SUCCEEDED)
        if sum((each.amount for each in done), payment.amount * 0) >= payment.amount:
            Payment.objects.filter(pk=payment.pk).update(state=State.REFUNDED)
        order.record(PaymentRefunded(**order.facts(actor), refund=row.pk, amount=amount(row.amount)))
    order.save(update_fields=["refunded", "money_problem"])


def book_returned_by_hand(ref: str, actor: str) -> int:
    """Staff have returned what came past the gateways: book it. Returns how many refunds.

    While the order goes on, that is what was asked for; once it has ended, all that is left. A cancelled order is
    refunded with it. Raises `OverLimit` for more than the roles of the person allow.
    """
    with transaction.atomic():
        order = locked(ref)
        by_hand = list(order.payments.select_for_update().filter(state__in=Payment.HELD, session=None).order_by("pk"))
        booked = 0
        if order.status in ENDED:
            limits.hold_refund(order, actor, sum((each.left for each in by_hand), order.total * 0))
        for payment in by_hand:
            if order.status in ENDED and payment.left:
                Refund.objects.create(payment=payment, amount=payment.left, actor=actor)
            for refund in payment.refunds.filter(state=Refund.State.REQUESTED).order_by("pk"):
                _book_locked(order, refund, Refund.State.SUCCEEDED, "", actor)
                booked += 1
        if booked and order.status == Status.CANCELLED:
            order.move(Status.REFUNDED, Actor.STAFF, actor)
            order.save(update_fields=["status", "timeline"])
        return booked
