"""Products that a visitor compares: a cookie of the browser's session has the keys, and the shop keeps nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from shop.catalog import key_cookies, page_parts
from shop.catalog.models import Product
from shop.catalog.stock_words import sold, stock_of

COOKIE = "compare"
MOST = 4
"""Products that are compared at once: more columns nobody reads."""


class Full(Exception):
    """As many products as can be compared are there."""


def keys(request: HttpRequest) -> list[int]:
    """In the order in which they were chosen, each once."""
    return list(dict.fromkeys(key_cookies.read(request, COOKIE)))[:MOST]


def put(chosen: Sequence[int], product: int) -> list[int]:
    """With this product; it is there once. Raises `Full`."""
    if product not in chosen and len(chosen) >= MOST:
        raise Full
    return list(chosen) if product in chosen else [*chosen, product]


def keep(response: HttpResponse, chosen: Sequence[int]) -> None:
    """Let the browser keep these until it is closed."""
    if chosen:
        key_cookies.write(response, COOKIE, chosen)
    else:
        response.delete_cookie(COOKIE, samesite="Lax")


def action(request: HttpRequest, product: int, token: str) -> SafeString:
    """The button of a product's page. No query."""
    chosen = keys(request)
    told = {"product": product, "on": product in chosen, "compared": len(chosen)}
    return page_parts.drawn("catalog/_compare_action.html", token, **told)


@dataclass(frozen=True)
class Row:
    """One line of the table: a cell for each product, and whether they differ. `kind` chooses how a cell is drawn."""

    kind: str
    title: str
    cells: list[Any]
    differs: bool


def rows(products: Sequence[Product], promise: str) -> list[Row]:
    """What is compared of these products, which `views.for_sale` has read, with `category`."""

    def row(kind: str, title: str, cell: Callable[[Product], Any]) -> Row:
        cells = [cell(product) for product in products]
        return Row(kind, title, cells, any(each != cells[0] for each in cells))

    return [
        row("price", _("Price"), lambda product: (product.prices_differ, product.price)),
        row("text", _("Stock"), stock_of),
        row("text", _("Delivery"), lambda product: "" if product.sold_out else promise),
        row("stars", _("Reviews"), _stars),
        row("list", _("Options"), _options),
        row("text", _("Category"), lambda product: product.category.title),
        row("text", _("Description"), lambda product: Truncator(product.text).words(28, truncate=" …")),
    ]


def _stars(product: Product) -> tuple[int, str] | None:
    rating = getattr(product, "rating", None)
    return (rating.count, rating.average) if rating and rating.count else None


def _options(product: Product) -> list[str]:
    return [variant.option for variant in sold(product) if variant.option]
