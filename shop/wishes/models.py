"""What shoppers want and did not buy yet."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from events.emission import EmitsEvents
from events.log.stream_names import StreamName
from shop.catalog.models import Product, Variant


class StockAlert(EmitsEvents):
    """Somebody wants one mail when a variant is back in stock. It is deleted when the mail was sent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="alerts")
    sku = models.CharField(max_length=40, db_index=True)
    email = models.EmailField(_("email"))
    language = models.CharField(_("language"), max_length=10)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    due_at = models.DateTimeField(_("back since"), null=True)

    class Meta(EmitsEvents.Meta):
        verbose_name = _("stock alert")
        verbose_name_plural = _("stock alerts")
        constraints = [models.UniqueConstraint(fields=["variant", "email"], name="stock_alert_once")]

    def __str__(self) -> str:
        return self.sku

    @property
    def stream(self) -> str:
        return str(StreamName("stock_alert", str(self.id)))


class Wish(models.Model):
    """A product on a member's wish list. A guest's list is in the session."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wishes")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        constraints = [models.UniqueConstraint(fields=["user", "product"], name="wish_once")]

    def __str__(self) -> str:
        return str(self.product_id)

    @staticmethod
    def products_of(keys: Sequence[int]) -> Any:
        """Those of the keys that products have."""
        return Product.objects.filter(pk__in=keys).values_list("pk", flat=True)


class SharedList(models.Model):
    """That a member's wish list is shown to whoever has its link. Links of another version have ended."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shared_list")
    title = models.CharField(_("title"), max_length=80, blank=True)
    is_open = models.BooleanField(_("shared"), default=False)
    link_version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("shared wish list")
        verbose_name_plural = _("shared wish lists")

    def __str__(self) -> str:
        return self.title or str(self.pk)
