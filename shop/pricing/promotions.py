"""What promotions take off. They return adjustments; `quote` adds up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shop.pricing.amounts import divided, shares


@dataclass(frozen=True, slots=True)
class Item:
    """So many of one thing. `unit` is its price in minor units; `categories` are its own and those above."""

    key: str
    unit: int
    quantity: int
    tax_class: str = "standard"
    product: int = 0
    categories: frozenset[int] = frozenset()


class Kind(StrEnum):
    """What a promotion takes off. They are applied in this order, each on what the ones before have left."""

    X_FOR_Y = "x_for_y"
    PERCENT = "percent"
    AMOUNT = "amount"
    FREE_DELIVERY = "free_delivery"


_ORDER = {kind: n for n, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """An offer; with a `code` it is a voucher. `id` tells it from others, `title` is in the reader's language.

    `thousandths` of a percent for PERCENT, `amount` in minor units of `currency` for AMOUNT, `buy` and `pay` for
    X_FOR_Y ("3 for 2"). Without products and categories it is for everything. `minimum` is what the goods that it is
    for must cost at their prices. `left` and `left_for_shopper` say how often it can still be used, None for no limit.
    """

    id: int
    title: str
    kind: Kind
    code: str = ""
    thousandths: int = 0
    amount: int = 0
    currency: str = ""
    buy: int = 0
    pay: int = 0
    products: frozenset[int] = frozenset()
    categories: frozenset[int] = frozenset()
    minimum: int = 0
    starts: datetime | None = None
    ends: datetime | None = None
    combines: bool = True
    left: int | None = None
    left_for_shopper: int | None = None

    @property
    def counted(self) -> bool:
        """Whether its uses are counted: it has a code or a limit."""
        return bool(self.code) or self.left is not None or self.left_for_shopper is not None

    def covers(self, item: Item) -> bool:
        """Whether it is for this thing."""
        if not self.products and not self.categories:
            return True
        return item.product in self.products or bool(self.categories & item.categories)


class Why(StrEnum):
    """Why a code does not apply."""

    UNKNOWN = "unknown"
    NOT_YET = "not_yet"
    ENDED = "ended"
    USED_UP = "used_up"
    USED_BY_YOU = "used_by_you"
    OTHER_CURRENCY = "other_currency"
    NOTHING_FITS = "nothing_fits"
    BELOW_MINIMUM = "below_minimum"
    NOT_WITH_OTHERS = "not_with_others"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A code that does not apply. `missing` is what the goods cost too little, in minor units."""

    code: str
    why: Why
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Applied:
    """What one promotion takes off in all, in minor units."""

    promotion: Promotion
    amount: int


@dataclass(slots=True)
class Cuts:
    """What some promotions take off together. `items[n]` and `delivery` have (promotion, amount)."""

    items: list[list[Applied]]
    left: list[int]
    delivery: list[Applied] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)

    @property
    def amount(self) -> int:
        """All of it."""
        return sum(each.amount for each in self.applied)


def normalized(code: str) -> str:
    """A code as it is compared: however it was typed."""
    return code.strip().upper()


def cut(
    items: Sequence[Item],
    delivery: int | None,
    currency: str,
    promotions: Sequence[Promotion],
    codes: Sequence[str],
    at: datetime,
) -> tuple[Cuts, list[Refusal]]:
    """The best that these promotions and codes give together, and why the other codes give nothing.

    `items` are in an order of their own (`quote` sorts them), so the shopper's order changes nothing. Of promotions
    that do not combine with others the one is taken that takes off most, if it takes off more than all others together.
    """
    typed = list(dict.fromkeys(filter(None, map(normalized, codes))))
    by_code = {normalized(p.code): p for p in promotions if p.code}
    refusals = [Refusal(code, Why.UNKNOWN) for code in typed if code not in by_code]
    wanted = [p for p in promotions if not p.code or normalized(p.code) in typed]
    usable = []
    for promotion in sorted(wanted, key=lambda p: (_ORDER[p.kind], p.id)):
        refusal = _refusal(promotion, items, delivery, currency, at)
        if refusal is None:
            usable.append(promotion)
        elif promotion.code:
            refusals.append(refusal)
    together = [p for p in usable if p.combines]
    choices = [together, *([p] for p in usable if not p.combines)]
    cuts = [(_apply(choice, items, delivery), choice) for choice in choices]
    best, taken = max(cuts, key=lambda pair: pair[0].amount)  # of equal ones the first
    useful = {each.promotion.id for each in best.applied}
    for promotion in usable:
        if promotion.code and promotion.id not in useful:
            alone = promotion in taken or not _apply([promotion], items, delivery).amount
            why = Why.NOTHING_FITS if alone else Why.NOT_WITH_OTHERS
            refusals.append(Refusal(normalized(promotion.code), why))
    return best, sorted(refusals, key=lambda refusal: refusal.code)


