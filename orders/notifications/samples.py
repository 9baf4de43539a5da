"""Every mail of the shop with made-up data, in any language, for staff to look at. Nothing is stored or sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from djmoney.money import Money

from orders import agreement
from orders.domain_events import Item, LineChange, LinesChange, OrderState, ParcelState, amount
from orders.lifecycle import ENDED, Status
from orders.models import Message, Order, OrderLine, Question
from orders.models.document import Kind
from orders.notifications import mail
from orders.questions import mail as question_mail
from shop.accounts.adapter import AccountAdapter

REF = "7K3QF-M2XNA"
STATUS = {
    "payment.link_sent": Status.PLACED,
    "order.link_requested": Status.PREPARING,
    "parcel.sent": Status.PARTLY_SHIPPED,
    "order.delayed": Status.PREPARING,
    "order.missing_reported": Status.DELIVERED,
    "parcel.scanned": Status.SHIPPED,
}
"""The status with which a mail is shown whose event does not name one."""
SENT = {Status.PARTLY_SHIPPED, Status.SHIPPED, Status.DELIVERED}
ACCOUNT = {
    "account/email/email_confirmation_signup": gettext_lazy("Account: confirm the address"),
    "account/email/password_reset_key": gettext_lazy("Account: a new password"),
    "account/email/unknown_account": gettext_lazy("Account: there is none"),
    "account/email/account_already_exists": gettext_lazy("Account: there is one already"),
    "account/email/password_changed": gettext_lazy("Account: the password was changed"),
    "account/email/email_changed": gettext_lazy("Account: the address was changed"),
}


@dataclass(frozen=True)
class Sample:
    """A mail that can be looked at."""

    name: str
    title: Any
    make: Callable[[HttpRequest, str], EmailMultiAlternatives]
    """Makes it in a language."""


def every() -> list[Sample]:
    """All mails, in the order in which a shopper may get them."""
    samples = [Sample(each, subject % {"ref": REF}, _of_order(each)) for each, subject in mail.SUBJECTS.items()]
    samples += [Sample("parcel.scanned", mail.TROUBLE % {"ref": REF}, _of_order("parcel.scanned"))]
    samples += [
        Sample(each, subject % {"number": f"{REF}-R1"}, _of_return(each)) for each, subject in mail.RETURNS.items()
    ]
    samples += [
        Sample(kind, subject % {"number": "2026-0001"}, _of_document(kind))
        for kind, (subject, _sentence) in mail.DOCUMENTS.items()
    ]
    samples += [
        Sample("question.answered", _("Our answer to your question"), _answer),
        Sample("question.withdrawal", _("We have received your withdrawal"), _withdrawal),
    ]
    return samples + [
        Sample(prefix.rpartition("/")[2], title, _of_account(prefix)) for prefix, title in ACCOUNT.items()
    ]


def _of_order(event_type: str) -> Callable[[HttpRequest, str], EmailMultiAlternatives]:
    def make(request: HttpRequest, language: str) -> EmailMultiAlternatives:
        order, state = _order(event_type, language)
        return mail.order_letter(order, _event(event_type, state), _lines(order, language), [])

    return make


def _of_return(event_type: str) -> Callable[[HttpRequest, str], EmailMultiAlternatives]:
    def make(request: HttpRequest, language: str) -> EmailMultiAlternatives:
        order, state = _order("order.delivered", language)
        with override(language):
            answer = _("This is where a message of the staff stands.") if event_type == "return.refused" else ""
        return mail.return_letter(order, _event(event_type, state), f"{REF}-R1", answer)

    return make


def _of_document(kind: str) -> Callable[[HttpRequest, str], EmailMultiAlternatives]:
    def make(request: HttpRequest, language: str) -> EmailMultiAlternatives:
        order, state = _order("order.paid", language)
        number = "CN-2026-0001" if kind == Kind.CREDIT_NOTE else "INV-2026-0001"
        return mail.document_letter(order, _event("invoice.issued", state), kind, number)

    return make


def _of_account(prefix: str) -> Callable[[HttpRequest, str], EmailMultiAlternatives]:
    def make(request: HttpRequest, language: str) -> EmailMultiAlternatives:
        address = f"{settings.SITE_URL}/accounts/sample/"
        person = get_user_model()(email="ann@example.com", first_name="Ann", last_name="Example")
        context = dict.fromkeys(("activate_url", "password_reset_url", "signup_url"), address) | {
            "user": person,
            "from_email": "ann@example.com",
            "to_email": "ann.example@example.com",
            "ip": "192.0.2.1",
            "user_agent": "Browser",
            "timestamp": timezone.now(),
        }
        with override(language):
            written = AccountAdapter(request).written(prefix, "ann@example.com", context)
        message = EmailMultiAlternatives(subject=written.subject, body=written.text, to=[written.recipient])
        message.attach_alternative(written.html, "text/html")
        return message

    return make


def _answer(request: HttpRequest, language: str) -> EmailMultiAlternatives:
    with override(language):
        text = _("This is where a message of the staff stands.")
        asked = _("When does my parcel come?")
    return _of_question(language, Message(pk=0, text=text, from_shop=True), asked)


def _withdrawal(request: HttpRequest, language: str) -> EmailMultiAlternatives:
    with override(language):
        text = _("I hereby give notice that I withdraw from my contract of sale.")
    return _of_question(language, Message(pk=0, text=text, withdraws=True), "")


def _of_question(language: str, message: Message, asked: str) -> EmailMultiAlternatives:
    order, state = _order("order.delivered", language)
    question = Question(order=order, key=REF, name=order.name, email=order.email, language=language)
    return question_mail.letter(question, message, asked, _event("question.answered", state))


def _event(event_type: str, state: OrderState) -> Any:
    """What a handler would get."""
    data = SimpleNamespace(order=state, reason="exception" if event_type == "parcel.scanned" else "", parcel=1)
    return SimpleNamespace(
        id="sample", handler="mail", type=event_type, sequence=1, idempotency_key="mail:sample", data=data
    )


def _order(event_type: str, language: str) -> tuple[Order, OrderState]:
    """An order that was never stored, in the status of the event, and what its event says."""
    now = timezone.now()
    named = event_type.partition(".")[2]
    status = STATUS.get(event_type) or (Status(named) if named in set(Status) else Status.PLACED)
    order = Order(
        ref=REF,
        name="Ann Example",
        email="ann@example.com",
        address="Hauptstr. 1",
        postal_code="10115",
        city="Berlin",
        country="DE",
        language=language,
        delivery_title="DHL",
        promised_from=timezone.localdate(),
        promised_by=timezone.localdate() + timedelta(days=2),
        subtotal=_money("20.00"),
        delivery_price=_money("4.90"),
        total=_money("24.90"),
        discount=_money("0"),
        delivery_discount=_money("0"),
        captured=_money("24.90") if status not in (Status.PLACED, *ENDED) else _money("0"),
        refunded=_money("0"),
        agreed_to=[list(each) for each in agreement.current()],
    )
    order.timeline = [{"status": Status.PLACED, "at": now.isoformat(), "actor": "shopper", "seq": 1}]
    held_up = "exception" if event_type == "parcel.scanned" else ""
    sent = (ParcelState("DHL", "00340434161094000000", id=1, state=held_up, items=(Item(_("Teapot"), 1),)),)
    until = timezone.localdate() + timedelta(days=14) if status == Status.DELIVERED else None
    state = msgspec.structs.replace(
        order.state(),
        status=str(status),
        refund="gateway" if status in ENDED else "",
        parcels=sent if status in SENT else (),
        missing_at=now if event_type == "order.missing_reported" else None,
        return_until=until,
        changed=_change(now, language) if event_type == "order.lines_changed" else None,
    )
    return order, state


def _change(now: datetime, language: str) -> LinesChange:
    with override(language):
        before, after = amount(_money("44.90")), amount(_money("24.90"))
        return LinesChange(now, (LineChange(_("Teapot"), 2, 1),), before, after)


def _lines(order: Order, language: str) -> list[OrderLine]:
    with override(language):
        return [OrderLine(order=order, sku="TP-1", title=_("Teapot"), quantity=1, unit_price=_money("20.00"))]


def _money(amount: str) -> Any:
    return Money(amount, settings.DEFAULT_CURRENCY)
