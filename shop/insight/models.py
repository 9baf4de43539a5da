"""The read models of the page **Insight**. All of it can be made again from the orders, but for carts and searches."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DayFigure(models.Model):
    """How much of one thing there was on one day, in one currency. `shop.insight.counting.add` alone writes here.

    `key` tells apart what is counted of a kind: the SKU of goods, the class of a lead time, the words of a search. It
    is empty where a day has one number. `amount` is in minor units, and 0 where no money is meant.
    """

    class Kind(models.TextChoices):
        """What is counted."""

        PLACED = "placed", _("orders placed")
        SALE = "sale", _("orders paid")
        FROM_CART = "from_cart", _("orders paid that began as a cart")
        CART = "cart", _("carts begun")
        REFUND = "refund", _("refunds")
        SOLD = "sold", _("pieces sold")
        TAKEN_BACK = "taken_back", _("pieces cancelled or paid back")
        DELIVERED = "delivered", _("orders delivered")
        LATE = "late", _("orders delivered late")
        TO_PAID = "to_paid", _("placed → paid")
        TO_PREPARING = "to_preparing", _("paid → preparing")
        TO_SHIPPED = "to_shipped", _("preparing → shipped")
        TO_DELIVERED = "to_delivered", _("shipped → delivered")
        IN_ALL = "in_all", _("placed → delivered")
        MISSED = "missed", _("searches without result")

    STEPS: ClassVar[tuple[Kind, ...]] = (
        Kind.TO_PAID,
        Kind.TO_PREPARING,
        Kind.TO_SHIPPED,
        Kind.TO_DELIVERED,
        Kind.IN_ALL,
    )
    """The lead times, in their order."""

    currency = models.CharField(_("currency"), max_length=3, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    day = models.DateField(_("day"))
    key = models.CharField(_("of what"), max_length=40, blank=True)
    count = models.BigIntegerField(_("count"))
    amount = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("figure of a day")
        verbose_name_plural = _("figures of days")
        default_permissions = ()
        permissions = [("view_insight", _("Can see Insight"))]
        # Nothing that changes is in an index, so PostgreSQL changes a row in its place.
        constraints = [models.UniqueConstraint(fields=["kind", "currency", "day", "key"], name="figure_once_a_day")]
        indexes = [models.Index(fields=["kind", "currency", "key", "day"], name="figure_by_key")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.key}: {self.count}"


class CountedOrder(models.Model):
    """What one order has added to the figures, so that it can be taken away again: each as
    `[currency, kind, day, key, count, amount]`.

    It names the order by its reference: a foreign key would lock the order's row.
    """

    ref = models.CharField(_("reference"), max_length=12, primary_key=True)
    counted = models.JSONField(_("counted"), default=list)

    class Meta:
        verbose_name = _("counted order")
        verbose_name_plural = _("counted orders")
        default_permissions = ()

    def __str__(self) -> str:
        return self.ref


class BegunCart(models.Model):
    """A cart that got its first thing, named by the key of the order that it may become."""

    key = models.UUIDField(primary_key=True)
    currency = models.CharField(_("currency"), max_length=3)
    at = models.DateTimeField(_("time"), default=timezone.now)
    counted = models.BooleanField(_("counted"), default=False)

    class Meta:
        verbose_name = _("begun cart")
        verbose_name_plural = _("begun carts")
        default_permissions = ()
        indexes = [models.Index(fields=["at"], condition=Q(counted=False), name="cart_to_count")]

    def __str__(self) -> str:
        return str(self.key)
