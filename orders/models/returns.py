"""What shoppers send back."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order, OrderLine
from orders.models.reversal import Reversal
from orders.returns.lifecycle import WORDS, State


class Return(models.Model):
    """Some goods that a shopper wants to send back. Its states move by `orders.returns.service` alone."""

    class Reason(models.TextChoices):
        MIND = "mind", _("I have changed my mind")
        FIT = "fit", _("It does not fit, or is not what I expected")
        DAMAGED = "damaged", _("It arrived damaged")
        DEFECT = "defect", _("It does not work")
        WRONG = "wrong", _("I got something else")

    class Wish(models.TextChoices):
        REFUND = "refund", _("My money back")
        EXCHANGE = "exchange", _("The same again")

    order = models.ForeignKey(Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="returns")
    place = models.PositiveSmallIntegerField(_("place among the order's returns"))
    state = models.CharField(
        _("state"), max_length=12, choices=[(s.value, WORDS[s].label) for s in State], default=State.REQUESTED.value
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    wish = models.CharField(_("wish"), max_length=10, choices=Wish.choices, default=Wish.REFUND)
    comment = models.TextField(_("in the shopper's words"), max_length=1000, blank=True)
    answer = models.TextField(_("answer to the shopper"), max_length=1000, blank=True)
    tracking = models.CharField(_("tracking number"), max_length=60, blank=True)
    reversal = models.OneToOneField(
        Reversal, verbose_name=_("lines taken out"), null=True, on_delete=models.PROTECT, related_name="of_return"
    )
    replacement = models.OneToOneField(
        Order, verbose_name=_("replacement"), null=True, on_delete=models.PROTECT, related_name="replaces"
    )
    requested_at = models.DateTimeField(_("asked for"), default=timezone.now)
    moved_at = models.DateTimeField(_("last step"), default=timezone.now)

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["order", "place"], name="return_once_in_its_place")]
        indexes = [models.Index(fields=["state", "moved_at"], name="return_by_state")]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What stands on the parcel: the order's reference and the return's place."""
        return f"{self.order.ref}-R{self.place}"


class ReturnLine(models.Model):
    """How many of a line come back, and whether they can be sold again."""

    sent_back = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="returned_in")
    quantity = models.PositiveIntegerField(_("quantity"))
    restock = models.BooleanField(_("back in stock"), null=True)

    class Meta:
        verbose_name = _("returned line")
        verbose_name_plural = _("returned lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["sent_back", "line"], name="line_once_in_a_return"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="something_is_returned"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line_id}"
