"""Every address that the site answers, from its URL configuration."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


def routes(resolver: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """(route, pattern) of every address."""
    for entry in (resolver or get_resolver("shop.urls")).url_patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry, before + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield before + str(entry.pattern), entry
