"""The promotions that may apply to a cart, as pricing wants to know them; and in words why a code does not."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from djmoney.money import Money

from events.db.prepared import prepared
from shop.catalog.models import Category
from shop.lib.kept_briefly import kept_briefly
from shop.pricing import promotions as pricing
from shop.pricing.amounts import minor, money
from shop.pricing.promotions import Kind, Refusal, Why, normalized
from shop.vouchers import claims
from shop.vouchers.models import LONGEST_CODE, Promotion

MOST_CODES = 10
"""Codes of one cart."""

_Found = tuple[Promotion, Collection[int], Collection[int]]  # with the keys of the products and categories it is for


@prepared
def _for_everybody() -> QuerySet[Promotion]:
    return QuerySet(Promotion).filter(active=True, code=None).order_by("pk")


def offers(codes: Sequence[str], shopper: str) -> list[pricing.Promotion]:
    """What may apply: the promotions for everybody, and those of these codes. `shopper` is a mail address, or "".

    The titles are in the active language.
    """
    found = for_everybody()
    if typed := usable(codes):
        found = found + _with_goods(list(Promotion.objects.filter(active=True, code__in=typed).order_by("pk")))
    used = claims.uses([row.pk for row, _products, _categories in found if row.limited], shopper)
    return [
        _offer(row, products, categories, used.get(row.pk, (0, 0)), bool(shopper))
        for row, products, categories in found
    ]


def again(promotions: Collection[int]) -> list[pricing.Promotion]:
    """What an order was given already (by primary keys), also if nobody else could use it any more."""
    found = _with_goods(list(Promotion.objects.filter(pk__in=promotions).order_by("pk"))) if promotions else []
    offered = [_offer(row, products, categories, (0, 0), known=False) for row, products, categories in found]
    return [replace(each, left=None) for each in offered]


@kept_briefly()
def for_everybody() -> list[_Found]:
    """The promotions without a code."""
    return _with_goods(_for_everybody())


def _with_goods(rows: Sequence[Promotion]) -> list[_Found]:
    if not rows:
        return []
    keys = [row.pk for row in rows]
    products = _grouped(
        Promotion.products.through.objects.filter(promotion__in=keys).values_list("promotion", "product")
    )
    categories = _with_those_below(
        _grouped(Promotion.categories.through.objects.filter(promotion__in=keys).values_list("promotion", "category"))
    )
    return [(row, products.get(row.pk, set()), categories.get(row.pk, set())) for row in rows]


def only_for(categories: Collection[int]) -> list[str]:
    """Sentences that name the promotions for these categories alone: without them they would be for everything."""
    elsewhere = Promotion.categories.through.objects.exclude(category__in=categories)
    found = Promotion.objects.filter(categories__in=categories, products=None).distinct()
    return [
        _("The promotion “%(title)s” would be for everything then. Change or delete it first.") % {"title": str(row)}
        for row in found.exclude(pk__in=elsewhere.values("promotion"))
    ]


def usable(codes: Sequence[str]) -> list[str]:
    """Those that can be codes, without repeats."""
    typed = dict.fromkeys(normalized(code) for code in codes if code and len(code) <= LONGEST_CODE and "\0" not in code)
    return list(typed)[:MOST_CODES]


def _grouped(pairs: QuerySet[Any, tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for key, value in pairs:
        found.setdefault(key, set()).add(value)
    return found


def _with_those_below(chosen: dict[int, set[int]]) -> dict[int, set[int]]:
    named = {key for keys in chosen.values() for key in keys}
    if not named:
        return {}
    paths = dict(Category.objects.filter(pk__in=named).values_list("pk", "path"))
    below = Q()
    for path in paths.values():
        below |= Q(path__startswith=path)
    everything = list(Category.objects.filter(below).values_list("pk", "path"))
    return {
        promotion: {pk for pk, path in everything if any(path.startswith(paths[key]) for key in keys)}
        for promotion, keys in chosen.items()
    }


def _offer(
    row: Promotion, products: Collection[int], categories: Collection[int], used: tuple[int, int], known: bool
) -> pricing.Promotion:
    amounts: list[Money] = [amount for amount in (row.amount, row.minimum) if amount is not None]
    return pricing.Promotion(
        id=row.pk,
        title=row.title,
        kind=Kind(row.kind),
        code=row.code or "",
        thousandths=int(row.percent * 1000) if row.percent is not None else 0,
        amount=minor(row.amount) if row.amount is not None else 0,
        currency=amounts[0].currency.code if amounts else "",
        buy=row.buy or 0,
        pay=row.pay or 0,
        products=frozenset(products),
        categories=frozenset(categories),
        minimum=minor(row.minimum) if row.minimum is not None else 0,
        starts=row.starts,
        ends=row.ends,
        combines=row.combines,
        left=None if row.most_uses is None else row.most_uses - used[0],
        left_for_shopper=row.most_per_shopper - used[1] if known and row.most_per_shopper is not None else None,
    )


def reason(refusal: Refusal, currency: str) -> str:
    """Why a code does not apply, in the active language."""
    words = {
        Why.UNKNOWN: _("“%(code)s” is not one of our codes."),
        Why.NOT_YET: _("“%(code)s” is not valid yet."),
        Why.ENDED: _("“%(code)s” is no longer valid."),
        Why.USED_UP: _("“%(code)s” has been used up."),
        Why.USED_BY_YOU: _("You have used “%(code)s” as often as it can be used."),
        Why.OTHER_CURRENCY: _("“%(code)s” is not for orders to your country."),
        Why.NOTHING_FITS: _("“%(code)s” is for other things than those in your cart."),
        Why.BELOW_MINIMUM: _("“%(code)s” applies once your things cost %(missing)s more."),
        Why.NOT_WITH_OTHERS: _("“%(code)s” does not go together with the discount that you have, which is larger."),
    }[refusal.why]
    shown = refusal.code if len(refusal.code) <= LONGEST_CODE else f"{refusal.code[:LONGEST_CODE]}…"
    return words % {"code": shown, "missing": money(refusal.missing, currency)}
