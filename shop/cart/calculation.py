"""Everything that has been read to work out what a cart costs. It can then be asked for several deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils import timezone
from djmoney.money import Money

from shop.cart.models import CartLine
from shop.markets.places import Place, rates_for
from shop.pricing.amounts import minor
from shop.pricing.promotions import Item, Promotion
from shop.pricing.quote import Quote, quote
from shop.pricing.tax import Destination, NoRate, Rate
from shop.vouchers.offers import offers


@dataclass(frozen=True)
class Calculation:
    """The things, the place they go to, the promotions that may apply, and the moment by the shop's clock."""

    items: tuple[Item, ...]
    place: Place
    rates: Sequence[Rate]
    promotions: Sequence[Promotion]
    codes: Sequence[str]
    at: datetime

    def quote(self, delivery: Money | None = None, region: str = "", business: bool = False) -> Quote:
        """What it costs with a delivery of that price. Raises `NoRate`, see `goods`."""
        return quote(
            self.items,
            self.place.market.terms,
            Destination(self.place.country, region, business),
            None if delivery is None else minor(delivery),
            self.promotions,
            self.codes,
            self.at,
            self.rates,
        )

    @cached_property
    def goods(self) -> Quote | None:
        """What it costs before a delivery is chosen; None where the tax is not known today, and nothing can be sold."""
        try:
            return self.quote()
        except NoRate:
            return None


def calculate(lines: Sequence[CartLine], place: Place, codes: Sequence[str], shopper: str) -> Calculation:
    """Read what a quote of these lines needs; their prices have been read. What has no price there is left out.

    `shopper` is a mail address, or "" while it is not known. Two queries and those of the promotions.
    """
    items = tuple(
        Item(
            key=line.variant.sku,
            unit=minor(line.variant.price),
            quantity=line.quantity,
            tax_class=line.variant.product.tax_class,
            product=line.variant.product_id,
            categories=frozenset({line.variant.product.category_id}),
        )
        for line in lines
        if line.variant.price is not None
    )
    return Calculation(items, place, rates_for(place.country), offers(codes, shopper), codes, timezone.localtime())
