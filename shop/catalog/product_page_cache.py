"""The cache of product pages: the part of a page that is the same for every visitor.

Each request reads the product's rows, and their content is the cache key. So a change of a product, a price or a stock
is on the next page. While nothing has changed, no model is built and no template is rendered: two thirds of the work.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.core.cache import caches
from django.db.models import QuerySet
from django.http import Http404
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language

from events.db.prepared import Row, prepared
from events.models import Log
from shop.catalog import crawlers, prices
from shop.catalog.models import Picture, Product, Variant
from shop.catalog.streams import words

SECONDS = 3600  # A change gives the page another key, so this only bounds how long unused pages stay.
_TOKEN = secrets.token_hex()  # placeholder in the cached page for each visitor's own CSRF token
_PROMISE = secrets.token_hex()  # and for the promise to the visitor's country
_ACTIONS = secrets.token_hex()  # and for what this visitor can do with it beside buying it
_SKU = [field.name for field in Variant._meta.concrete_fields].index("sku")  # a row begins with the variant's columns


@dataclass(frozen=True)
class ProductPage:
    """What the page needs of a product. `head` and `article` are HTML."""

    product_id: int
    category_id: int
    active: bool
    unpublished: bool
    reviews: int
    title: str
    description: str
    head: str
    article: str

    def article_with(self, csrf_token: str, promise: str, actions: SafeString) -> SafeString:
        """The article, with a form that the visitor with this token may send, and what is theirs alone."""
        own = ((_TOKEN, csrf_token), (_PROMISE, escape(promise)), (_ACTIONS, actions))
        return mark_safe(reduce(lambda article, pair: article.replace(*pair), own, self.article))


def find(slug: str, asked: str, currency: str) -> ProductPage:
    """The page of a product, with its prices in the currency. Raises `Http404`.

    `asked` is a SKU: that variant is chosen if the product has it.
    """
    # One row for each variant, ordered by primary key, with every column that the page is made from.
    rows = sorted(_variants.rows(slug, currency), key=lambda row: row[0])
    pictures = _pictures.rows(slug)
    epoch = Log.recent_epoch()
    if not any(asked == row[_SKU] for row in rows):
        asked = ""  # an unknown SKU in the address must not make a cache entry of its own
    content = repr((rows, pictures, currency, asked, epoch, get_language()))
    key = f"product.{hashlib.blake2b(content.encode(), digest_size=16).hexdigest()}"
    kept = caches["product_pages"]
    page: ProductPage | None = kept.get(key)
    if page is None:
        page = _make(slug, rows, pictures, asked, epoch)
        if rows:  # else the key says nothing of the product
            kept.set(key, page, SECONDS)
    return page


@prepared
def _variants(slug: str, currency: str) -> QuerySet[Variant]:
    found: QuerySet[Variant] = QuerySet(Variant).filter(product__slug=slug).order_by()
    return prices.joined(found.select_related("product__category", "product__rating", "stock"), currency)


@prepared
def _pictures(slug: str) -> QuerySet[Picture]:
    return QuerySet(Picture).filter(product__slug=slug).order_by("position", "pk")


def _make(slug: str, rows: Sequence[Row], pictures: Sequence[Row], asked: str, epoch: str) -> ProductPage:
    found = sorted(_variants.models(rows), key=lambda variant: (variant.position, variant.pk))
    prices.give(found, prices.joined_to(found))
    product: Any = found[0].product if found else Product.objects.select_related("category").filter(slug=slug).first()
    if product is None:
        raise Http404
    variants: list[dict[str, Any]] = [
        {"variant": v, "available": v.available, "label": words(v.available), "stock": getattr(v, "stock", None)}
        for v in found
        if v.active
    ]
    sold = [v for v in variants if v["variant"].price is not None]
    chosen = next((v for v in sold if v["variant"].sku == asked), None) or next(
        (v for v in sold if v["available"]), sold[0] if sold else None
    )
    rating = getattr(product, "rating", None)
    shown = _gallery(product, _pictures.models(pictures), chosen["variant"] if chosen else None)
    context = {
        "product": product,
        "pictures": shown,
        "rating": rating,
        "variants": variants,
        "withdrawn": found and not variants,
        "sold": sold,
        "chosen": chosen,
        "epoch": epoch,
        "csrf_token": _TOKEN,
        "promise": _PROMISE,
        "actions": _ACTIONS,
    }
    description = Truncator(product.text).words(28, truncate=" …")
    return ProductPage(
        product_id=product.pk,
        category_id=product.category_id,
        active=product.active,
        unpublished=product.unpublished,
        reviews=rating.count if rating else 0,
        title=product.title,
        description=description,
        head=crawlers.head(product, description, [row["variant"] for row in sold], shown),
        article=render_to_string("catalog/_product.html", context),
    )


def _gallery(product: Product, more: Sequence[Picture], chosen: Variant | None) -> list[dict[str, Any]]:
    """The pictures of a product: that of the chosen variant first, then its main one, then the others."""
    main = {
        "address": product.picture_address,
        "srcset": product.srcset,
        "thumbnail": product.thumbnail,
        "alt": product.picture_alt or product.title,
        "variant": 0,  # of every variant that has none of its own
    }
    others = [
        {
            "address": each.picture_address,
            "srcset": each.srcset,
            "thumbnail": each.thumbnail,
            "alt": each.alt or product.title,
            "variant": each.variant_id,
        }
        for each in more
    ]
    return sorted([main, *others], key=lambda each: chosen is None or each["variant"] != chosen.pk)
