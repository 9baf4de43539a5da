"""What came in on the shop's account, as its bank says, and what became of it."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models import Order, Payment
from shop.lib.money_field import amount_field


class BankLine(models.Model):
    """One amount of a statement. `key` names it: a file that is read twice changes nothing."""

    class State(models.TextChoices):
        BOOKED = "booked", _("booked")
        PROBLEM = "problem", _("waits for us")
        SET_ASIDE = "set_aside", _("set aside")

    class Problem(models.TextChoices):
        UNKNOWN = "unknown", _("no order is named")
        SEVERAL = "several", _("it fits several orders")
        AMOUNT = "amount", _("the amount differs")
        ENDED = "ended", _("the order was cancelled")
        TWICE = "twice", _("the order is paid already")

    key = models.CharField(max_length=50, unique=True)
    day = models.DateField(_("day"))
    amount = amount_field(_("amount"))
    text = models.CharField(_("reference"), max_length=500, blank=True)
    name = models.CharField(_("from"), max_length=140, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PROBLEM)
    problem = models.CharField(_("why"), max_length=10, choices=Problem.choices, blank=True)
    order = models.ForeignKey(Order, verbose_name=_("order"), null=True, on_delete=models.SET_NULL, related_name="+")
    payment = models.OneToOneField(Payment, null=True, on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(_("who"), max_length=60, blank=True)
    read_at = models.DateTimeField(_("read"), default=timezone.now)

    class Meta:
        verbose_name = _("bank line")
        verbose_name_plural = _("bank lines")
        ordering = ["-day", "-pk"]
        indexes = [models.Index(fields=["state", "-day"], name="bank_line_by_state")]

    def __str__(self) -> str:
        return f"{self.day} {self.amount}"
