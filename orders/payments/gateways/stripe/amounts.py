"""Amounts as Stripe counts them, which is not always as ISO 4217 does (docs.stripe.com/currencies)."""

from decimal import Decimal

from djmoney.money import Money

from shop.lib.currencies import decimals_of

# Stripe's exceptions: two decimals that are always 00, and none where the currency has some.
_TWO = frozenset({"ISK", "UGX", "HUF", "TWD"})
_NONE = frozenset({"MGA"})
_LAST_DIGIT_ZERO = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


class NotPayable(ValueError):
    """Stripe cannot take this amount of that currency."""


def _exponent(currency: str) -> int:
    if currency in _TWO:
        return 2
    return 0 if currency in _NONE else decimals_of(currency)


def to_stripe(money: Money) -> int:
    """In Stripe's smallest unit. Raises `NotPayable` for an amount that it has no unit for."""
    currency = money.currency.code
    scaled = money.amount.scaleb(_exponent(currency))
    if scaled != int(scaled) or (currency in _LAST_DIGIT_ZERO and int(scaled) % 10):
        raise NotPayable(f"Stripe takes no {money.amount} {currency}")
    return int(scaled)


def from_stripe(units: int, currency: str) -> Money:
    """An amount of Stripe's as money."""
    code = currency.upper()
    return Money(Decimal(units).scaleb(-_exponent(code)), code)
