"""Fields that several models have."""

from typing import Any

from django.conf import settings
from djmoney.models.fields import MoneyField


def price_field(verbose: Any) -> Any:
    """An amount of money, in the shop's currency unless told otherwise."""
    return MoneyField(verbose, max_digits=12, decimal_places=2, default_currency=settings.DEFAULT_CURRENCY)
