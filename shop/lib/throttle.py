"""How often one client may ask for what costs the most, or may be guessed: searches, filtered lists, voucher codes, and
polls of the live layer.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from shop.lib.addresses import counted_by
from shop.lib.errors import too_many
from shop.lib.rate_limits import exceeded

SECONDS = 60


class Throttle:
    """Middleware: 429 for a client that asks more often than `SEARCHES_PER_MINUTE` and the like allow."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        action, most = _counted_as(request)
        if most and (address := counted_by(request)) and exceeded(action, address, most, SECONDS):
            return _refused(request)
        return self.get_response(request)


def _counted_as(request: HttpRequest) -> tuple[str, int]:
    """What the request is counted as, and how many of it are allowed in a minute; 0 if it is not counted."""
    path = request.path_info
    if path.startswith("/live/"):
        return "poll", settings.POLLS_PER_MINUTE
    if path.startswith("/search/") or (path == "/products/" and request.META.get("QUERY_STRING")):
        return "search", settings.SEARCHES_PER_MINUTE
    if path == "/cart/code/":
        return "code", settings.CODES_PER_MINUTE
    return "", 0


def _refused(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith("/live/"):
        response: HttpResponse = JsonResponse({"code": "too_many", "detail": "Too many requests."}, status=429)
    else:
        response = too_many(request)
    response["Retry-After"] = str(SECONDS)
    return response
