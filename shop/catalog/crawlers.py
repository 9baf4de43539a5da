"""What search engines and other programs read: `/robots.txt`, `/sitemap.xml`, and a product in the head of its page."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from shop.catalog.models import Category, Product, Variant
from shop.lib.language_addresses import address_in, without_language

PERSONAL = (
    *("accounts", "admin", "cart", "checkout", "compare", "gateway", "live", "orders", "payments", "search", "track"),
    "wishes",
)
"""Addresses that begin so are somebody's own, or have no end."""
_IN_A_SCRIPT = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}  # as Django's `json_script` writes it


@require_GET
@cache_control(max_age=3600, public=True)
def robots(request: HttpRequest) -> HttpResponse:
    """Which pages crawlers leave alone, and where the others are listed (RFC 9309)."""
    refused = [f"Disallow: {prefix}/{name}/" for prefix in ("", "/*") for name in PERSONAL]
    lines = ["User-agent: *", *refused, f"Sitemap: {settings.SITE_URL}/sitemap.xml", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain")


class SitePages(Sitemap):  # type: ignore[type-arg]  # it is generic for the type checker alone
    """Pages at the shop's own address, whatever host a request names."""

    limit = 5000  # of one file: a file of all products would take a second
    protocol = urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc


class ProductPages(SitePages):
    """Everything that is for sale."""

    def items(self) -> Any:
        """In an order that does not change, so that no file repeats another."""
        return Product.objects.filter(active=True).only("slug").order_by("pk")


class OtherPages(SitePages):
    """The first page, the list, and its categories."""

    def items(self) -> list[str]:
        """Addresses."""
        categories = [category.get_absolute_url() for category in Category.objects.order_by("path")]
        return [reverse("catalog:home"), reverse("catalog:browse"), *categories]

    def location(self, item: str) -> str:
        return item


SITEMAPS = {"products": ProductPages, "pages": OtherPages}


def head(
    product: Product, description: str, sold: Sequence[Variant], pictures: Sequence[Mapping[str, Any]]
) -> SafeString:
    """A product for programs: Open Graph (https://ogp.me) for those who show a link, schema.org for search engines.

    `sold` are its variants with their prices and stock, `pictures` what the page shows, the first one first.
    """
    page = address_in(get_language() or settings.LANGUAGE_CODE, without_language(product.get_absolute_url()))
    images = [f"{settings.SITE_URL}{without_language(each['address'])}" for each in pictures]
    known: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.title,
        "description": description,
        "image": images,
        "url": page,
        "offers": list(_offers(page, sold)),
    }
    rating = getattr(product, "rating", None)
    if rating and rating.count:
        known["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": rating.average,
            "reviewCount": rating.count,
        }
    graph = (("title", product.title), ("description", description), ("type", "product"), ("url", page))
    text = json.dumps(known, ensure_ascii=False).translate(_IN_A_SCRIPT)
    return format_html(
        '{}<meta property="og:image" content="{}"><meta property="og:site_name" content="{}">'
        '<script type="application/ld+json">{}</script>',
        format_html_join("", '<meta property="og:{}" content="{}">', graph),
        images[0],
        settings.BRAND,
        mark_safe(text),
    )


def _offers(page: str, sold: Iterable[Variant]) -> Iterable[dict[str, str]]:
    for variant in sold:
        yield {
            "@type": "Offer",
            "sku": variant.sku,
            "url": f"{page}?variant={variant.sku}",
            "price": f"{variant.price.amount:f}",
            "priceCurrency": variant.price.currency.code,
            "availability": f"https://schema.org/{'InStock' if variant.available else 'OutOfStock'}",
        }
