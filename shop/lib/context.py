"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from shop.cart import carts


def site(request: HttpRequest) -> dict[str, Any]:
    """The brand, whether this is the demo, and how many things are in the cart."""
    return {
        "brand": settings.BRAND,
        "demo": settings.DEMO,
        "cart_count": carts.count(request) if hasattr(request, "session") else 0,
    }
