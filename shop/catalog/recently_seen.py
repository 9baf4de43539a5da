"""What a visitor looked at last: a cookie of the browser's session has the keys, and the shop keeps nothing."""

from django.http import HttpRequest, HttpResponse

from shop.catalog import key_cookies

COOKIE = "seen"
MOST = 5  # one more than is shown: the product that is looked at is not among them


def keys(request: HttpRequest) -> list[int]:
    """The newest first."""
    return key_cookies.read(request, COOKIE)[:MOST]


def remember(request: HttpRequest, response: HttpResponse, product: int) -> None:
    """This one was looked at now."""
    before = keys(request)
    now = [product, *(key for key in before if key != product)][:MOST]
    if now != before:
        key_cookies.write(response, COOKIE, now)
