"""The one calculation. Cart, checkout, order, invoice and mail show what it returned.

Tax is rounded once for each rate, half up, on the sum of what has that rate: so EN 16931 (BR-CO-17) demands it of an
invoice. Lines get their share of it, so that they add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shop.pricing import amounts, promotions
from shop.pricing.amounts import divided, shares
from shop.pricing.promotions import Applied, Item, Promotion, Refusal
from shop.pricing.tax import Category, Destination, Due, Rate, due


@dataclass(frozen=True, slots=True)
class Terms:
    """How a market sells. `country` is the seller's."""

    currency: str
    prices_include_tax: bool
    country: str
    market: str = ""


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One line, in minor units. `listed` is price × quantity, `total` what is left of it after the adjustments.

    Both are as the market shows prices, with or without tax; `net` + `tax` = `gross`.
    """

    item: Item
    listed: int
    adjustments: tuple[Applied, ...]
    total: int
    due: Due
    net: int
    tax: int

    @property
    def gross(self) -> int:
        """What the line costs with its tax."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class QuoteDelivery:
    """The delivery, as a line. It has the tax of the goods: of several rates, in proportion to them."""

    price: int
    adjustments: tuple[Applied, ...]
    total: int
    net: int
    tax: int


@dataclass(frozen=True, slots=True)
class TaxLine:
    """All that has one rate: `net` + `tax`."""

    category: Category
    thousandths: int
    net: int
    tax: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What a purchase costs, in minor units of `currency`.

    `subtotal` − `discount` + `delivery_total` + `tax_apart` = `total` = `net` + `tax`. `tax_apart` is what is added to
    prices without tax; it is negative for a business that owes the tax itself, and 0 where prices include it.
    """

    terms: Terms
    destination: Destination
    lines: tuple[QuoteLine, ...]
    delivery: QuoteDelivery | None
    taxes: tuple[TaxLine, ...]
    applied: tuple[Applied, ...]
    refused: tuple[Refusal, ...]

    @property
    def currency(self) -> str:
        """The code of the market's currency."""
        return self.terms.currency

    @property
    def subtotal(self) -> int:
        """The goods at their prices."""
        return sum(line.listed for line in self.lines)

    @property
    def discount(self) -> int:
        """What the promotions take off the goods."""
        return self.subtotal - sum(line.total for line in self.lines)

    @property
    def goods(self) -> int:
        """The goods after the promotions, as the market shows prices."""
        return sum(line.total for line in self.lines)

    @property
    def delivery_total(self) -> int:
        """The delivery after the promotions."""
        return self.delivery.total if self.delivery else 0

    @property
    def net(self) -> int:
        """Without tax."""
        return sum(tax.net for tax in self.taxes)

    @property
    def tax(self) -> int:
        """All tax."""
        return sum(tax.tax for tax in self.taxes)

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.net + self.tax

    @property
    def tax_apart(self) -> int:
        """The difference between the prices that are shown and the total."""
        return self.total - self.goods - self.delivery_total

    @property
    def reverse_charge(self) -> bool:
        """Whether the buyer owes the tax."""
        return any(tax.category is Category.REVERSE_CHARGE for tax in self.taxes)

    def money(self, units: int) -> Any:
        """Minor units of this quote as money."""
        return amounts.money(units, self.currency)


