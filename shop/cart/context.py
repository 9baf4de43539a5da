"""What the templates of every page get from the cart."""

from typing import Any

from django.http import HttpRequest

from shop.cart import carts


def cart_count(request: HttpRequest) -> dict[str, Any]:
    """How many things are in the cart (`cart_count`); 0 for a request without a session."""
    return {"cart_count": carts.count(request) if hasattr(request, "session") else 0}
