"""Mails about an order, its documents and its returns, in the order's language, filled from the lifecycle's words.

Each `…_letter` makes a mail and sends nothing: `orders.notifications.samples` shows them to staff.
"""

from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.utils import formats
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from events.log.envelope import Received
from orders import access_links, agreement, line_words, reasons, troubles
from orders.access_links import Strength
from orders.documents import rendering, slips
from orders.domain_events import OrderState
from orders.lifecycle import ENDED, PAYABLE, WORDING, Refund, Status, sentence
from orders.models import Document, Order, Return
from orders.models.document import Kind
from orders.moments import day_range
from orders.notifications import choices, kept_mails
from orders.presentation import deadline, transfer
from orders.returns.lifecycle import WORDS, State
from orders.templatetags.shop_terms import contact_address
from shop.lib import letters
from shop.pages import published

MISSING = "order.missing_reported"

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
    MISSING: _("We look for your order %(ref)s"),
    "order.address_changed": _("Your order %(ref)s goes to another address"),
    "order.lines_changed": _("Your order %(ref)s was changed"),
    "order.cancelled": _("Your order %(ref)s was cancelled"),
    "order.refunded": _("Your money for order %(ref)s is on its way back"),
}

FIRST = "order.placed"
"""Its mail has the texts with it that the order was placed under: the law wants them on something that lasts."""

APOLOGIES = 3
"""Mails about the delays of one order. After those a person has to write."""

TROUBLE = _("About the parcel of your order %(ref)s")

BY_HAND = _("We return your money for order %(ref)s")


APOLOGY = _("It takes longer than we said, and we are sorry. We look after it, and tell you when it moves.")

NOT_YOU = _("The address of your order was changed; the new one is below. If that was not you, please tell us at once.")


def _subject(event_type: str, refund: str) -> Any:
    if event_type in troubles.EVENTS:
        return TROUBLE
    return BY_HAND if event_type == "order.refunded" and refund == Refund.BY_HAND else SUBJECTS[event_type]


ASKED = _("You asked for the link to your order. It is below.")

SENTENCES = {"order.delayed": APOLOGY, "order.address_changed": NOT_YOU, "order.link_requested": ASKED}
"""What is said of an event that changes no status."""

LINKS = ("payment.link_sent", "order.lines_changed")
"""The mails with a link to pay, while the order waits for money."""


def _sentence(event_type: str, state: OrderState) -> Any:
    """What the mail says first, in the active language."""
    if event_type == "order.lines_changed" and state.changed is not None:
        return f"{line_words.told(state.changed)} {line_words.costs(state.changed)}"
    return SENTENCES.get(event_type) or sentence(state.status, state.refund)


RETURNS = {
    "return.requested": _("You asked for return %(number)s"),
    "return.approved": _("Your return %(number)s: here is the label"),
    "return.received": _("Your return %(number)s is here"),
    "return.refunded": _("Your return %(number)s is paid back"),
    "return.exchanged": _("Your return %(number)s: a replacement is on its way"),
    "return.refused": _("Your return %(number)s"),
}


def send_return(sent_back: Return, event: Received) -> None:
    """Tell the shopper of a step of their return; with the label once it is agreed."""
    letter = return_letter(sent_back.order, event, sent_back.number, sent_back.answer)
    if event.type == "return.approved":
        with override(sent_back.order.language):
            letter.attach(f"{sent_back.number}.pdf", slips.return_label(sent_back), "application/pdf")
    kept_mails.send(letter, sent_back.order, event)


def return_letter(order: Order, event: Received, number: str, answer: str) -> EmailMultiAlternatives:
    """The mail about a step of a return. What staff answered goes along."""
    words = WORDS[State(event.type.partition(".")[2])]
    with override(order.language):
        context = {"sentence": words.sentence, "answer": answer}
        return _letter(order, event, RETURNS[event.type] % {"number": number}, "mail/about_order", context)


DOCUMENTS = {
    Kind.INVOICE.value: (_("Your invoice %(number)s"), _("Your invoice for order %(ref)s is attached.")),
    Kind.CREDIT_NOTE.value: (_("Your credit note %(number)s"), _("Your credit note for order %(ref)s is attached.")),
}


