"""Mail about an order: one text and one HTML template, filled from the lifecycle's words."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from events.log.envelope import Received
from orders import access_links
from orders.lifecycle import WORDING, Status
from orders.models import Order
from orders.presentation import day_range

SUBJECTS = {
    "order.placed": _("We have your order %(ref)s"),
    "order.paid": _("Your payment for order %(ref)s has arrived"),
    "order.shipped": _("Your order %(ref)s is on its way"),
    "order.delivered": _("Your order %(ref)s has arrived"),
    "order.cancelled": _("Your order %(ref)s was cancelled"),
    "order.refunded": _("Your money for order %(ref)s is on its way back"),
}


def send(order: Order, event: Received) -> None:
    """Send the mail for `event`. Its Message-ID is the event's idempotency key: who gets it twice can tell."""
    with override(order.language):
        context = {
            "order": order,
            "lines": order.lines.all(),
            "state": event.data.order,
            "wording": WORDING[Status(event.data.order.status)],
            "reason": event.data.reason,
            "promised": day_range(order.promised_from, order.promised_by),
            "link": access_links.url(order),
            "brand": settings.BRAND,
            "language": order.language,
        }
        message = EmailMultiAlternatives(
            subject=SUBJECTS[event.type] % {"ref": order.ref},
            body=render_to_string("mail/order.txt", context),
            to=[order.email],
            headers={
                "Message-ID": f"<{event.id}.{event.handler}@doorbell>",
                "X-Idempotency-Key": event.idempotency_key,
            },
        )
        message.attach_alternative(render_to_string("mail/order.html", context), "text/html")
    message.send()
