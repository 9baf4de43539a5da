"""Whether a product can be bought: draft, for sale, for sale from a moment on, hidden.

`Product.active` says whether it is for sale now, and every list, search and cart asks for nothing else. A periodic task
puts up for sale what has waited for its moment.
"""

from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shop.catalog.models import Product


class Status(models.TextChoices):
    """What staff choose for a product."""

    DRAFT = "draft", gettext_lazy("draft")
    FOR_SALE = "for_sale", gettext_lazy("for sale")
    SCHEDULED = "scheduled", gettext_lazy("for sale from a moment on")
    HIDDEN = "hidden", gettext_lazy("hidden")


CONDITIONS: dict[Status, Q] = {
    Status.DRAFT: Q(draft=True, publish_at=None),
    Status.FOR_SALE: Q(active=True),
    Status.SCHEDULED: Q(publish_at__isnull=False),
    Status.HIDDEN: Q(active=False, draft=False, publish_at=None),
}
COLUMNS = ("active", "draft", "publish_at")


def status_of(product: Product) -> Status:
    """The one status that a product has."""
    if product.active:
        return Status.FOR_SALE
    if product.publish_at is not None:
        return Status.SCHEDULED
    return Status.DRAFT if product.draft else Status.HIDDEN


def words(product: Product) -> str:
    """The status as people read it."""
    if product.publish_at is None:
        return str(status_of(product).label)
    moment = formats.date_format(timezone.localtime(product.publish_at), "SHORT_DATETIME_FORMAT")
    return _("for sale from %(moment)s") % {"moment": moment}


def put(product: Product, status: str, publish_at: datetime | None = None) -> None:
    """Give the product a status; whoever calls saves `COLUMNS`. A moment that has passed is now."""
    later = status == Status.SCHEDULED and publish_at is not None and publish_at > timezone.now()
    product.active = status in (Status.FOR_SALE, Status.SCHEDULED) and not later
    product.publish_at = publish_at if later else None
    product.draft = status == Status.DRAFT


def missing(product: Any) -> list[str]:
    """What keeps a product from being bought, whatever its status: sentences for staff."""
    variants = [variant for variant in product.variants.all() if variant.active]
    if not variants:
        return [_("It has no variant for sale, so nobody can buy it.")]
    without = [variant.sku for variant in variants if not variant.prices.all()]
    if without:
        return [_("Without a price, so not sold: %(skus)s.") % {"skus": ", ".join(without)}]
    return []


def publish_due() -> int:
    """Put up for sale what has waited for its moment. Returns how many."""
    done = 0
    due = Product.objects.filter(publish_at__lte=timezone.now()).order_by("publish_at")
    for key in list(due.values_list("pk", flat=True)[:500]):
        with transaction.atomic():
            product = Product.objects.select_for_update().filter(pk=key, publish_at__lte=timezone.now()).first()
            if product is not None:
                put(product, Status.FOR_SALE)
                product.save(update_fields=COLUMNS)
                done += 1
    return done
