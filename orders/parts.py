"""An order's amounts, lines, discounts and taxes as a quote has them: for the checkout, and for a change of lines."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import Signal

from orders.models import Adjustment, Order, OrderLine, OrderTax
from shop.pricing.promotions import Applied
from shop.pricing.quote import Quote, QuoteLine
from shop.pricing.tax import percent

rewritten = Signal()
"""Sent in the transaction in which an order gets other discounts and taxes, with the `order`, and what it had `before`
and has `after`, as `in_words` says it."""


def amounts(quote: Quote) -> dict[str, Any]:
    """The amounts of an order that the quote says, by the names of its fields."""
    delivery = quote.delivery
    return {
        "subtotal": quote.money(quote.subtotal),
        "discount": quote.money(quote.discount),
        "delivery_discount": quote.money(delivery.price - delivery.total if delivery else 0),
        "delivery_net": quote.money(delivery.net if delivery else 0),
        "delivery_tax": quote.money(delivery.tax if delivery else 0),
        "tax": quote.money(quote.tax),
        "total": quote.money(quote.total),
    }


def of_line(quote: Quote, quoted: QuoteLine) -> dict[str, Any]:
    """What the quote says of one line, by the names of its fields."""
    return {
        "quantity": quoted.item.quantity,
        "discount": quote.money(quoted.listed - quoted.total),
        "net": quote.money(quoted.net),
        "tax": quote.money(quoted.tax),
        "tax_category": quoted.due.category.value,
        "tax_percent": percent(quoted.due.thousandths),
    }


def in_words(order: Order) -> dict[str, str]:
    """The discounts, each once with what it took off in all, and the taxes, by the names of their relations."""
    cuts: dict[str, Any] = {}
    for each in order.adjustments.all():
        cuts[each.title] = cuts.get(each.title, each.amount * 0) + each.amount
    return {
        "adjustments": ", ".join(f"{title}: −{amount}" for title, amount in cuts.items()),
        "tax_lines": ", ".join(map(str, order.tax_lines.all())),
    }


def store_cuts_and_taxes(order: Order, lines: Sequence[OrderLine], quote: Quote) -> None:
    """What was taken off each line and off the delivery, and the taxes. The lines are stored, in the quote's order."""
    cuts: list[tuple[OrderLine | None, Applied]] = [
        (line, each) for line, quoted in zip(lines, quote.lines, strict=True) for each in quoted.adjustments
    ]
    cuts += [(None, each) for each in (quote.delivery.adjustments if quote.delivery else ())]
    if cuts:
        Adjustment.objects.bulk_create(
            Adjustment(
                order=order,
                line=line,
                promotion_id=each.promotion.id,
                title=each.promotion.title,
                code=each.promotion.code,
                amount=quote.money(each.amount),
            )
            for line, each in cuts
        )
    OrderTax.objects.bulk_create(
        OrderTax(
            order=order,
            category=each.category.value,
            percent=percent(each.thousandths),
            net=quote.money(each.net),
            tax=quote.money(each.tax),
        )
        for each in quote.taxes
    )
