"""A list of products: what a visitor asks of it, and what fits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Exists, F, OuterRef, Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money
from modeltranslation.translator import translator

from shop.catalog import prices
from shop.catalog.models import Variant
from shop.lib.typed_text import whole_number

SORTS = {
    "featured": (_("Featured"), ("-featured", "-created", "pk")),
    "newest": (_("Newest"), ("-created", "-pk")),
    "cheapest": (_("Price, low to high"), ("amount", "pk")),
    "dearest": (_("Price, high to low"), ("-amount", "-pk")),
    "name": (_("Name"), ("title", "pk")),
}
BY_PRICE = ("cheapest", "dearest")
MOST_OPTIONS = 12
"""Options that can be chosen at once, and that are offered."""


@dataclass(frozen=True)
class Asked:
    """What the address of a list asks for. What makes no sense is left out."""

    q: str = ""
    category: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    in_stock: bool = False
    options: tuple[str, ...] = ()
    sort: str = ""

    @classmethod
    def read(cls, query: QueryDict, q: str = "") -> "Asked":
        """From the address; `q` is what is searched for, as it is used."""
        sort, options = query.get("sort", ""), [each[:60] for each in query.getlist("option") if each.strip("\0 ")]
        return cls(
            q=q,
            category=query.get("category", ""),
            low=_amount(query.get("min", "")),
            high=_amount(query.get("max", "")),
            in_stock=query.get("in_stock") == "1",
            options=tuple(dict.fromkeys(options))[:MOST_OPTIONS],
            sort=sort if sort in SORTS else "",
        )

    @property
    def filters(self) -> int:
        """How many filters of the form are set."""
        return len(self.options) + self.in_stock + (self.low is not None or self.high is not None)

    def address(self, **changes: Any) -> str:
        """The address of the list with these changes, relative to its page; its first page."""
        new = replace(self, **changes)
        pairs: list[tuple[str, str]] = [("q", new.q), ("category", new.category)]
        pairs += [(name, f"{value:f}") for name, value in (("min", new.low), ("max", new.high)) if value is not None]
        pairs += [("in_stock", "1")] if new.in_stock else []
        pairs += [("option", option) for option in new.options]
        pairs.append(("sort", new.sort))
        return "?" + urlencode([(name, value) for name, value in pairs if value])


def _amount(raw: str) -> Decimal | None:
    try:
        value = Decimal(raw.replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 <= value < 10**9 else None


def narrowed(products: Any, asked: Asked, currency: str, below: Sequence[int] = ()) -> Any:
    """Those of the products that fit the filters. `below` are the keys of the chosen category and those under it."""
    if below:
        products = products.filter(category__in=below)
    if asked.low is not None or asked.high is not None:
        paid = prices.asked(currency).filter(variant__product=OuterRef("pk"))
        if asked.low is not None:
            paid = paid.filter(amount__gte=asked.low)
        if asked.high is not None:
            paid = paid.filter(amount__lte=asked.high)
        products = products.filter(Exists(paid))
    return products.filter(_has_variant(asked)) if asked.in_stock or asked.options else products


def _has_variant(asked: Asked) -> Q:
    """Products with a variant of these options that is in stock, if that is asked for.

    Both of one variant: a colour that is sold out is not in stock because another one is.
    """
    wanted = Variant.objects.filter(active=True).order_by()
    if asked.options:
        wanted = wanted.filter(_in_any_language("option", asked.options))
    if asked.in_stock:
        wanted = wanted.filter(stock__on_hand__gt=F("stock__reserved"))
    return Q(pk__in=wanted.values("product"))


def _in_any_language(field: str, values: Sequence[str]) -> Q:
    """A link to a list is opened in another language, too."""
    found = Q()
    for column in translator.get_options_for_model(Variant).all_fields[field]:
        found |= Q(**{f"{column.name}__in": values})
    return found


def ordered(products: Any, sort: str, currency: str) -> Any:
    """The keys of those of the products that are sold in the currency, in one of the orders `SORTS`.

    The first page by price is read along the index of prices, without the price of each product there is.
    """
    if sort not in BY_PRICE:
        return products.filter(prices.sold_in(currency)).order_by(*SORTS[sort][1]).values_list("pk", flat=True)
    paid = prices.asked(currency)
    cheaper = paid.filter(variant__product=OuterRef("variant__product")).filter(
        Q(amount__lt=OuterRef("amount")) | Q(amount=OuterRef("amount"), pk__lt=OuterRef("pk"))
    )
    lowest = paid.filter(~Exists(cheaper), variant__product__in=products.order_by().values("pk"))
    return lowest.order_by(*SORTS[sort][1]).values_list("variant__product", flat=True)


def those_of(best: Sequence[int], products: Any, currency: str) -> list[int]:
    """The keys of `best` that are of these products and are sold in the currency, in their order."""
    found = set(products.filter(prices.sold_in(currency)).order_by().values_list("pk", flat=True))
    return [key for key in best if key in found]


def page_of(keys: Any, number: str | None, size: int, counted: int) -> tuple[Page, list[int]]:
    """A page of the keys, a list or a query, and which keys are on it.

    `counted` is how many there were some minutes ago: to count them exactly takes longer than to read a page, so that
    is done for a page that there is not. The last page knows it by itself, and so does a list.
    """
    counted = len(keys) if isinstance(keys, list) else counted
    wanted = whole_number(number or "1", 9) or 0
    found = list(keys[(wanted - 1) * size : wanted * size + 1]) if wanted else []  # one more: is there a next page?
    if found or wanted == 1:
        there = (wanted - 1) * size + len(found)
        total = max(there, counted) if len(found) > size else there
        return Paginator(range(total), size).page(wanted), found[:size]
    total = counted if isinstance(keys, list) else keys.count()
    page = Paginator(range(total), size).get_page(number)  # Django's rule says which one comes
    return page, list(keys[page.start_index() - 1 : page.end_index()]) if total else []


def chips(asked: Asked, currency: str) -> list[tuple[str, str]]:
    """Each filter that is set, in words, with the address of the list without it."""
    chosen = asked.options
    found = [(each, asked.address(options=tuple(o for o in chosen if o != each))) for each in chosen]
    if asked.low is not None or asked.high is not None:
        words = {
            (True, True): _("%(low)s to %(high)s"),
            (True, False): _("from %(low)s"),
            (False, True): _("up to %(high)s"),
        }[asked.low is not None, asked.high is not None]
        known = {"low": Money(asked.low or 0, currency), "high": Money(asked.high or 0, currency)}
        found.append((words % known, asked.address(low=None, high=None)))
    if asked.in_stock:
        found.append((str(_("In stock")), asked.address(in_stock=False)))
    return found
