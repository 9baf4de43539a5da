"""How much money the people with a role may move."""

from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money

from shop.lib.currencies import choices
from shop.lib.money_field import has_its_decimals


def _amount(words: Any, meaning: Any) -> Any:
    checks = [MinValueValidator(Decimal(0))]
    return models.DecimalField(
        words, max_digits=13, decimal_places=3, null=True, blank=True, validators=checks, help_text=meaning
    )


class RoleLimit(models.Model):
    """The limits of one role in one currency. An empty one is no limit; `orders.limits` holds them.

    A role without a row has no limits. One with rows moves money only in the currencies that its rows name.
    """

    role = models.ForeignKey("auth.Group", verbose_name=_("role"), on_delete=models.CASCADE, related_name="limits")
    currency = models.CharField(_("currency"), max_length=3, choices=choices)
    at_once = _amount(_("refund at once"), _("What one refund, cancellation or return may cost."))
    in_all = _amount(_("refund in all"), _("What may have gone back of one order, whoever returned it."))
    mark_paid = _amount(_("mark paid up to"), _("The total of an order that may be marked as paid."))

    class Meta:
        verbose_name = _("limit in a currency")
        verbose_name_plural = _("limits")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["role", "currency"], name="limits_once_in_a_currency")]

    def __str__(self) -> str:
        return self.currency

    def clean(self) -> None:
        """Refuse decimals that the currency does not have."""
        for name in ("at_once", "in_all", "mark_paid"):
            value = getattr(self, name)
            if value is not None and self.currency:
                has_its_decimals(Money(value, self.currency))
