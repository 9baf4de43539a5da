"""What of a mail is kept, so that staff read it and have it sent again.

The token of the link is left out: whoever may read mails of an order may not act for its shopper.
"""

import re
from datetime import timedelta

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from events.log.envelope import Received, open_for
from events.models import Event
from events.operations.periodic import update_in_batches
from orders.access_links import DAYS
from orders.domain_events import OrderMailRequested
from orders.lifecycle import IllegalTransition
from orders.locking import locked
from orders.models import Order, OrderMail
from orders.models.mail import Content
from shop.lib.rate_limits import exceeded

AGAIN = "mail.again"
"""The handler that sends a mail once more."""
BY_ORDER = 10
"""Mails of one order that staff may have sent again in an hour."""
KEPT = timedelta(days=DAYS)
"""How long the content is kept: as long as the link in it is good."""

_TOKEN = re.compile(r"/track/[^/\s\"'<>]+/")


def send(letter: EmailMultiAlternatives, order: Order, event: Received) -> None:
    """Send it, and keep it: one row for each delivery, even if a process died in between and it is sent twice."""
    letter.send()
    html = str(letter.alternatives[0][0])
    OrderMail.objects.get_or_create(
        event_id=event.id,
        handler=event.handler,
        defaults={
            "order": order,
            "kind": event.type,
            "recipient": letter.to[0],
            "language": order.language,
            "subject": letter.subject[:200],
            "attachment": ", ".join(str(attached[0]) for attached in letter.attachments)[:80],
            "content": OrderMail.packed(Content(without_token(str(letter.body)), without_token(html))),
        },
    )


def without_token(part: str) -> str:
    """A part of a mail as staff may read it: its link does not act for the shopper."""
    return _TOKEN.sub("/track/…/", part)


def event_of(kept: OrderMail) -> Received:
    """The event that a mail told of, for the handler that mailed it. Raises `Event.DoesNotExist`."""
    event = Event.objects.get(pk=kept.event_id)
    return open_for(kept.handler, event.header, event.sealed)


def request_again(ref: str, mail: int, seen: int, actor: str) -> Order:
    """Have a mail sent again, by a handler. `seen` is how often that was done when the page was made.

    Raises `IllegalTransition`: a second click, too many, or a mail of an event that is archived.
    """
    with transaction.atomic():
        order = locked(ref)
        kept = OrderMail.objects.defer("content").get(pk=mail, order=order)
        if kept.again != seen:
            raise IllegalTransition(_("This mail has just been sent again. Nothing more was sent."))
        if kept.handler == AGAIN or not Event.objects.filter(pk=kept.event_id).exists():
            raise IllegalTransition(_("This mail cannot be written again: what it told of is archived."))
        if exceeded("mail-again", order.ref, BY_ORDER):
            raise IllegalTransition(_("Many mails of this order were sent again. Please wait an hour."))
        OrderMail.objects.filter(pk=kept.pk).update(again=F("again") + 1)
        order.record(OrderMailRequested(**order.facts(actor), mail=kept.pk, kind=kept.kind))
        order.save(update_fields=["version"])
        return order


def delete_old_contents() -> int:
    """What mails said is deleted; that they were sent is kept with the order."""
    old = OrderMail.objects.filter(content__isnull=False, sent_at__lt=timezone.now() - KEPT)
    return update_in_batches(old, content=None)
