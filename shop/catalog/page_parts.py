"""What the apps above this one show on a product's page. Each adds its functions when it is loaded."""

from collections.abc import Callable

from shop.markets.places import Place

promises: list[Callable[[Place], str]] = []
"""When things would come to that place, and for how much, in words; "" where nothing is promised."""


def promise(place: Place) -> str:
    """The first promise that somebody makes."""
    return next(filter(None, (each(place) for each in promises)), "")
