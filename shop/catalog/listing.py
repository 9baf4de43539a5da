"""A list of products: what a visitor asks of it, and what fits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, Min, OuterRef, Q, Window
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
    "cheapest": (_("Price, low to high"), ("lowest", "variant__product")),
    "dearest": (_("Price, high to low"), ("-lowest", "variant__product")),
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


def page_by_price(products: Any, sort: str, currency: str, number: str | None, size: int) -> tuple[Page, list[int]]:
    """A page of those of the products that are sold in the currency, in one of the orders `BY_PRICE`, and their keys.

    Keys, because to sort whole rows by price took PostgreSQL ten times as long. How many there are comes with them: to
    count them apart would be as much work again.
    """
    paid = prices.asked(currency).filter(variant__product__in=products.order_by().values("pk"))
    lowest = paid.values("variant__product").annotate(lowest=Min("amount"), total=Window(Count("*")))
    rows = lowest.order_by(*SORTS[sort][1]).values_list("variant__product", "total")
    wanted = whole_number(number or "1", 9) or 0
    found = list(rows[(wanted - 1) * size : wanted * size]) if wanted > 0 else []
    page = Paginator(range(found[0][1] if found else lowest.count()), size).get_page(number)
    if not found and page.paginator.count:  # not a page of this list: Django's rule says which one comes
        found = list(rows[page.start_index() - 1 : page.end_index()])
    return page, [key for key, _total in found]


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
