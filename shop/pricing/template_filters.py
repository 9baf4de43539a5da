"""`{{ units|money:currency }}`: minor units as money, in templates that load `money`."""

from functools import lru_cache

from django import template
from django.utils.translation import get_language

from shop.pricing import amounts

register = template.Library()


@register.filter
def money(units: int, currency: str) -> str:
    """The amount with its currency, as the active language writes it."""
    return _written(units, currency, get_language())


@lru_cache(maxsize=4096)  # a checkout shows a dozen amounts, and Babel takes a tenth of a millisecond for each
def _written(units: int, currency: str, language: str | None) -> str:
    return str(amounts.money(units, currency))


@register.filter
def amount(units: int, currency: str) -> str:
    """The bare number with a point, for forms."""
    return f"{amounts.money(units, currency).amount:f}"
