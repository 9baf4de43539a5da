"""Cookies with keys of products, for as long as a browser is open. The shop itself keeps nothing."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from shop.lib.typed_text import whole_number


def read(request: HttpRequest, name: str) -> list[int]:
    """The keys in their order. A cookie that somebody wrote by hand has only what are keys."""
    parts = request.COOKIES.get(name, "")[:200].split(".")
    return [key for part in parts if (key := whole_number(part, 15)) is not None]


def write(response: HttpResponse, name: str, keys: Sequence[int]) -> None:
    """Let the browser keep these keys."""
    value = ".".join(map(str, keys))
    response.set_cookie(name, value, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
