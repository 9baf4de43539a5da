"""Mail about an order and its documents: text and HTML templates, filled from the lifecycle's words."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from events.log.envelope import Received
from orders import access_links, reasons
from orders.access_links import Strength
from orders.documents import rendering, slips
from orders.lifecycle import ENDED, PAYABLE, WORDING, Refund, Status, sentence
from orders.models import Document, Order, Return
from orders.models.document import Kind
from orders.moments import day_range
from orders.notifications import choices, kept_mails
from orders.presentation import transfer
from orders.returns.lifecycle import WORDS, State

SUBJECTS = {
    "order.placed": _("We have your order %(ref)s"),
    "payment.link_sent": _("A link to pay for order %(ref)s"),
    "order.link_requested": _("The link to your order %(ref)s"),
    "order.paid": _("Your payment for order %(ref)s has arrived"),
    "order.partly_shipped": _("A part of your order %(ref)s is on its way"),
    "parcel.sent": _("Another part of your order %(ref)s is on its way"),
    "order.shipped": _("Your order %(ref)s is on its way"),
    "order.delayed": _("Your order %(ref)s will be later than we said"),
    "order.delivered": _("Your order %(ref)s has arrived"),
    "order.address_changed": _("Your order %(ref)s goes to another address"),
    "order.cancelled": _("Your order %(ref)s was cancelled"),
    "order.refunded": _("Your money for order %(ref)s is on its way back"),
}

APOLOGIES = 3
"""Mails about the delays of one order. After those a person has to write."""

BY_HAND = _("We return your money for order %(ref)s")


APOLOGY = _("It takes longer than we said, and we are sorry. We look after it, and tell you when it moves.")

NOT_YOU = _("The address of your order was changed; the new one is below. If that was not you, please tell us at once.")


def _subject(event_type: str, refund: str) -> Any:
    return BY_HAND if event_type == "order.refunded" and refund == Refund.BY_HAND else SUBJECTS[event_type]


SENTENCES = {"order.delayed": APOLOGY, "order.address_changed": NOT_YOU}
"""What is said of an event that changes no status."""

RETURNS = {
    "return.requested": _("You asked for return %(number)s"),
    "return.approved": _("Your return %(number)s: here is the label"),
    "return.received": _("Your return %(number)s is here"),
    "return.refunded": _("Your return %(number)s is paid back"),
    "return.exchanged": _("Your return %(number)s: a replacement is on its way"),
    "return.refused": _("Your return %(number)s"),
}


def send_return(sent_back: Return, event: Received) -> None:
    """Tell the shopper of a step of their return; with the label once it is agreed. What staff answered goes along."""
    order = sent_back.order
    words = WORDS[State(event.type.partition(".")[2])]
    with override(order.language):
        context = {"sentence": words.sentence, "answer": sent_back.answer}
        subject = RETURNS[event.type] % {"number": sent_back.number}
        letter = _letter(order, event, subject, "mail/return", context)
        if event.type == "return.approved":
            letter.attach(f"{sent_back.number}.pdf", slips.return_label(sent_back), "application/pdf")
    kept_mails.send(letter, order, event)


DOCUMENTS = {
    Kind.INVOICE.value: (_("Your invoice %(number)s"), _("Your invoice for order %(ref)s is attached.")),
    Kind.CREDIT_NOTE.value: (_("Your credit note %(number)s"), _("Your credit note for order %(ref)s is attached.")),
}


def send_document(document: Document, event: Received) -> None:
    """Mail an invoice or a credit note as PDF."""
    order = document.order
    subject, sentence = DOCUMENTS[document.kind]
    with override(order.language):
        letter = _letter(
            order,
            event,
            subject % {"number": document.number},
            "mail/document",
            {"sentence": sentence % {"ref": order.ref}},
        )
    letter.attach(f"{document.number}.pdf", rendering.pdf(document), "application/pdf")
    kept_mails.send(letter, order, event)


def _letter(
    order: Order, event: Received, subject: str, template: str, context: dict[str, Any]
) -> EmailMultiAlternatives:
    """A mail to the shopper in the active language, as text and HTML. Its Message-ID is the event's idempotency key."""
    context = context | {
        "order": order,
        # A member signs in to act; who gets the mail by mistake sees no address.
        "link": access_links.url(order, Strength.LOOK if order.user_id else Strength.ACT),
        "brand": settings.BRAND,
        "language": order.language,
    }
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"{template}.txt", context),
        to=[order.email],
        headers={
            "Message-ID": f"<{event.id}.{event.handler}@doorbell>",
            "X-Idempotency-Key": event.idempotency_key,
        },
    )
    message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return message


def send(order: Order, event: Received) -> None:
    """Send the mail for `event`. Its Message-ID is the event's idempotency key: who gets it twice can tell.

    What staff wrote to the shopper is in the order's timeline, not in the event. A refund or a payment of nothing
    is not mailed.
    """
    state = event.data.order
    if event.type == "order.refunded" and state.refund == Refund.NOTHING_PAID:
        return
    if not choices.wanted(order.user, "mail", event.type):
        return
    if event.data.reason == reasons.Reason.FREE or (event.type == "order.delayed" and state.delays > APOLOGIES):
        return
    with override(order.language):
        context = {
            "lines": order.lines.all(),
            "state": state,
            "wording": WORDING[Status(state.status)],
            "expected": Status(state.status) not in ENDED | {Status.DELIVERED},
            "sentence": SENTENCES.get(event.type) or sentence(state.status, state.refund),
            "reason": reasons.words(event.data.reason),
            "message": order.entry_of(event.sequence).get("message", ""),
            "promised": day_range(order.promised_from, order.promised_by),
            "next": WORDING[Status(state.status)].next if state.total.minor else "",  # nothing to pay is not next
            "payable": event.type == "payment.link_sent",
            "transfer": transfer(state, order.language) if Status(state.status) in PAYABLE else [],
        }
        letter = _letter(order, event, _subject(event.type, state.refund) % {"ref": order.ref}, "mail/order", context)
    kept_mails.send(letter, order, event)
