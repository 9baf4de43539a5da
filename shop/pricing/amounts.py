"""Arithmetic of whole minor units (cents): nothing is rounded but here, and nothing gets lost."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from djmoney.money import Money

from shop.lib.currencies import decimals_of


def minor(money: Money) -> int:
    """Money in minor units. Raises `ValueError` when it has more decimals than its currency."""
    scaled = money.amount.scaleb(decimals_of(money.currency.code))
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{money.amount} has more decimals than {money.currency.code} has")
    return whole


def money(units: int, currency: str) -> Any:
    """Minor units as `Money`. (The columns of money take it, which their type stubs do not know.)"""
    return Money(Decimal(units).scaleb(-decimals_of(currency)), currency)


def divided(numerator: int, denominator: int) -> int:
    """The quotient, rounded half up: the commercial rounding that tax laws name. Neither number is negative."""
    return (2 * numerator + denominator) // (2 * denominator)


def shares(amount: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion to the weights, by largest remainder; of equal remainders the first gets more.

    The shares add up to the amount, and no share is above its weight if the amount is not above their sum. Weights of
    nothing but 0 share equally. None of the numbers is negative.
    """
    total = sum(weights)
    if not weights:
        return []
    if not total:
        weights, total = [1] * len(weights), len(weights)
    parts = [amount * weight // total for weight in weights]
    left = amount - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda n: -(amount * weights[n] % total))
    for n in by_remainder[:left]:
        parts[n] += 1
    return parts


def part_of(amount: int, quantity: int, first: int, count: int) -> int:
    """What `count` of `quantity` equal things cost, of an amount for all of them; `first` were counted before.

    All parts together are the amount, to the cent: three things for 10.00 are 3.33, 3.33 and 3.34.
    """
    return amount * (first + count) // quantity - amount * first // quantity
