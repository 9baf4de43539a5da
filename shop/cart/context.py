"""What the templates of every page get from the cart."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from shop.cart import carts


def cart_count(request: HttpRequest) -> dict[str, Any]:
    """How many things are in the cart (`cart_count`); 0 for a request that was refused before it had a user."""
    # Lazy: the admin's pages do not show it.
    return {"cart_count": SimpleLazyObject(lambda: carts.count(request)) if hasattr(request, "user") else 0}
