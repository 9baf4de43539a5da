"""Reads and sets the prices of variants, in one currency at a time."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Exists, FilteredRelation, Model, OuterRef, Prefetch, Q, QuerySet

from shop.catalog.models import Price, Variant

M = TypeVar("M", bound=Model)


def prefetch(currency: str, lookup: str = "prices") -> Prefetch:
    """For `prefetch_related`: afterwards each variant's `price` is that of the currency."""
    return Prefetch(lookup, Price.objects.filter(amount_currency=currency), to_attr="prices_here")


def joined(rows: QuerySet[M], currency: str, path: str = "prices") -> QuerySet[M]:
    """The rows with their prices in the currency, read by the same query; `joined_to` hands those out.

    `path` leads from a row to the prices of its variant.
    """
    wanted: Any = FilteredRelation(path, condition=Q(**{f"{path}__amount_currency": currency}))
    return rows.annotate(joined_price=wanted).select_related("joined_price")


def joined_to(rows: Iterable[Model]) -> list[Price]:
    """The prices that came with these rows of `joined`; a row whose variant has none in the currency brings none."""
    return [price for row in rows if (price := getattr(row, "joined_price", None))]


def attach(variants: Iterable[Variant], currency: str) -> None:
    """Read the prices of these variants in the currency, with one query."""
    by_key = {variant.pk: variant for variant in variants}
    give(by_key.values(), Price.objects.filter(variant__in=list(by_key), amount_currency=currency) if by_key else ())


def give(variants: Iterable[Variant], found: Iterable[Price]) -> None:
    """Give variants the prices that were read for them."""
    prices: dict[int, list[Price]] = {}
    for price in found:
        prices.setdefault(price.variant_id, []).append(price)
    for variant in variants:
        variant.prices_here = prices.get(variant.pk, [])


def asked(currency: str) -> QuerySet[Price]:
    """The prices in the currency at which something is sold: those of variants that are not withdrawn."""
    return Price.objects.filter(amount_currency=currency, variant__active=True).order_by()


def sold_in(currency: str) -> Exists:
    """Of products: those with a variant that is sold in the currency."""
    return Exists(asked(currency).filter(variant__product=OuterRef("pk")))


def put(variant: Variant, currency: str, amount: Any) -> bool:
    """Set the price (`Money`) of a variant in a currency. None: it is not sold in it any more.

    Returns whether it changed.
    """
    with transaction.atomic():
        # Two that set a price at once wait here for each other.
        Variant.objects.select_for_update().only("pk").get(pk=variant.pk)
        there = Price.objects.filter(variant=variant, amount_currency=currency).first()
        if (there.amount if there else None) == amount:
            return False
        if amount is None and there:
            there.delete()
        elif there:
            there.amount = amount
            there.save(update_fields=["amount"])
        else:
            Price.objects.create(variant=variant, amount=amount)
        return True
