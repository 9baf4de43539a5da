"""What the templates of every page get from the markets."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from shop.markets.places import here


def place(request: HttpRequest) -> dict[str, Any]:
    """Where this visitor wants things delivered (`here`)."""
    # Lazy: the admin's pages do not show it.
    return {"here": SimpleLazyObject(lambda: here(request))}
