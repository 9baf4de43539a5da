"""**Tell me when it is back**: who asks for a sold-out variant gets one mail, once there is some of it again."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from events.db.prepared import prepared
from events.log.envelope import Received
from shop.catalog import stock
from shop.catalog.models import Stock, Variant
from shop.catalog.stock_levels import FOR_SALE
from shop.lib.language_addresses import address_in, without_language
from shop.wishes.domain_events import StockAlertDue, StockAlertRequested
from shop.wishes.models import StockAlert

MOST = 200
"""Alerts of one variant that become due in one transaction. The periodic task goes on with the others."""

REQUESTED = _("We tell you when %(title)s is back")
DUE = _("%(title)s is back")


_SALT = "stock-alert-unsubscribe"


class ForgedToken(ValueError):
    """The token of an address is none that the shop has given out."""


class InStock(Exception):
    """There is some of it: there is nothing to wait for."""


def request(variant: Variant, email: str, language: str) -> bool:
    """Note who waits for the variant. Returns whether it is new. Raises `InStock`."""
    with transaction.atomic():
        # Who brings the stock back holds the same lock: either they see this alert, or we see their stock.
        found = stock.lock([variant.pk]).get(variant.pk)
        if found is not None and found.available:
            raise InStock
        if StockAlert.objects.filter(variant=variant, email=email).exists():
            return False
        alert = StockAlert(variant=variant, sku=variant.sku, email=email, language=language)
        alert.record(StockAlertRequested(alert=str(alert.pk), sku=alert.sku))
        alert.save()
        return True


@prepared
def _first_of(sku: str) -> QuerySet[StockAlert]:
    return QuerySet(StockAlert).filter(sku=sku).order_by("pk")[:1]


def anybody_waits(sku: str) -> bool:
    """Whether somebody is to be told of this SKU."""
    return bool(_first_of.rows(sku))


def _in_stock() -> QuerySet[Stock]:
    return Stock.objects.filter(FOR_SALE, on_hand__gt=F("reserved"))


def wake(sku: str) -> int:
    """Make the alerts of a SKU due, the oldest first, if there is some of it. Returns how many became due."""
    if not _in_stock().filter(sku=sku).exists():
        return 0
    with transaction.atomic():
        waiting = StockAlert.objects.select_for_update().filter(sku=sku, due_at=None).order_by("created_at", "pk")
        rows = list(waiting[:MOST])
        for alert in rows:
            alert.due_at = timezone.now()
            alert.record(StockAlertDue(alert=str(alert.pk), sku=alert.sku))
            alert.save(update_fields=["due_at"])
    return len(rows)


def wake_all() -> int:
    """Make due what waits for something that is there: what one transaction had no room for, what came just then, and
    what is offered again, of which no event of its stock says anything.
    """
    waiting = StockAlert.objects.filter(due_at=None).order_by()
    return sum(wake(sku) for sku in _in_stock().filter(sku__in=waiting.values("sku")).values_list("sku", flat=True))


def send(event: Received) -> None:
    """Send the mail that an alert's event asks for. Nothing of an alert that was taken back or was sent already."""
    alert = _complete(event)
    if alert is None:
        return
    if event.type == "stock_alert.requested":
        _letter(alert, event, "mail/stock_alert_requested", REQUESTED).send()
    elif not _in_stock().filter(sku=alert.sku).exists():
        StockAlert.objects.filter(pk=alert.pk).update(due_at=None)  # gone again: it waits for the next time
    else:
        _letter(alert, event, "mail/stock_alert_due", DUE).send()
        StockAlert.objects.filter(pk=alert.pk).delete()


def _complete(event: Received) -> StockAlert | None:
    rows = StockAlert.objects.select_related("variant__product").filter(pk=event.data.alert)
    return rows.exclude(due_at=None).first() if event.type == "stock_alert.due" else rows.first()


def _one_click(alert: StockAlert) -> str:
    return reverse("wishes:unsubscribe", args=[signing.dumps(str(alert.pk), salt=_SALT)])


def named_by(token: str) -> str:
    """The alert (by primary key) that the address in a mail's header is for. Raises `ForgedToken`."""
    try:
        return str(signing.loads(token, salt=_SALT))
    except signing.BadSignature:
        raise ForgedToken from None


def take_back(pk: str) -> None:
    """Forget that somebody waits. Nothing if the mail was sent, or it was taken back before."""
    StockAlert.objects.filter(pk=pk).delete()


def _letter(alert: StockAlert, event: Received, template: str, subject: Any) -> EmailMultiAlternatives:
    with override(alert.language):
        product = address_in(alert.language, without_language(alert.variant.product.get_absolute_url()))
        stop = address_in(alert.language, without_language(reverse("wishes:stop", args=[alert.pk])))
        context = {
            "title": str(alert.variant),
            "brand": settings.BRAND,
            "language": alert.language,
            "product": f"{product}?variant={alert.sku}",
            "stop": stop,
        }
        message = EmailMultiAlternatives(
            subject=subject % context,
            body=render_to_string(f"{template}.txt", context),
            to=[alert.email],
            headers={
                "Message-ID": f"<{event.id}.{event.handler}@doorbell>",
                "X-Idempotency-Key": event.idempotency_key,
                # RFC 8058: a mail program posts there when its own button is pressed, and asks nobody anything.
                "List-Unsubscribe": f"<{address_in(alert.language, without_language(_one_click(alert)))}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
            },
        )
        message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return message
