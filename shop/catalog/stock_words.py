"""How much of a product there is, in words."""

from typing import Any

from django.utils.translation import gettext as _

from shop.catalog.models import Product
from shop.catalog.streams import words


def sold(product: Product) -> list[Any]:
    """Those of its prefetched variants that are sold in the currency that `shop.catalog.prices` read."""
    return [variant for variant in product.variants.all() if variant.price is not None]


def stock_of(product: Product) -> str:
    """Of a product whose variants, prices and stock were read together."""
    variants = sold(product)
    there = [variant for variant in variants if variant.available]
    if 0 < len(there) < len(variants):
        return _("%(n)s of %(all)s options in stock") % {"n": len(there), "all": len(variants)}
    return words(max((variant.available for variant in variants), default=0))
