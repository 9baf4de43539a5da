"""Carts, of guests and of members."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import Variant
from shop.lib.money_field import amount_field


class Cart(models.Model):
    """What somebody means to buy. A guest's cart is found by the session, a member's by the user."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="cart"
    )
    checkout_key = models.UUIDField(
        default=uuid.uuid4,
        help_text=_("Names the next order of this cart, so that however often it is sent it is placed once."),
    )
    codes = models.JSONField(default=list, help_text=_("The voucher codes that the shopper typed."))
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")

    def __str__(self) -> str:
        return f"cart {self.pk}"


class CartLine(models.Model):
    """So many of a variant, at the price that the shopper was last shown."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="cart_lines")
    quantity = models.PositiveIntegerField()
    price_seen: Any = amount_field()

    class Meta:
        verbose_name = _("cart line")
        verbose_name_plural = _("cart lines")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["cart", "variant"], name="cart_line_once")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant}"