def _refusal(
    promotion: Promotion, items: Sequence[Item], delivery: int | None, currency: str, at: datetime
) -> Refusal | None:
    """Why the promotion cannot be used for these goods now, or None."""
    code = normalized(promotion.code)
    for applies, why in (
        (promotion.starts and at < promotion.starts, Why.NOT_YET),
        (promotion.ends and at >= promotion.ends, Why.ENDED),
        (promotion.left is not None and promotion.left <= 0, Why.USED_UP),
        (promotion.left_for_shopper is not None and promotion.left_for_shopper <= 0, Why.USED_BY_YOU),
        ((promotion.amount or promotion.minimum) and promotion.currency != currency, Why.OTHER_CURRENCY),
    ):
        if applies:
            return Refusal(code, why)
    covered = [item for item in items if promotion.covers(item)]
    if not covered:
        return Refusal(code, Why.NOTHING_FITS)
    worth = sum(item.unit * item.quantity for item in covered)
    if worth < promotion.minimum:
        return Refusal(code, Why.BELOW_MINIMUM, promotion.minimum - worth)
    return None


def _apply(promotions: Sequence[Promotion], items: Sequence[Item], delivery: int | None) -> Cuts:
    cuts = Cuts([[] for _ in items], [item.unit * item.quantity for item in items])
    for promotion in promotions:
        if promotion.kind is Kind.FREE_DELIVERY:
            amounts, total = [], 0 if cuts.delivery else delivery or 0
            if total:
                cuts.delivery.append(Applied(promotion, total))
        else:
            amounts = _amounts(promotion, items, cuts.left)
            total = sum(amounts)
        for n, amount in enumerate(amounts):
            if amount:
                cuts.left[n] -= amount
                cuts.items[n].append(Applied(promotion, amount))
        # Free delivery counts before there is a delivery to pay: the cart says that it will be free.
        if total or (promotion.kind is Kind.FREE_DELIVERY and delivery is None):
            cuts.applied.append(Applied(promotion, total))
    return cuts


def _amounts(promotion: Promotion, items: Sequence[Item], left: Sequence[int]) -> list[int]:
    """What the promotion takes off each item, never more than is left of it."""
    weights = [rest if promotion.covers(item) else 0 for item, rest in zip(items, left, strict=True)]
    base = sum(weights)
    if promotion.kind is Kind.X_FOR_Y:
        return _free_things(promotion, items, weights)
    wanted = divided(base * promotion.thousandths, 100_000) if promotion.kind is Kind.PERCENT else promotion.amount
    return shares(min(wanted, base), weights) if base else [0] * len(items)


def _free_things(promotion: Promotion, items: Sequence[Item], left: Sequence[int]) -> list[int]:
    """Of every three things, the dearest first, the cheapest is free ("3 for 2")."""
    amounts = [0] * len(items)
    count = sum(item.quantity for item in items if promotion.covers(item))
    whole = count - count % promotion.buy  # the rest makes no group
    place = 0
    for n in sorted(range(len(items)), key=lambda n: (-items[n].unit, n)):
        item = items[n]
        if not promotion.covers(item):
            continue
        after = min(place + item.quantity, whole)
        free = _free_places(after, promotion) - _free_places(min(place, whole), promotion)
        amounts[n] = min(free * item.unit, left[n])
        place += item.quantity
    return amounts


def _free_places(count: int, promotion: Promotion) -> int:
    """How many of the first `count` places are free: of each group of `buy` those after the first `pay`."""
    groups, rest = divmod(count, promotion.buy)
    return groups * (promotion.buy - promotion.pay) + max(0, rest - promotion.pay)
