"""`{{ units|money:currency }}`: minor units as money, in templates that load `money`."""

from django import template

from shop.pricing import amounts

register = template.Library()


@register.filter
def money(units: int, currency: str) -> str:
    """The amount with its currency, as the active language writes it."""
    return str(amounts.money(units, currency))


@register.filter
def amount(units: int, currency: str) -> str:
    """The bare number with a point, for forms."""
    return f"{amounts.money(units, currency).amount:f}"
