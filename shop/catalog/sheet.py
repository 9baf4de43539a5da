"""A product's sheet: what its page says of it, made once for all who look while its rows are as they are.

The rows are read for every page, and what they hold is the key under which the sheet is kept. So whatever changes a product, a price or a
stock, the next page shows it; and as long as nothing has changed, no model is built and no template of it is rendered, which is two thirds
of the page's work.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import caches
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language

from events.db.prepared import Row, prepared
from events.models import Log
from shop.catalog.models import Product, Variant
from shop.catalog.streams import words

SECONDS = 3600  # that a sheet is kept; a change gives it another key, so this only bounds what nobody asks for
_TOKEN = secrets.token_hex()  # stands in the sheet where each visitor's own belongs
_SKU = [field.name for field in Variant._meta.concrete_fields].index("sku")  # a row begins with the variant's columns


@dataclass(frozen=True)
class Sheet:
    """What the page needs of a product. `article` is HTML."""

    product_id: int
    category_id: int
    active: bool
    title: str
    description: str
    article: str

    def article_for(self, request: HttpRequest) -> SafeString:
        """The article, with a form that this visitor may send."""
        return mark_safe(self.article.replace(_TOKEN, get_token(request)))


def find(slug: str, asked: str) -> Sheet:
    """The sheet of a product, with the variant `asked` for (its SKU) chosen if it has that. Raises `Http404`."""
    # Every column that the sheet is made from, a row for each variant, by their number.
    rows = sorted(_variants.rows(slug), key=lambda row: row[0])
    epoch = Log.recent_epoch()
    if not any(asked == row[_SKU] for row in rows):
        asked = ""  # whatever is in the address makes no sheet of its own
    told = repr((rows, asked, epoch, get_language()))
    key = f"sheet.{hashlib.blake2b(told.encode(), digest_size=16).hexdigest()}"
    kept = caches["sheets"]
    sheet: Sheet | None = kept.get(key)
    if sheet is None:
        sheet = _make(slug, rows, asked, epoch)
        if rows:  # else the key says nothing of the product
            kept.set(key, sheet, SECONDS)
    return sheet


@prepared
def _variants(slug: str) -> QuerySet[Variant]:
    return QuerySet(Variant).filter(product__slug=slug).select_related("product__category", "stock").order_by()


def _make(slug: str, rows: Sequence[Row], asked: str, epoch: str) -> Sheet:
    found = sorted(_variants.models(rows), key=lambda variant: (variant.position, variant.pk))
    product: Any = found[0].product if found else Product.objects.select_related("category").filter(slug=slug).first()
    if product is None:
        raise Http404
    variants: list[dict[str, Any]] = [
        {"variant": v, "available": v.available, "label": words(v.available), "stock": getattr(v, "stock", None)}
        for v in found
    ]
    chosen = next((v for v in variants if v["variant"].sku == asked), None) or next(
        (v for v in variants if v["available"]), variants[0] if variants else None
    )
    context = {"product": product, "variants": variants, "chosen": chosen, "epoch": epoch, "csrf_token": _TOKEN}
    return Sheet(
        product_id=product.pk,
        category_id=product.category_id,
        active=product.active,
        title=product.title,
        description=Truncator(product.text).words(28, truncate=" …"),
        article=render_to_string("catalog/_product.html", context),
    )
