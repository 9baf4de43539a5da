"""Addresses with a NUL byte. No browser sends one, and PostgreSQL refuses it in every text."""

import re
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse

_NUL = re.compile("%00|\0")


class DropNulBytes:
    """Middleware: a path with a NUL byte names no page; from a query the bytes are taken out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info:
            raise Http404
        while _NUL.search(request.META.get("QUERY_STRING", "")):  # what is left may read %00 again
            request.META["QUERY_STRING"] = _NUL.sub("", request.META["QUERY_STRING"])
        return self.get_response(request)
