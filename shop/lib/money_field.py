"""The columns of money, and what is refused at their doors."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from djmoney.models.fields import MoneyField, MoneyFieldProxy
from djmoney.models.validators import MinMoneyValidator
from djmoney.money import Money

from shop.lib.currencies import choices, decimals_of


class _Proxy(MoneyFieldProxy):
    """Gives amounts with their currency's decimals, not with the column's."""

    def _money_from_obj(self, obj: Any) -> Money | None:
        money = super()._money_from_obj(obj)
        if money is None:
            return None
        step = Decimal(1).scaleb(-decimals_of(money.currency.code))
        exact = money.amount.quantize(step)
        return Money(exact if exact == money.amount else money.amount, money.currency)


def has_its_decimals(money: Money) -> None:
    """Refuse an amount with more decimals than its currency has."""
    decimals = decimals_of(money.currency.code)
    if money.amount != round(money.amount, decimals):
        raise ValidationError(
            ngettext_lazy("%(currency)s has %(n)s decimal.", "%(currency)s has %(n)s decimals.", decimals)
            if decimals
            else _("%(currency)s has no decimals."),
            code="decimals",
            params={"currency": money.currency.code, "n": decimals},
        )


def amount_field(verbose: Any = "", **options: Any) -> Any:
    """An amount of 0 or more, in the shop's first currency unless told otherwise.

    The column holds three decimals, for dinars; what a currency does not have is refused.
    """
    return MoneyField(
        verbose,
        max_digits=13,
        decimal_places=3,
        default_currency=settings.DEFAULT_CURRENCY,
        validators=[MinMoneyValidator(0), has_its_decimals],
        money_descriptor_class=_Proxy,
        currency_choices=choices,
        **options,
    )
