"""What a visitor looked at last: a cookie of the browser's session has the keys, and the shop keeps nothing."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from shop.lib.typed_text import whole_number

COOKIE = "seen"
MOST = 5  # one more than is shown: the product that is looked at is not among them


def keys(request: HttpRequest) -> list[int]:
    """The newest first. A cookie that somebody wrote by hand has only what are keys."""
    parts = request.COOKIES.get(COOKIE, "")[:200].split(".")
    return [key for part in parts if (key := whole_number(part, 15)) is not None][:MOST]


def remember(request: HttpRequest, response: HttpResponse, product: int) -> None:
    """This one was looked at now."""
    before = keys(request)
    now = [product, *(key for key in before if key != product)][:MOST]
    if now != before:
        value = ".".join(map(str, now))
        response.set_cookie(COOKIE, value, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