def send_document(document: Document, event: Received) -> None:
    """Mail an invoice or a credit note as PDF."""
    letter = document_letter(document.order, event, document.kind, document.number)
    letter.attach(f"{document.number}.pdf", rendering.pdf(document), "application/pdf")
    kept_mails.send(letter, document.order, event)


def document_letter(order: Order, event: Received, kind: str, number: str) -> EmailMultiAlternatives:
    """The mail that a document goes with."""
    subject, sentence = DOCUMENTS[kind]
    with override(order.language):
        context = {"sentence": sentence % {"ref": order.ref}}
        return _letter(order, event, subject % {"number": number}, "mail/about_order", context)


def _letter(
    order: Order, event: Received, subject: str, template: str, context: dict[str, Any]
) -> EmailMultiAlternatives:
    """A mail to the shopper in the active language. Its Message-ID is the event's idempotency key."""
    context = context | {
        "order": order,
        # A member signs in to act; who gets the mail by mistake sees no address.
        "link": access_links.url(order, Strength.LOOK if order.user_id else Strength.ACT),
    }
    return letters.compose(
        template, context, subject=subject, to=order.email, headers=headers(event), reply_to=[contact_address()]
    )


def headers(event: Received) -> dict[str, str]:
    """Those of a mail that follows from an event: who gets it twice can tell."""
    return {
        "Message-ID": f"<{event.id}.{event.handler}@doorbell>",
        "X-Idempotency-Key": event.idempotency_key,
        "Auto-Submitted": "auto-generated",
    }


def send(order: Order, event: Received) -> None:
    """Send the mail for `event`, if there is one. A scan is told of if a parcel's trouble begins with it."""
    if event.type in troubles.EVENTS and troubles.begun(event.type, event.data) is None:
        return
    letter = letter_of(order, event)
    if letter is not None:
        kept_mails.send(letter, order, event)


def letter_of(order: Order, event: Received) -> EmailMultiAlternatives | None:
    """The mail for `event`. A refund or a payment of nothing is not mailed, nor what the shopper has switched off."""
    state = event.data.order
    if event.type == "order.refunded" and state.refund == Refund.NOTHING_PAID:
        return None
    kind = "parcel.scanned" if event.type in troubles.EVENTS else event.type
    if not choices.wanted(order.user, "mail", kind):
        return None
    if event.data.reason == reasons.Reason.FREE or (event.type == "order.delayed" and state.delays > APOLOGIES):
        return None
    letter = order_letter(order, event, list(order.lines.all()), list(order.adjustments.all()))
    if event.type == FIRST:
        with override(order.language):
            for version in published.versions((each.kind, each.number) for each in agreement.of(order)):
                said = f"{version.text['title']}\n\n{version.text['body']}"
                letter.attach(f"{version.page.kind}-{version.number}.txt", said, "text/plain")
    return letter


def order_letter(order: Order, event: Received, lines: list[Any], adjustments: list[Any]) -> EmailMultiAlternatives:
    """The mail about a step of an order. What staff wrote to the shopper stands in its timeline, not in the event."""
    state = event.data.order
    status = Status(state.status)
    account = transfer(state, order.language) if status in PAYABLE else []
    trouble = troubles.NOT_THERE if event.type == MISSING else troubles.begun(event.type, event.data)
    wording = trouble or WORDING[status]
    until = state.return_until
    with override(order.language):
        context = {
            "lines": lines,
            "adjustments": adjustments,
            "state": state,
            "wording": wording,
            # When something is wrong, or a transfer may take days, no day is promised.
            "expected": status not in ENDED | {Status.DELIVERED} and trouble is None and not account,
            "sentence": trouble.sentence if trouble else _sentence(event.type, state),
            "reason": reasons.words(event.data.reason),
            "message": order.entry_of(event.sequence).get("message", ""),
            "promised": day_range(order.promised_from, order.promised_by),
            "next": wording.next if state.total.minor else "",  # nothing to pay is not next
            "deadline": deadline(state, order.language) if status in PAYABLE and state.total.minor else "",
            "return_until": formats.date_format(until, "DATE_FORMAT") if until else "",
            "payable": event.type in LINKS and status in PAYABLE and not account,
            "transfer": account,
            "agreed": [each.words for each in agreement.of(order)] if event.type == FIRST else [],
        }
        return _letter(order, event, _subject(event.type, state.refund) % {"ref": order.ref}, "mail/order", context)