def quote(
    lines: Sequence[Item],
    terms: Terms,
    destination: Destination,
    delivery: int | None,
    promos: Sequence[Promotion],
    codes: Sequence[str],
    at: datetime,
    rates: Sequence[Rate],
) -> Quote:
    """What these things cost. Raises `NoRate` when the destination has tax rates, but none for them on that day.

    `delivery` is its price, None before one is chosen; `promos` are those that may apply, with a code or without;
    `rates` are those of the destination and of the seller's country; `at` is the moment by the shop's own clock, whose
    day says which of them hold. The order of the lines, promotions and codes
    changes nothing but the order of `lines` in the answer.
    """
    order = sorted(range(len(lines)), key=lambda n: lines[n].key)
    items = [lines[n] for n in order]
    cuts, refused = promotions.cut(items, delivery, terms.currency, promos, codes, at)
    by_class = {c: due(c, destination, terms.country, at.date(), rates) for c in {i.tax_class for i in items}}
    dues = [by_class[item.tax_class] for item in items]
    rest = (delivery or 0) - sum(each.amount for each in cuts.delivery)
    groups = _groups(items, cuts.left, dues, rest, terms.prices_include_tax)
    quoted: list[QuoteLine | None] = [None] * len(lines)
    parts = [group.split() for group in groups]
    for group, (nets, taxes) in zip(groups, parts, strict=True):
        for n, net, tax in zip(group.members, nets, taxes, strict=False):  # the delivery's share comes last
            quoted[order[n]] = QuoteLine(
                items[n],
                items[n].unit * items[n].quantity,
                tuple(cuts.items[n]),
                cuts.left[n],
                dues[n],
                net,
                tax,
            )
    return Quote(
        terms=terms,
        destination=destination,
        lines=tuple(line for line in quoted if line is not None),
        delivery=_delivery(delivery, cuts.delivery, rest, parts),
        taxes=_tax_lines(groups),
        applied=tuple(cuts.applied),
        refused=tuple(refused),
    )


@dataclass(slots=True)
class _Group:
    """All that has one tax: places of items, what each costs, and the delivery's share at the end."""

    due: Due
    members: list[int]
    weights: list[int]
    delivery: int
    net: int = 0
    tax: int = 0
    tax_inside: bool = False

    def split(self) -> tuple[list[int], list[int]]:
        """Net and tax of each member, then of the delivery's share; they add up to the group's."""
        weights = [*self.weights, self.delivery]
        if not self.tax_inside:
            return weights, (shares(self.tax, weights) if self.tax else [0] * len(weights))
        if self.due.category is Category.REVERSE_CHARGE:
            nets = shares(self.net, weights) if sum(weights) else weights
            return nets, [0] * len(weights)
        taxes = shares(self.tax, weights) if self.tax else [0] * len(weights)
        return [weight - tax for weight, tax in zip(weights, taxes, strict=True)], taxes


def _groups(
    items: Sequence[Item], left: Sequence[int], dues: Sequence[Due], delivery: int, tax_inside: bool
) -> list[_Group]:
    """Everything by its tax, the highest rate first, with what is due on the sum of each."""
    found: dict[Due, _Group] = {}
    for n, each in enumerate(dues):
        group = found.setdefault(each, _Group(each, [], [], 0, tax_inside=tax_inside))
        group.members.append(n)
        group.weights.append(left[n])
    groups = sorted(found.values(), key=lambda group: (-group.due.inside, group.due.category))
    worth = [sum(group.weights) for group in groups]
    if not any(worth):  # everything is free: by what it would have cost
        worth = [sum(items[n].unit * items[n].quantity for n in group.members) for group in groups]
    for group, share in zip(groups, shares(delivery, worth), strict=True):
        group.delivery = share
        total = sum(group.weights) + share
        rate = group.due.thousandths
        if tax_inside:
            inside = divided(total * group.due.inside, 100_000 + group.due.inside)
            group.net, group.tax = total - inside, inside if rate else 0
        else:
            group.net, group.tax = total, divided(total * rate, 100_000)
    return groups


def _tax_lines(groups: Sequence[_Group]) -> tuple[TaxLine, ...]:
    """One for each category and rate. (Goods of two classes may be free of tax for one reason.)"""
    found: dict[tuple[Category, int], TaxLine] = {}
    for group in groups:
        key = group.due.category, group.due.thousandths
        before = found.get(key, TaxLine(*key, 0, 0))
        found[key] = TaxLine(*key, before.net + group.net, before.tax + group.tax)
    return tuple(found.values())


def _delivery(
    price: int | None, adjustments: Sequence[Applied], rest: int, parts: Sequence[tuple[list[int], list[int]]]
) -> QuoteDelivery | None:
    """`parts` are the net and tax of each group's members; the delivery's share stands at the end of each."""
    if price is None:
        return None
    net = sum(nets[-1] for nets, _ in parts)
    tax = sum(taxes[-1] for _, taxes in parts)
    return QuoteDelivery(price, tuple(adjustments), rest, net, tax)
