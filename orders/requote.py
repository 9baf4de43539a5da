"""What an order costs with other lines, on the terms that it was placed under.

`quote` works it out, at the moment when the order was placed: its lines keep their price, the delivery keeps its price,
the taxes are those of that day. The discounts are those that the order was given, worked out anew for what it has now;
no other discount comes in. What is added has the price that the caller gives it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from orders.lifecycle import IllegalTransition
from orders.models import Order, OrderLine
from shop.catalog.models import Variant
from shop.markets.models import TaxClass
from shop.markets.places import rates_for
from shop.markets.vat_numbers import reverses_charge
from shop.pricing.amounts import minor
from shop.pricing.promotions import Item
from shop.pricing.quote import Quote, Terms, quote
from shop.pricing.tax import Destination, NoRate, due, percent
from shop.vouchers import offers
from shop.vouchers.models import Claim


class NeedsSecondOrder(IllegalTransition):
    """This order cannot take something in; a second order can."""


@dataclass(frozen=True)
class Piece:
    """So many of one thing, for `unit` each: a line of the order, or something new."""

    sku: str
    title: str
    quantity: int
    unit: Any
    variant: Variant | None
    line: OrderLine | None = None


def of_line(line: OrderLine, quantity: int) -> Piece:
    """A line with another quantity, at its agreed price."""
    return Piece(line.sku, line.title, quantity, line.unit_price, line.variant, line)


def quote_of(order: Order, pieces: Sequence[Piece]) -> Quote:
    """What these pieces cost in this order. `quote.lines` are in their order. Raises `IllegalTransition`.

    Three queries and those of the order's discounts.
    """
    destination = Destination(
        order.country.code,
        order.region,
        reverses_charge(order.vat_number, order.country.code, settings.DEFAULT_COUNTRY),
    )
    rates = rates_for(destination.country)
    terms = Terms(order.currency, order.prices_include_tax, settings.DEFAULT_COUNTRY, order.market)
    with override(order.language):  # the titles of the discounts stand in the order
        promotions = offers.again(_given(order))

    def item(piece: Piece) -> Item:
        product = piece.variant.product if piece.variant else None
        return Item(
            key=piece.sku,
            unit=minor(piece.unit),
            quantity=piece.quantity,
            tax_class=_tax_class(piece, lambda name: due(name, destination, terms.country, day, rates)),
            product=product.pk if product else 0,
            categories=frozenset({product.category_id} if product else ()),
        )

    at = timezone.localtime(order.placed_at)
    day = at.date()
    codes = [each.code for each in promotions if each.code]
    try:
        items = [item(piece) for piece in pieces]
        return quote(items, terms, destination, minor(order.delivery_price), promotions, codes, at, rates)
    except NoRate:
        raise IllegalTransition(_("The tax of what is added is not known there.")) from None


def hold_agreed(order: Order, lines: Sequence[OrderLine]) -> None:
    """Raise `IllegalTransition` unless the lines as they are still cost what was agreed.

    Otherwise a discount, a category or a tax rate was changed since, and what was not touched would change its price.
    """
    found = quote_of(order, [of_line(line, line.quantity) for line in lines])
    sums = [(found.total, order.total), (found.tax, order.tax), (found.discount, order.discount)]
    for line, quoted in zip(lines, found.lines, strict=True):
        sums += [(quoted.net, line.net), (quoted.tax, line.tax)]
    if any(units != minor(agreed) for units, agreed in sums):
        raise NeedsSecondOrder(
            _(
                "This order cannot be worked out anew: a discount, a category or a tax rate has changed since it was "
                "placed. Please cancel it and place a new order, or place a second one."
            )
        )


def _given(order: Order) -> set[int]:
    """The promotions that the order has used: their uses are counted for it, or they took something off."""
    claimed = Claim.objects.filter(ref=order.ref, state=Claim.State.CLAIMED).values_list("promotion", flat=True)
    applied = order.adjustments.filter(promotion__isnull=False).values_list("promotion", flat=True)
    return {key for key in (*claimed, *applied) if key is not None}


def _tax_class(piece: Piece, due_for: Any) -> str:
    """The class of what is new; for a line one whose tax is the agreed one, also if its product has another by now."""
    own = piece.variant.product.tax_class if piece.variant else TaxClass.STANDARD.value
    if piece.line is None:
        return own
    for name in dict.fromkeys((own, *TaxClass.values)):
        try:
            found = due_for(name)
        except NoRate:
            continue
        if (found.category.value, percent(found.thousandths)) == (piece.line.tax_category, piece.line.tax_percent):
            return name
    return own
