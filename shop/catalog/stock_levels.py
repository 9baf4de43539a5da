"""Which stocks need somebody: low, sold out, or promised more than there is."""

from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import Stock
from shop.catalog.streams import FEW

LOW_BELOW = FEW
"""Fewer available pieces than this are low, where staff gave a stock no number of its own."""

FOR_SALE = Q(variant__active=True, variant__product__active=True)
_LIMIT = Coalesce(F("low_below"), Value(LOW_BELOW))
LEVELS: dict[str, tuple[Any, Q]] = {
    "low": (_("Low"), FOR_SALE & Q(on_hand__gt=F("reserved"), on_hand__lt=F("reserved") + _LIMIT)),
    "out": (_("Sold out"), FOR_SALE & Q(on_hand__lte=F("reserved"))),
    "short": (_("Promised more than counted"), Q(on_hand__lt=F("reserved"))),
}
"""What is said of a level, and which stocks have it. What is not for sale is neither low nor sold out."""


def counts() -> dict[str, int]:
    """How many stocks have each level, with one query."""
    counted = {key: Count("pk", filter=condition) for key, (_words, condition) in LEVELS.items()}
    found = Stock.objects.aggregate(**counted)
    return {key: int(number) for key, number in found.items()}


def is_low(stock: Stock) -> bool:
    """Whether some are available, and fewer than there should be."""
    limit = LOW_BELOW if stock.low_below is None else stock.low_below
    return 0 < stock.available < limit


def having(level: str) -> QuerySet[Stock]:
    """The stocks with a level."""
    return Stock.objects.filter(LEVELS[level][1])
