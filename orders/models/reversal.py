"""Lines of an order that were taken out of it: cancelled before they were sent, or paid back afterwards."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order, OrderLine
from orders.models.payment import Refund
from shop.lib.money_field import amount_field


class Reversal(models.Model):
    """One decision about some lines: what becomes of the goods, and which refund pays for them."""

    class Kind(models.TextChoices):
        CANCELLED = "cancelled", _("will not be sent")
        PAID_BACK = "paid_back", _("was sent, and is paid back")

    class Reason(models.TextChoices):
        OUT_OF_STOCK = "out_of_stock", _("not in stock")
        WISH = "wish", _("the shopper's wish")
        DAMAGED = "damaged", _("arrived damaged")
        WRONG = "wrong", _("something else was sent")
        LOST = "lost", _("never arrived")
        RETURNED = "returned", _("came back")
        GOODWILL = "goodwill", _("goodwill")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="reversals")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices)
    restock = models.BooleanField(_("back in stock"), help_text=_("Off: the goods are gone, such as broken ones."))
    delivery = amount_field(_("of the delivery"), default=0)
    refund = models.OneToOneField(
        Refund, verbose_name=_("refund"), null=True, on_delete=models.PROTECT, related_name="reversal"
    )
    actor = models.CharField(_("who"), max_length=60)
    created = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("reversal")
        verbose_name_plural = _("reversals")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_reason_display()}"


class ReversalLine(models.Model):
    """How many of a line, and what was paid for them with their tax."""

    reversal = models.ForeignKey(Reversal, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="reversals")
    quantity = models.PositiveIntegerField(_("quantity"))
    amount = amount_field(_("amount"))

    class Meta:
        verbose_name = _("reversed line")
        verbose_name_plural = _("reversed lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["reversal", "line"], name="line_once_in_a_reversal"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="something_is_reversed"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line_id}"
