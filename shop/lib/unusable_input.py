"""Input that no browser sends and no database takes: NUL bytes in an address, and numbers that no column holds."""

import re
from collections.abc import Callable

from django.core.exceptions import FieldDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

_NUL = re.compile("%00|\0")


class RefuseUnusableInput:
    """Middleware: a path with a NUL byte names no page; from a query the bytes are taken out (PostgreSQL refuses them).

    A number that the database's driver cannot pass on is a 400: SQLite's has 64 bits, and Django's choice fields ask
    for whatever was typed. So is an empty `_to_field`, which Django's admin takes for the name of a field.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info:
            raise Http404
        while _NUL.search(request.META.get("QUERY_STRING", "")):  # what is left may read %00 again
            request.META["QUERY_STRING"] = _NUL.sub("", request.META["QUERY_STRING"])
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The 400 page for such input."""
        no_field = isinstance(exception, FieldDoesNotExist) and "_to_field" in request.GET
        return (
            render(request, "unusable_input.html", status=400)
            if no_field or isinstance(exception, OverflowError)
            else None
        )
